package dev.softpick.kernels.backend;

import dev.softpick.kernels.numerics.VirtualLanes;

/** Reductions and maps over one row of consecutive elements. */
public interface RowKernels {

    /**
     * {@code Σ|x_i|} with the virtual lanes of {@link VirtualLanes}: each block of 2,048 elements folds to a float,
     * the blocks are added in order in double.
     */
    double absSum(float[] x, int offset, int length);

    /** {@code out_i = x_i / divisor}, correctly rounded. */
    void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length);

    /** {@code out_i = x_i / y_i}, correctly rounded; {@code out} may be either input at the same offset. */
    void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length);

    /** {@code out_i = x_i · y_i}; {@code out} may be either input at the same offset. */
    void multiply(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length);

    /** {@code sums_i += |x_i|}. */
    void addAbsolute(float[] x, int xOffset, float[] sums, int sumsOffset, int length);

    /** {@code out_i = x_i · (1 + erf(x_i / √2)) / 2}. */
    void gelu(float[] x, int xOffset, float[] out, int outOffset, int length);

    /** {@code out_i = x_i / (1 + Σ|x_j|)}. */
    void softpick(float[] x, int xOffset, float[] out, int outOffset, int length);

    /** {@code out_i = e^{s·x_i} / Σ e^{s·x_j}}, computed with the maximum subtracted. */
    void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale);

    /**
     * Rectified softpick, {@code relu(e^{x_i−m} − e^{−m}) / (Σ|e^{x_j−m} − e^{−m}| + 1e-8)},
     * m the largest x.
     */
    void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length);

    /**
     * The vector-Jacobian product of {@link #softpick}, {@code dx_j = Σ_i g_i·∂y_i/∂x_j}, recomputed from x. Here
     * and in the next two, {@code dx} must overlap neither x nor g.
     */
    void softpickBackward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset);

    /** The same of {@link #softmax}; returns the derivative by the scale. */
    double softmaxBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset);

    /** The same of {@link #rectifiedSoftpick}. */
    void rectifiedSoftpickBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset);
}
