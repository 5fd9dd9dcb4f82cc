package dev.softpick.kernels.numerics;

/** What attention multiplies its raw scores {@code q·k} with; the same numbers in every backend. */
public final class ScoreScale {

    /**
     * Up to this largest score rectified softpick sums {@code e^s − 1} as it is and divides by e^m at the end; beyond it,
     * {@code e^{−m}} vanishes beside the largest difference and {@code e^{s − m}} is summed. Far below where e^s overflows, so
     * that sums of many keys do not either.
     */
    public static final float LARGEST_UNSHIFTED = 40f;

    private ScoreScale() {}

    /** The float32 √headSize of Edifice. */
    public static double root(int headSize) {
        return (float) Math.sqrt(headSize);
    }

    /** {@code 1/√headSize}, or {@code a·log(n)/√headSize} for row n − 1 of SSMax with scale a; NaN is no SSMax. */
    public static float of(int headSize, float ssmaxScale, int row) {
        double scale = Float.isNaN(ssmaxScale) ? 1 : ssmaxScale * StrictMath.log(row + 1.0);
        return (float) (scale / root(headSize));
    }

    /** What rectified softpick subtracts from the scores of a row with this largest one. */
    public static float shift(float peak) {
        return peak > LARGEST_UNSHIFTED ? peak : 0f;
    }

    /** What the numerator of a row of rectified softpick is multiplied with, given its largest score and its sum. */
    public static float rectifiedShare(float peak, double sum) {
        double factor = peak > LARGEST_UNSHIFTED ? 1 : peak > 0 ? Exponential.exp(-peak) : 0;
        return (float) (factor / (sum * factor + 1e-8));
    }
}
