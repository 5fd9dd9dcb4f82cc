package dev.softpick.kernels;

import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.select.Backends;

/**
 * {@code softmax(x)_i = e^(s·x_i) / Σ_j e^(s·x_j)}, s = 1 unless a scale is given; computed with the largest
 * exponent subtracted, so nothing overflows.
 *
 * <p>Special values: −∞ becomes 0, which serves as a mask; NaN or +∞ in a row makes the row NaN, and so does a
 * row of nothing but −∞. A negative scale swaps the infinities; a scale of 0 gives {@code 1/n} each (NaN where the
 * row holds an infinity or its range overflows float); a scale that is not finite gives NaN.
 *
 * <p>With d the distance of an exponent from the largest, the relative error is at most {@code 3.3e-6 + 1.2e-7·d} for
 * any length and input, some 3e-7 on random data; beyond d = 87 the result is 0.
 *
 * <p>The same row has the same bits on every machine and width, along any axis, at any offset. Thread-safe.
 * Allocates nothing; along another axis than the last, a lone caller with up to 4,096 elements along it.
 * {@code out} may be {@code x}. Source: Bridle 1990.
 */
public final class Softmax {

    private Softmax() {}

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
        normalize(x, shape, axis, 1f, out);
    }

    /**
     * The same with every element multiplied by {@code scale} first.
     *
     * @param x as many elements as the shape has, row-major
     * @param shape sizes of the tensor
     * @param axis from 0; negative axes count from the end
     * @param scale any number; the class says what 0, negative and infinite ones do
     * @param out as many elements as {@code x}; may be {@code x}
     * @throws IllegalArgumentException if the axis does not exist or an array does not have the shape's size
     */
    public static void normalize(float[] x, int[] shape, int axis, float scale, float[] out) {
        int i = AxisLayout.checked(x, shape, axis, out);
        int length = shape[i];
        int inner = AxisLayout.inner(shape, i);
        int size = AxisLayout.outer(shape, i) * length * inner;
        RowKernels kernels = Backends.current().rows();
        for (int from = 0; from < size; from += length * inner) {
            if (inner == 1) {
                kernels.softmax(x, from, out, from, length, scale);
            } else {
                columns(kernels, x, from, length, inner, out, scale);
            }
        }
    }

    private static void columns(
            RowKernels kernels, float[] x, int from, int length, int columns, float[] out, float scale) {
        ColumnStrip strip = ColumnStrip.take(length, columns);
        for (int column = 0; column < columns; column += ColumnStrip.COLUMNS) {
            int count = Math.min(ColumnStrip.COLUMNS, columns - column);
            strip.read(x, from + column, length, columns, count);
            for (int c = 0; c < count; c++) {
                kernels.softmax(strip.values, strip.at(c), strip.values, strip.at(c), length, scale);
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
        normalize(x, xOffset, length, 1f, out, outOffset);
    }

    /**
     * The same with every element multiplied by {@code scale} first.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param length elements of the row; 0 is allowed
     * @param scale any number; the class says what 0, negative and infinite ones do
     * @param out receives the row; may be {@code x} at the same offset
     * @param outOffset where it starts in out
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps x otherwise than
     *     exactly
     */
    public static void normalize(float[] x, int xOffset, int length, float scale, float[] out, int outOffset) {
        Arguments.range("x", x, xOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Backends.current().rows().softmax(x, xOffset, out, outOffset, length, scale);
    }

    /**
     * The vector-Jacobian product of one row, what training calls its backward pass:
     * {@code dx_j = Σ_i g_i·∂y_i/∂x_j = y_j·(g_j − Σ_i g_i·y_i)}, y the normalized row, recomputed from x.
     *
     * <p>With d the distance of an exponent from the largest, within {@code (2e-6 + 2.4e-7·d)·max|g|·y_j} on random
     * data up to d = 87. Beyond, where {@link #normalize} gives 0, dx_j is 0 too: off by at most {@code
     * e^−87·2·max|g|}. An element that is masked with −∞ gets 0. A NaN in x or g makes dx NaN, and so does a
     * row that {@link #normalize} makes NaN.
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
        backward(x, xOffset, g, gOffset, length, 1f, dx, dxOffset);
    }

    /**
     * The same with every element multiplied by {@code scale} first:
     * {@code dx_j = scale·y_j·(g_j − Σ_i g_i·y_i)}.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param g the gradient of the loss by y
     * @param gOffset where it starts in g
     * @param length elements of the row; 0 is allowed
     * @param scale any number; the class says what 0, negative and infinite ones do
     * @param dx receives the gradient by x; overlaps neither x nor g
     * @param dxOffset where it starts in dx
     * @return the derivative by the scale, {@code Σ_j x_j·y_j·(g_j − Σ_i g_i·y_i)}, computed with the largest
     *     element subtracted from each x_j, so that large ones do not cancel; masked elements have no part in it
     * @throws IllegalArgumentException if a range does not lie within its array, or dx overlaps an input
     */
    public static float backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        Arguments.gradient(x, xOffset, g, gOffset, length, dx, dxOffset);
        return (float) Backends.current().rows().softmaxBackward(x, xOffset, g, gOffset, length, scale, dx, dxOffset);
    }
}
