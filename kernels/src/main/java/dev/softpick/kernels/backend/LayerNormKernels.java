package dev.softpick.kernels.backend;

/** Layer normalization. */
public interface LayerNormKernels {

    /**
     * {@code out = gamma · rsqrt(var + eps) · (x − mean) + beta} for {@code rows} consecutive rows of
     * {@code gamma.length} elements each; biased variance.
     */
    void apply(
            float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset);
}
