package dev.softpick.kernels.numerics;

/**
 * Rectified softpick of a row with maximum m, {@code relu(d_i) / (Σ|d_j| + ε)} with
 * {@code d = e^(x−m) − e^(−m)}: what every kernel subtracts and multiplies with. {@code d} is
 * {@code factor · (e^(x−shift) − one)}, one = 1 where the shift is 0:
 *
 * <pre>
 * m ≤ 0            shift 0, one 1, factor 0            nothing is above 0: the row is 0
 * 0 &lt; m ≤ limit    shift 0, one 1, factor e^(−m)       e^x − 1 keeps its relative accuracy near 0
 * limit &lt; m        shift m, one 0, factor 1            e^(−m) vanishes beside the largest difference
 * </pre>
 *
 * <p>A row and attention apply the factor at different times, and so have different limits. −∞ is a mask: its d
 * is 0.
 */
public final class RectifiedSoftpickRules {

    /** Keeps the quotient defined where nothing is picked; the formula's ε. */
    public static final double EPSILON = 1e-8;

    /**
     * The limit of a row, whose elements get the factor before they are summed: {@code e^x} need not overflow
     * ({@link Exponential#HIGHEST}), and beyond it {@code e^(−m)} is below 2^−125.
     */
    public static final float LARGEST_UNSHIFTED_ROW = 87f;

    /**
     * The limit of attention, which sums {@code e^s − 1} of many keys as it is and applies the factor at the end,
     * when m is known: far below where {@code e^s} overflows, so that sums of many keys do not either, and
     * {@code e^(−40)} is below 2^−57.
     */
    public static final float LARGEST_UNSHIFTED_SCORE = 40f;

    private RectifiedSoftpickRules() {}

    /** What is subtracted from the elements of a row; {@code one} is 0 where this is above 0. */
    public static float rowShift(float maximum) {
        return maximum > LARGEST_UNSHIFTED_ROW ? maximum : 0f;
    }

    /** What the differences of a row are multiplied with. */
    public static float rowFactor(float maximum) {
        if (maximum > LARGEST_UNSHIFTED_ROW) {
            return 1f;
        }
        return maximum > 0f ? Exponential.exp(-maximum) : 0f;
    }

    /** What attention subtracts from the scores of a row whose maximum so far is this one. */
    public static float scoreShift(float maximum) {
        return maximum > LARGEST_UNSHIFTED_SCORE ? maximum : 0f;
    }

    /** What attention multiplies a row's numerator with, given its maximum and its sum without the factor. */
    public static float scoreReciprocal(float maximum, double sum) {
        double factor = maximum > LARGEST_UNSHIFTED_SCORE ? 1 : maximum > 0 ? Exponential.exp(-maximum) : 0;
        return (float) (factor / (sum * factor + EPSILON));
    }

    /** Whether a row has nothing above 0, and no NaN: its gradient is 0. */
    public static boolean nothingPicked(float maximum, double dot) {
        return !(maximum > 0f) && dot == 0;
    }
}
