package dev.softpick.kernels;

import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.select.Backends;

/**
 * {@code ssmax(x)_i = e^(a·log(n)·x_i) / Σ_j e^(a·log(n)·x_j)}: softmax whose sharpness grows with the number n of
 * elements, so that attention does not fade in long rows. The factor a is learned.
 *
 * <p>The factor {@code a·log(n)} is computed in double and rounded to float once; a row of one element is 1.
 * Everything else, special values included, is as in {@link Softmax}, whose scale it is.
 *
 * <p>Source: Nakanishi 2025, "Scalable-Softmax Is Superior for Attention", arXiv 2501.19399. Edifice's function of this
 * name adds a shift instead, which cancels: it is plain softmax.
 */
public final class SSMax {

    private SSMax() {}

    /**
     * Normalizes along one axis of a row-major tensor; n is the length of that axis.
     *
     * @param x as many elements as the shape has, row-major
     * @param shape sizes of the tensor
     * @param axis from 0; negative axes count from the end
     * @param a the learned factor
     * @param out as many elements as {@code x}; may be {@code x}
     * @throws IllegalArgumentException if the axis does not exist or an array does not have the shape's size
     */
    public static void normalize(float[] x, int[] shape, int axis, float a, float[] out) {
        int length = shape[AxisLayout.checked(x, shape, axis, out)];
        Softmax.normalize(x, shape, axis, scale(a, length), out);
    }

    /**
     * Normalizes one row of consecutive elements; n is {@code length}.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param length elements of the row; 0 is allowed
     * @param a the learned factor
     * @param out receives the row; may be {@code x} at the same offset
     * @param outOffset where it starts in out
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps x otherwise than
     *     exactly
     */
    public static void normalize(float[] x, int xOffset, int length, float a, float[] out, int outOffset) {
        Softmax.normalize(x, xOffset, length, scale(a, Math.max(length, 0)), out, outOffset);
    }

    /**
     * {@code a·log(n)}, what a row of n elements is multiplied with; {@code StrictMath}, so the same on every
     * machine.
     *
     * @param a the learned factor
     * @param n elements of the row, from 1; the logarithm of 0 is −∞, of less NaN
     * @return the scale, as {@link Softmax} takes it
     */
    public static float scale(float a, int n) {
        return ScoreNormalizer.SSMax.scale(a, n);
    }

    /**
     * The vector-Jacobian product of one row, what training calls its backward pass:
     * {@code dx_j = a·log(n)·y_j·(g_j − Σ_i g_i·y_i)}, y the normalized row, recomputed from x; n is
     * {@code length}. Everything else as in {@link Softmax#backward}.
     *
     * @param x the row's array
     * @param xOffset where the row starts in x
     * @param g the gradient of the loss by y
     * @param gOffset where it starts in g
     * @param length elements of the row; 0 is allowed
     * @param a the learned factor
     * @param dx receives the gradient by x; overlaps neither x nor g
     * @param dxOffset where it starts in dx
     * @return the derivative by a, {@code log(n)·Σ_j x_j·y_j·(g_j − Σ_i g_i·y_i)}; 0 for no elements
     * @throws IllegalArgumentException if a range does not lie within its array, or dx overlaps an input
     */
    public static float backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float a, float[] dx, int dxOffset) {
        Arguments.gradient(x, xOffset, g, gOffset, length, dx, dxOffset);
        double ofScale = Backends.current()
                .rows()
                .softmaxBackward(x, xOffset, g, gOffset, length, scale(a, length), dx, dxOffset);
        return length == 0 ? 0f : (float) (StrictMath.log(length) * ofScale);
    }
}
