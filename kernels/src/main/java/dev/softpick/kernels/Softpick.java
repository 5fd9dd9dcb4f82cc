package dev.softpick.kernels;

import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.select.Backends;

/**
 * {@code softpick(x)_i = x_i / (1 + Σ_j |x_j|)}: Edifice's softpick.
 *
 * <p>Weights keep the sign of their input; the sum of their magnitudes is below 1 before rounding. There is no
 * exponential and no maximum; nothing becomes zero unless it underflows. The literature also calls another function
 * softpick: {@link RectifiedSoftpick}.
 *
 * <p>Special values: a NaN anywhere makes its row NaN; ±∞ gives NaN in its place and ±0 elsewhere in its row;
 * −0 stays −0; finite inputs whose sum overflows float still give the right quotient.
 *
 * <p>The relative error is at most 3e-6 for any length and input: some 2e-7 on random data, 6e-7 where many elements
 * are equal; for a subnormal result, no more than that plus one unit in its last place.
 *
 * <p>The same row has the same bits on every machine and width, along any axis, at any offset. Thread-safe.
 * Allocates nothing; along another axis than the last, a lone caller.
 * {@code out} may be {@code x}. Source: Edifice {@code Edifice.Blocks.Softpick.compute/2}.
 */
public final class Softpick {

    private Softpick() {}

    /**
     * Normalizes along one axis of a row-major tensor.
     *
     * @param x as many elements as the shape has, row-major
     * @param shape sizes of the tensor
     * @param axis from 0; negative axes count from the end
     * @param out as many elements as {@code x}; may be {@code x}
     * @throws IllegalArgumentException if the axis does not exist or an array does not have the shape's size
     */
    public static void normalize(float[] x, int[] shape, int axis, float[] out) {
        int i = AxisLayout.checked(x, shape, axis, out);
        int length = shape[i];
        int inner = AxisLayout.inner(shape, i);
        int size = AxisLayout.outer(shape, i) * length * inner;
        RowKernels kernels = Backends.current().rows();
        for (int from = 0; from < size; from += length * inner) {
            if (inner == 1) {
                kernels.softpick(x, from, out, from, length);
            } else {
                SoftpickColumns.normalize(kernels, x, from, length, inner, out);
            }
        }
    }

    /**
     * Normalizes one row of consecutive elements.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param length elements of the row; 0 is allowed
     * @param out receives the row; may be {@code x} at the same offset
     * @param outOffset where it starts in out
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps x otherwise than
     *     exactly
     */
    public static void normalize(float[] x, int xOffset, int length, float[] out, int outOffset) {
        Arguments.range("x", x, xOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Backends.current().rows().softpick(x, xOffset, out, outOffset, length);
    }

    /**
     * The vector-Jacobian product of one row, what training calls its backward pass:
     * {@code dx_j = Σ_i g_i·∂y_i/∂x_j = (g_j − sign(x_j)·Σ_i g_i·y_i) / (1 + Σ_i |x_i|)}, y the normalized
     * row, recomputed from x.
     *
     * <p>{@code |x|} has no derivative at 0; its subgradient there is taken as 0. Within 1e-6 · max|g| / (1 + Σ|x|)
     * on random data. A NaN in x or g makes dx NaN, and so does an infinite x; sums and products that overflow float
     * are no exception.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param g the gradient of the loss by y
     * @param gOffset where it starts in g
     * @param length elements of the row; 0 is allowed
     * @param dx receives the gradient by x; overlaps neither x nor g
     * @param dxOffset where it starts in dx
     * @throws IllegalArgumentException if a range does not lie within its array, or dx overlaps an input
     */
    public static void backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        Arguments.gradient(x, xOffset, g, gOffset, length, dx, dxOffset);
        Backends.current().rows().softpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
    }
}
