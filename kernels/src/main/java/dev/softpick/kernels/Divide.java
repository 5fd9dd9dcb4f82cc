package dev.softpick.kernels;

import dev.softpick.kernels.select.Backends;

/**
 * Division, correctly rounded as {@code /} is: the same bits on every machine. {@code out} may be an input at the same
 * offset. Thread-safe; allocates nothing.
 */
public final class Divide {

    private Divide() {}

    /**
     * {@code out_i = x_i / divisor} for {@code length} elements.
     *
     * @param x the dividends' array
     * @param xOffset where they start in x
     * @param divisor any number; 0, infinities and NaN follow IEEE 754
     * @param out receives the quotients; may be {@code x} at the same offset
     * @param outOffset where they start in out
     * @param length how many; 0 is allowed
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps x otherwise than
     *     exactly
     */
    public static void byScalar(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
        Arguments.range("x", x, xOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Backends.current().rows().divide(x, xOffset, divisor, out, outOffset, length);
    }

    /**
     * {@code out_i = x_i / y_i} for {@code length} elements.
     *
     * @param x the dividends' array
     * @param xOffset where they start in x
     * @param y the divisors' array
     * @param yOffset where they start in y
     * @param out receives the quotients; may be an input at the same offset
     * @param outOffset where they start in out
     * @param length how many; 0 is allowed
     * @throws IllegalArgumentException if a range does not lie within its array, or out overlaps an input otherwise
     *     than exactly
     */
    public static void elementwise(
            float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
        Arguments.range("x", x, xOffset, length);
        Arguments.range("y", y, yOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Arguments.sameOrApart(y, yOffset, out, outOffset, length);
        Backends.current().rows().divide(x, xOffset, y, yOffset, out, outOffset, length);
    }
}
