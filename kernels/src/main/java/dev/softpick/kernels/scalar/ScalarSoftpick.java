package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.SoftpickRules;

/** {@code x_i / (1 + Σ|x_j|)} without vectors. The vector kernels hand it the rows whose sum is out of range. */
public final class ScalarSoftpick {

    private ScalarSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        double sum = ScalarReduce.absSum(x, xOffset, length);
        if (sum > SoftpickRules.LARGEST_SUM) {
            large(x, xOffset, out, outOffset, length);
            return;
        }
        ScalarPasses.scale(x, xOffset, (float) (1 / (1 + sum)), out, outOffset, length);
    }

    /**
     * A row whose sum is beyond {@link SoftpickRules#LARGEST_SUM}, in double. A sum of doubles that are floats cannot
     * overflow, so it is infinite only where an element is.
     */
    public static void large(float[] x, int xOffset, float[] out, int outOffset, int length) {
        double sum = 1;
        for (int i = 0; i < length; i++) {
            sum += Math.abs(x[xOffset + i]);
        }
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = (float) (x[xOffset + i] / sum);
        }
    }

    /** {@code dx_j = (g_j − sign(x_j)·Σ g_i·y_i) / (1 + Σ|x_i|)} for one row of consecutive elements. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        double sum = ScalarReduce.absSum(x, xOffset, length);
        double reciprocal = 1 / (1 + sum);
        float mean = (float) (ScalarReduce.dot(x, xOffset, 0f, g, gOffset, length) * reciprocal);
        if (sum > SoftpickRules.LARGEST_SUM || !Float.isFinite(mean)) {
            largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        float scale = (float) reciprocal;
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] = gradient(x[xOffset + i], g[gOffset + i], mean, scale);
        }
    }

    /** {@code (g − sign(x)·mean)·scale}, one element of a row. */
    public static float gradient(float x, float g, float mean, float scale) {
        return (g - (x > 0f ? mean : x < 0f ? -mean : 0f * mean)) * scale;
    }

    /** {@link #backward} in double, for sums beyond {@link SoftpickRules#LARGEST_SUM} and products that overflow. */
    public static void largeBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        double sum = 1;
        double dot = 0;
        for (int i = 0; i < length; i++) {
            sum += Math.abs(x[xOffset + i]);
            dot += (double) x[xOffset + i] * g[gOffset + i];
        }
        double mean = dot / sum;
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] = (float) ((g[gOffset + i] - Math.signum(x[xOffset + i]) * mean) / sum);
        }
    }
}
