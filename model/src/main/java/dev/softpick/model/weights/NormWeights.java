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

    /** {@code y = norm(x)} for dense rows. */
    public void apply(Backend backend, float[] x, int from, int rows, float[] y, int to) {
        backend.layerNorm(x, from, rows, gamma, beta, EPSILON, y, to);
    }
}
