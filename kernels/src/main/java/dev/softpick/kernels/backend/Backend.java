package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.numerics.VirtualLanes;

/**
 * One implementation of every kernel: arrays and ints in, arrays out, no argument checks (the public door made them).
 *
 * <p>All backends return the same bits for the same input. Matrix products accumulate over k in increasing order with
 * fused multiply-add; reductions use {@link VirtualLanes}. Kernels are stateless and may run on any number of threads at
 * once; they allocate nothing, the column forms for a lone caller. Unless a method says otherwise, {@code out} may be the
 * input array at the same offset and must not overlap it in any other way.
 */
public interface Backend {

    /** {@code "scalar"}, {@code "vector"}, or {@code "staged"} on the way from one to the other. */
    String name();

    /** Vector width in bits; 0 for the scalar backend. */
    int width();

    /** Columns in a panel of {@link Panels} that suits this backend; every backend reads panels of any width. */
    int panelWidth();

    /** Floats in a vector that reads rounded weights, whose layout depends on it; 16 where there are no vectors. */
    default int panelLanes() {
        return width() == 0 ? 16 : width() / Float.SIZE;
    }

    /**
     * {@code Σ|x_i|} with the virtual lanes of {@link VirtualLanes}: each block of 2,048 elements folds to a float, the
     * blocks are added in order in double.
     */
    double absSum(float[] x, int offset, int length);

    /** {@code out_i = x_i / divisor}, correctly rounded. */
    void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length);

    /** {@code out_i = x_i / y_i}, correctly rounded; {@code out} may be either input at the same offset. */
    void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length);

    /** {@code out_i = x_i / (1 + Σ|x_j|)} for one row of consecutive elements. */
    void softpick(float[] x, int xOffset, float[] out, int outOffset, int length);

    /**
     * The same for each column of a row-major {@code [length, columns]} block whose rows are consecutive: the axis is the
     * first one. Bits equal {@link #softpick} on the column copied out.
     */
    void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns);

    /** {@code out_i = e^{s·x_i} / Σ e^{s·x_j}} for one row, computed with the maximum subtracted. */
    void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale);

    /** {@link #softmax} for each column of a {@code [length, columns]} block; bits equal the column copied out. */
    void softmaxColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns, float scale);

    /** Rectified softpick, {@code relu(e^{x_i−m} − e^{−m}) / (Σ|e^{x_j−m} − e^{−m}| + 1e-8)}, m the largest x, for one row. */
    void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length);

    /** {@link #rectifiedSoftpick} for each column of a {@code [length, columns]} block; bits equal the column copied out. */
    void rectifiedSoftpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns);

    /**
     * The vector-Jacobian product of {@link #softpick}, {@code dx_j = Σ_i g_i·∂y_i/∂x_j}, recomputed from x. Here and in
     * the next two, {@code dx} must overlap neither x nor g.
     */
    void softpickBackward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset);

    /** The same of {@link #softmax}; returns the derivative by the scale. */
    double softmaxBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset);

    /** The same of {@link #rectifiedSoftpick}. */
    void rectifiedSoftpickBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset);

    /** {@code out_i = x_i · (1 + erf(x_i / √2)) / 2}. */
    void gelu(float[] x, int xOffset, float[] out, int outOffset, int length);

    /**
     * {@code out = gamma · rsqrt(var + eps) · (x − mean) + beta} for {@code rows} consecutive rows of
     * {@code gamma.length} elements each; biased variance.
     */
    void layerNorm(float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset);

    /**
     * {@code c = a · w + bias}: {@code a} is {@code [m, w.k]} with {@code lda} floats from row to row, {@code c} is
     * {@code [m, w.n]} with {@code ldc}. Here and in the next two, {@code c} must not overlap {@code a}.
     */
    void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc);

    /** {@code c = gelu(a · w + bias)}. */
    void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc);

    /**
     * {@code c = residual + (a · w + bias)}, the residual added last. The rows of all three are dense: {@code w.k} floats
     * in {@code a}, {@code w.n} in the others. {@code c} and {@code residual} must not overlap.
     */
    void multiplyAdd(float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset);

    /**
     * Causal softpick attention for the last {@code rows} positions in the cache, which must lie in the chunk under way:
     * row i attends to the keys up to its own position and no further.
     *
     * <p>{@code out_i = Σ_j (q_i·k_j) v_j / (√headSize + Σ_j |q_i·k_j|)}
     *
     * <p>Queries are {@link KeyValueCache#queryStride} floats apart, outputs {@link KeyValueCache#outputStride}.
     */
    void softpickAttention(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /**
     * The same with softmax: {@code out_i = Σ_j e^{c·q_i·k_j} v_j / Σ_j e^{c·q_i·k_j}}, computed with a running maximum over
     * blocks of {@link KeyValueCache#chunk} keys. {@code ssmaxScale} a makes c = a·log(i + 1)/√headSize, SSMax; NaN makes it
     * 1/√headSize.
     */
    void softmaxAttention(
            KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /**
     * The same with rectified softpick: {@code out_i = Σ_j relu(d_ij) v_j / (Σ_j |d_ij| + 1e-8)},
     * {@code d_ij = e^{s_ij − m_i} − e^{−m_i}}, s the scaled scores, m_i the largest that row i sees.
     */
    void rectifiedSoftpickAttention(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /** {@code state += Σ k_j v_jᵀ} over the chunk that has just been filled; needed before the next key is appended. */
    void absorb(KeyValueCache cache);

    /**
     * Softpick attention of one row over the keys that it sees in a paged cache, its own the last. Where finished chunks
     * do not live in a state, the numerator adds key by key from the first visible one.
     */
    void softpickRow(PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset);

    /** The same with softmax, or with SSMax over as many keys as the row sees; {@link #softmaxAttention}. */
    void softmaxRow(
            PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
            int outOffset);

    /** The same with rectified softpick. */
    void rectifiedSoftpickRow(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset);

    /** {@code state += Σ k_j v_jᵀ} over the chunk that ends before {@code row}. */
    void absorb(PagedKeyValueCache cache, int head, int row);
}
