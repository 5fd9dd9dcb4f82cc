package dev.softpick.kernels.numerics;

/** What softmax subtracts before the exponential. */
public final class SoftmaxRules {

    private SoftmaxRules() {}

    /** The sign of {@code x} where {@code scale·x} is largest: that of the scale. */
    public static float sign(float scale) {
        return scale < 0f ? -1f : 1f;
    }

    /**
     * What attention subtracts from a row's scores whose largest so far, with that sign, is {@code maximum}. Masked
     * scores alone have no maximum: with 0 their weights are 0, and the row goes on when a score that is not masked
     * comes. (A row of nothing but masked scores ends as 0/0, NaN, as {@code Softmax} says.)
     */
    public static float subtrahend(float maximum, float sign) {
        return sign * maximum == Float.NEGATIVE_INFINITY ? 0f : maximum;
    }
}
