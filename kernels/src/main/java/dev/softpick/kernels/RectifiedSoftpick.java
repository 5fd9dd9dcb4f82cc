package dev.softpick.kernels;

import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.select.Backends;

/**
 * {@code relu(e^x_i − 1) / (Σ_j |e^x_j − 1| + ε)}, numerator and sum both multiplied by {@code e^(−m)}, m the
 * largest element of the row, and ε = 1e-8 added after that: the function that Zuhri et al. call softpick. This
 * project's {@link Softpick} is another one.
 *
 * <p>Weights are 0 for x ≤ 0 and rise with x; elements below 0 only add to the sum. For a row of one element the
 * function all but jumps, from 0 at x = 0 to 0.99 at x = 1e-6: in causal attention that is the first row.
 *
 * <p>{@code e^x − 1} is computed without cancellation: for m ≤ 87 the relative error is at most 3.5e-6 for any
 * length and input, some 5e-7 on random data, however near to 0 an x may be. For larger m it grows by 1.2e-7 times the
 * distance of x from m, and what is below {@code e^−87} is lost. Nothing overflows for any finite input.
 *
 * <p>Special values:
 * <ul>
 *   <li>−∞ is a mask: it becomes +0 and adds to neither sum nor maximum, so the others are the same without it;
 *   <li>a row without an element above 0 becomes +0, also where it is masked altogether;
 *   <li>a NaN or +∞ makes its row NaN.
 * </ul>
 *
 * <p>The same row has the same bits on every machine and width, along any axis, at any offset. Thread-safe.
 * Allocates nothing; along another axis than the last, a lone caller with up to 4,096 elements along it.
 * {@code out} may be {@code x}. Source: Zuhri et al. 2025, "Softpick: No Attention Sink, No
 * Massive Activations with Rectified Softmax", arXiv 2504.20966.
 */
public final class RectifiedSoftpick {

    private RectifiedSoftpick() {}

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
                kernels.rectifiedSoftpick(x, from, out, from, length);
            } else {
                columns(kernels, x, from, length, inner, out);
            }
        }
    }

    private static void columns(
            RowKernels kernels, float[] x, int from, int length, int columns, float[] out) {
        ColumnStrip strip = ColumnStrip.take(length, columns);
        for (int column = 0; column < columns; column += ColumnStrip.COLUMNS) {
            int count = Math.min(ColumnStrip.COLUMNS, columns - column);
            strip.read(x, from + column, length, columns, count);
            for (int c = 0; c < count; c++) {
                kernels.rectifiedSoftpick(strip.values, strip.at(c), strip.values, strip.at(c), length);
            }
            strip.write(out, from + column, length, columns, count);
        }
        strip.giveBack();
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
        Backends.current().rows().rectifiedSoftpick(x, xOffset, out, outOffset, length);
    }

    /**
     * The vector-Jacobian product of one row, what training calls its backward pass. With {@code e_j = e^(x_j − m)},
     * S the denominator, y the normalized row, recomputed from x, and {@code G = Σ_i g_i·y_i}:
     *
     * <pre>
     * dx_j = e_j·(g_j − G) / S      for x_j &gt; 0
     * dx_j = e_j·G / S              for x_j &lt; 0
     * dx_j = 0                      for x_j = 0, where relu and | | have no derivative
     * dx_m = dx_m − ε·G / S         for the largest element, the first of equals
     * </pre>
     *
     * <p>The last line is what is left of m, which would cancel but for ε; it counts only where S is near ε. A row
     * without an element above 0 gives 0, and so does an element that is masked with −∞. Within {@code (2e-6 +
     * 2.4e-7·(m − x_j))·max|g|·e_j/S} on random data. A NaN in x or g, or +∞ in x, makes dx NaN.
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
        Backends.current().rows().rectifiedSoftpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
    }
}
