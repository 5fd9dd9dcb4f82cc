package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;

/**
 * A layer norm: {@code gamma · rsqrt(var(x) + 1e-5) · (x − mean(x)) + beta}, with the biased variance.
 *
 * @param gamma scale of each column
 * @param beta shift of each column
 */
public record NormWeights(float[] gamma, float[] beta) {

    /** Added to the variance. */
    public static final float EPSILON = 1e-5f;

    static NormWeights allocate(int size) {
        return new NormWeights(new float[size], new float[size]);
    }

    /** Elements of a row. */
    public int size() {
        return gamma.length;
    }

    /** {@code y = norm(x)} for {@code count} rows of x from {@code row} on. */
    public void apply(Backend backend, Rows x, int row, int count, float[] y, int offset) {
        backend.layerNorm().apply(x.values(), x.at(row), count, gamma, beta, EPSILON, y, offset);
    }

    /** The same, to the same rows of another region. */
    public void apply(Backend backend, Rows x, int row, int count, Rows y) {
        apply(backend, x, row, count, y.values(), y.at(row));
    }
}
