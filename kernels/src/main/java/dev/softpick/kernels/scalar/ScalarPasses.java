package dev.softpick.kernels.scalar;

/**
 * The first and the last pass of the normalizers, and what the vector kernels call for what is left behind their last
 * whole vector.
 */
public final class ScalarPasses {

    private ScalarPasses() {}

    /** The largest of {@code sign·x}, NaN left out; −∞ for none. */
    static float largest(float[] x, int offset, int length, float sign) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            float value = x[offset + i] * sign;
            largest = value > largest ? value : largest;
        }
        return largest;
    }

    /** {@code x = max(x, 0)·factor}; all NaN where the factor is. */
    public static void scalePositive(float[] x, int offset, int length, float factor) {
        for (int i = 0; i < length; i++) {
            float value = x[offset + i];
            x[offset + i] = (value > 0f ? value : 0f) * factor;
        }
    }

    /** {@code out = x·factor}; out may be x. */
    public static void scale(float[] x, int xOffset, float factor, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = x[xOffset + i] * factor;
        }
    }

    /** {@code out = x·y}; out may be either. */
    public static void multiply(float[] x, int xo, float[] y, int yo, float[] out, int oo, int length) {
        for (int i = 0; i < length; i++) {
            out[oo + i] = x[xo + i] * y[yo + i];
        }
    }

    /** {@code sums = x + sums}. */
    public static void add(float[] x, int xo, float[] sums, int so, int length) {
        for (int i = 0; i < length; i++) {
            sums[so + i] = x[xo + i] + sums[so + i];
        }
    }

    /** {@code sums += |x|}. */
    public static void addAbsolute(float[] x, int xo, float[] sums, int so, int length) {
        for (int i = 0; i < length; i++) {
            sums[so + i] += Math.abs(x[xo + i]);
        }
    }
}
