package dev.softpick.kernels;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backends;

/**
 * {@code softpick(x)_i = x_i / (1 + Σ_j |x_j|)}: Edifice's softpick.
 *
 * <p>Weights keep the sign of their input and lie in (−1, 1); the sum of their magnitudes stays below 1. There is no
 * exponential, no maximum, and nothing saturates; nothing is exactly zero either, unless its input is. The literature
 * also calls another function softpick: {@link RectifiedSoftpick}.
 *
 * <p>Special values: a NaN anywhere makes its row NaN; ±∞ gives NaN in its place and ±0 elsewhere in its row; −0 stays
 * −0; finite inputs whose sum overflows float still give the right quotient. Relative error at most 3e-7, or one unit in
 * the last place of a subnormal result.
 *
 * <p>The same row has the same bits on every machine and width, along any axis, at any offset. Thread-safe; allocates
 * nothing. {@code out} may be {@code x}. Source: Edifice {@code Edifice.Blocks.Softpick.compute/2}.
 */
public final class Softpick {

    private Softpick() {}

    /**
     * Normalizes along one axis of a row-major tensor.
     *
     * @param axis from 0; negative axes count from the end
     * @param out as many elements as {@code x}; may be {@code x}
     * @throws IllegalArgumentException if the axis does not exist or an array does not have the shape's size
     */
    public static void normalize(float[] x, int[] shape, int axis, float[] out) {
        AxisLayout layout = AxisLayout.of(x, shape, axis, out);
        Backend backend = Backends.current();
        int block = layout.length() * layout.inner();
        for (int i = 0; i < layout.outer(); i++) {
            if (layout.inner() == 1) {
                backend.softpick(x, i * block, out, i * block, layout.length());
            } else {
                backend.softpickColumns(x, i * block, out, i * block, layout.length(), layout.inner());
            }
        }
    }

    /**
     * Normalizes one row of consecutive elements.
     *
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps x otherwise than exactly
     */
    public static void normalize(float[] x, int xOffset, int length, float[] out, int outOffset) {
        Arguments.range("x", x, xOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Backends.current().softpick(x, xOffset, out, outOffset, length);
    }
}
