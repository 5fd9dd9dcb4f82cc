package dev.softpick.kernels;

import dev.softpick.kernels.select.Backends;

/**
 * Sums over a row.
 *
 * <p>The order of the additions is fixed: element i goes to lane i mod 64, a lane adds at most 32 elements in float
 * before the lanes fold by halves into double. So the same numbers give the same bits on every machine and width,
 * wherever they stand. Thread-safe; allocates nothing.
 */
public final class Reduce {

    private Reduce() {}

    /**
     * {@code Σ |x_i|} over {@code length} elements from {@code offset} on; 0 for none.
     *
     * <p>Within 3e-6 of the exact sum, relatively, for any length and input; about 1e-7 on random data. NaN if an
     * element is NaN; +∞ if one is infinite or the sum overflows float.
     *
     * @param x the row's array
     * @param offset where the row starts in x
     * @param length elements of the row; 0 is allowed
     * @return the sum
     * @throws IllegalArgumentException if the range does not lie within the array
     */
    public static float absSum(float[] x, int offset, int length) {
        Arguments.range("x", x, offset, length);
        return (float) Backends.current().rows().absSum(x, offset, length);
    }

    /**
     * {@code Σ |x_i|} over all elements, as {@link #absSum(float[], int, int)}.
     *
     * @param x the row
     * @return the sum
     * @throws IllegalArgumentException if x is null
     */
    public static float absSum(float[] x) {
        Arguments.notNull("x", x);
        return (float) Backends.current().rows().absSum(x, 0, x.length);
    }
}
