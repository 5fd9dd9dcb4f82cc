package dev.softpick.kernels.numerics;

/** What attention multiplies its raw scores {@code q·k} with; the same numbers in every backend. */
public final class ScoreScale {

    private ScoreScale() {}

    /** The float32 √headSize of Edifice. */
    public static double root(int headSize) {
        return (float) Math.sqrt(headSize);
    }

    /**
     * {@code 1/√headSize}, or {@code a·log(n)/√headSize} for row n − 1 of SSMax with scale a; NaN is no SSMax.
     */
    public static float of(int headSize, float ssmaxScale, int row) {
        double scale = Float.isNaN(ssmaxScale) ? 1 : ssmaxScale * StrictMath.log(row + 1.0);
        return (float) (scale / root(headSize));
    }
}
