package dev.softpick.kernels.scalar;

/** {@code x_i / (1 + Σ|x_j|)} without vectors. The vector kernels hand it the rows whose sum is out of range. */
public final class ScalarSoftpick {

    /**
     * Up to this sum the reciprocal is a normal float with full precision; beyond it, also when it has overflowed, each
     * element is divided in double.
     */
    public static final double LARGEST_SUM = 0x1p100;

    private ScalarSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        column(x, xOffset, out, outOffset, length, 1);
    }

    static void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        for (int i = 0; i < columns; i++) {
            column(x, xOffset + i, out, outOffset + i, length, columns);
        }
    }

    /** One row whose elements stand {@code stride} apart. */
    public static void column(float[] x, int xOffset, float[] out, int outOffset, int length, int stride) {
        double sum = ScalarReduce.absSum(x, xOffset, stride, length);
        if (sum > LARGEST_SUM) {
            large(x, xOffset, out, outOffset, length, stride);
            return;
        }
        float scale = (float) (1 / (1 + sum));
        for (int i = 0; i < length; i++) {
            out[outOffset + i * stride] = x[xOffset + i * stride] * scale;
        }
    }

    /** A sum of doubles that are floats cannot overflow, so it is infinite only where an element is. */
    private static void large(float[] x, int xOffset, float[] out, int outOffset, int length, int stride) {
        double sum = 1;
        for (int i = 0; i < length; i++) {
            sum += Math.abs(x[xOffset + i * stride]);
        }
        for (int i = 0; i < length; i++) {
            out[outOffset + i * stride] = (float) (x[xOffset + i * stride] / sum);
        }
    }
}
