package dev.softpick.model;

import dev.softpick.kernels.select.Backends;
import dev.softpick.model.weights.NormWeights;
import dev.softpick.model.weights.Rows;

/**
 * {@code y = gamma · rsqrt(var(x) + 1e-5) · (x − mean(x)) + beta} over the last axis, with the biased variance:
 * Axon's layer_norm. {@code x} and {@code y} are {@code [..., size]}. Immutable, thread-safe, the same bits everywhere.
 *
 * {@snippet :
 * Tensor y = new LayerNorm(gamma, beta).forward(x);
 * }
 *
 * <ul>
 * <li>A constant row becomes beta, as far as its rounding errors allow: they are divided by √1e-5.
 * <li>A NaN or an infinity makes its row NaN, and no other row.
 * </ul>
 */
public final class LayerNorm implements Layer {

    private final NormWeights weights;

    /**
     * Copies the parameters.
     *
     * @param gamma the scale of each column
     * @param beta the shift of each column
     * @throws IllegalArgumentException if they are empty or of different length
     */
    public LayerNorm(float[] gamma, float[] beta) {
        Shapes.parameter("gamma", gamma, gamma == null ? 1 : gamma.length);
        Shapes.parameter("beta", beta, gamma.length);
        weights = new NormWeights(gamma.clone(), beta.clone());
    }

    LayerNorm(NormWeights weights) {
        this.weights = weights;
    }

    /** {@return how many elements a row has} */
    public int size() {
        return weights.size();
    }

    @Override
    public Tensor forward(Tensor x) {
        int rows = Shapes.rows(x, size());
        Tensor y = Tensor.zeros(x.shape());
        weights.apply(Backends.current(), new Rows(x.values(), 0, size()), 0, rows, y.values(), 0);
        return y;
    }

    NormWeights weights() {
        return weights;
    }
}
