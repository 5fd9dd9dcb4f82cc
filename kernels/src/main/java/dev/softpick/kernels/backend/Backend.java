package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.Panels;
import org.jspecify.annotations.Nullable;

/**
 * Every kernel, as families that belong together: arrays and ints in, arrays out, no argument checks (the public door
 * made them).
 *
 * <p>All implementations of a family return the same bits for the same input, so a backend may mix them: what moves a
 * family from scalar code to vectors is {@link #with}, a new record in the one field that a call reads. Matrix products
 * accumulate over k in increasing order with fused multiply-add; reductions use
 * {@link dev.softpick.kernels.numerics.VirtualLanes}. Kernels are stateless and may run on any number of threads at
 * once; they allocate nothing, the column forms for a lone caller. Unless a method says otherwise, {@code out} may be
 * the input array at the same offset and must not overlap it in any other way.
 *
 * @param name {@code "scalar"}, {@code "vector"}, or {@code "staged"} where families of both are mixed
 * @param width of a vector in bits; 0 for the scalar backend
 * @param panelWidth columns in a panel of {@link Panels} that suits this backend
 * @param matMul products with a packed matrix
 * @param rows reductions and maps over one row
 * @param layerNorm layer normalization
 * @param attention rows of a whole sequence attend
 * @param rowAttention one row of a sequence that goes on attends
 */
public record Backend(
        String name, int width, int panelWidth, MatMulKernels matMul, RowKernels rows, LayerNormKernels layerNorm,
        AttentionKernels attention, RowAttentionKernels rowAttention) {

    /** What moves together. */
    public enum Family { MAT_MUL, ROWS, LAYER_NORM, ATTENTION, ROW_ATTENTION }

    /** Floats in a vector that reads rounded weights, whose layout depends on it; 16 where there are no vectors. */
    public int panelLanes() {
        return width == 0 ? 16 : width / Float.SIZE;
    }

    /** This backend with one family of another one that reads the same panels; null: none of them. */
    public Backend with(@Nullable Family family, Backend other) {
        return new Backend(
                "staged",
                width,
                panelWidth,
                family == Family.MAT_MUL ? other.matMul : matMul,
                family == Family.ROWS ? other.rows : rows,
                family == Family.LAYER_NORM ? other.layerNorm : layerNorm,
                family == Family.ATTENTION ? other.attention : attention,
                family == Family.ROW_ATTENTION ? other.rowAttention : rowAttention);
    }
}
