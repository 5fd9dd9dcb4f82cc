package dev.softpick.kernels;

import dev.softpick.kernels.select.Backends;

/**
 * {@code y_i = gamma_i · (x_i − mean) / √(variance + epsilon) + beta_i}, mean and biased variance over a row.
 *
 * <p>Rows are consecutive and have as many elements as {@code gamma}. Both sums go through 64 lanes in a fixed order,
 * in float over at most 2,048 elements and in double beyond; mean and {@code 1/√(variance + epsilon)} are rounded to
 * float once; an element is {@code fma(gamma·inverse, x − mean, beta)}. So a row has the same bits on every machine
 * and width, wherever it stands. With a mean that is not large against the deviation the error is some 1e-6 of {@code
 * |gamma·y|}; in general the rounded mean adds {@code 2⁻²⁴·|mean|/deviation}.
 *
 * <p>NaN or ±∞ in a row makes the row NaN. Thread-safe; allocates nothing. Source: Ba, Kiros and Hinton 2016,
 * arXiv 1607.06450, in the form of Axon's {@code layer_norm}.
 */
public final class LayerNormalization {

    private LayerNormalization() {}

    /**
     * All rows of an array.
     *
     * @param x {@code [rows, gamma.length]}, row-major
     * @param gamma the factors of a row's elements, one or more
     * @param beta as long as {@code gamma}
     * @param epsilon added to the variance; 0 or more
     * @param out as long as {@code x}; may be {@code x}
     * @throws IllegalArgumentException if gamma is empty, a length does not fit, or epsilon is negative, infinite or
     *     NaN
     */
    public static void normalize(float[] x, float[] gamma, float[] beta, float epsilon, float[] out) {
        check(gamma, beta, epsilon);
        Arguments.notNull("x", x);
        if (x.length % gamma.length != 0) {
            throw new IllegalArgumentException(
                    "x has " + x.length + " elements; whole rows of " + gamma.length + " are needed");
        }
        Arguments.length("out", out, x.length);
        Backends.current().layerNorm().apply(x, 0, x.length / gamma.length, gamma, beta, epsilon, out, 0);
    }

    /**
     * {@code rows} rows.
     *
     * @param x the rows' array, {@code [rows, gamma.length]} row-major from the offset on
     * @param xOffset where the first row starts in x
     * @param rows 0 or more
     * @param gamma the factors of a row's elements, one or more
     * @param beta as long as {@code gamma}
     * @param epsilon added to the variance; 0 or more
     * @param out receives the rows, one behind the other; may be {@code x} at the same offset
     * @param outOffset where the first row starts in out
     * @throws IllegalArgumentException as above, if a range does not lie within its array, or if out overlaps x
     *     otherwise than exactly
     */
    public static void normalize(
            float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset) {
        check(gamma, beta, epsilon);
        Arguments.atLeast("rows", rows, 0);
        long length = (long) rows * gamma.length;
        Arguments.range("x", x, xOffset, length);
        Arguments.range("out", out, outOffset, length);
        Arguments.sameOrApart(x, xOffset, out, outOffset, length);
        Backends.current().layerNorm().apply(x, xOffset, rows, gamma, beta, epsilon, out, outOffset);
    }

    private static void check(float[] gamma, float[] beta, float epsilon) {
        Arguments.notNull("gamma", gamma);
        Arguments.atLeast("the length of gamma", gamma.length, 1);
        Arguments.length("beta", beta, gamma.length);
        if (!(epsilon >= 0 && epsilon < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("epsilon is " + epsilon + "; allowed is a finite number, 0 or more");
        }
    }
}
