package dev.softpick.model;

import dev.softpick.kernels.select.Backends;

/**
 * {@code y = gamma · rsqrt(var(x) + 1e-5) · (x − mean(x)) + beta} over the last axis, with the biased variance: Axon's
 * layer_norm. {@code x} and {@code y} are {@code [..., size]}. Immutable, thread-safe, the same bits everywhere.
 */
public final class LayerNorm implements Layer {

    /** Added to the variance. */
    static final float EPSILON = 1e-5f;

    private final float[] gamma;
    private final float[] beta;

    /**
     * Copies the parameters.
     *
     * @throws IllegalArgumentException if they are empty or of different length
     */
    public LayerNorm(float[] gamma, float[] beta) {
        Shapes.parameter("gamma", gamma, gamma == null ? 1 : gamma.length);
        Shapes.parameter("beta", beta, gamma.length);
        this.gamma = gamma.clone();
        this.beta = beta.clone();
    }

    /** Elements of a row. */
    public int size() {
        return gamma.length;
    }

    @Override
    public Tensor forward(Tensor x) {
        int rows = Shapes.rows(x, size());
        Tensor y = Tensor.zeros(x.shape());
        Backends.current().layerNorm(x.values(), 0, rows, gamma, beta, EPSILON, y.values(), 0);
        return y;
    }

    float[] gamma() {
        return gamma;
    }

    float[] beta() {
        return beta;
    }
}
