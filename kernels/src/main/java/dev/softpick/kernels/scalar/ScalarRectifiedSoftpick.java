package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import java.util.Arrays;

/** Rectified softpick without vectors, by {@link RectifiedSoftpickRules}. */
public final class ScalarRectifiedSoftpick {

    private ScalarRectifiedSoftpick() {}

    static void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        float maximum = ScalarPasses.largest(x, xOffset, length, 1f);
        float shift = RectifiedSoftpickRules.rowShift(maximum);
        ScalarExponential.expMinus(
                x, xOffset, out, outOffset, length, shift, RectifiedSoftpickRules.rowFactor(maximum));
        double sum = ScalarReduce.absSum(out, outOffset, length) + RectifiedSoftpickRules.EPSILON;
        ScalarPasses.scalePositive(out, outOffset, length, (float) (1 / sum));
    }

    /**
     * With {@code e_j = e^(x_j−m)} and G = Σ g_i·y_i:
     * {@code dx_j = e_j·((x_j > 0 ? g_j : 0) − sign(x_j)·G) / S}, S the denominator, and what
     * {@link #addMaximumTerm} adds.
     */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        float maximum = ScalarPasses.largest(x, xOffset, length, 1f);
        float shift = RectifiedSoftpickRules.rowShift(maximum);
        ScalarExponential.expMinus(x, xOffset, dx, dxOffset, length, shift, RectifiedSoftpickRules.rowFactor(maximum));
        double sum = ScalarReduce.absSum(dx, dxOffset, length) + RectifiedSoftpickRules.EPSILON;
        float reciprocal = (float) (1 / sum);
        ScalarPasses.scalePositive(dx, dxOffset, length, reciprocal);
        double dot = ScalarReduce.dot(g, gOffset, 0f, dx, dxOffset, length);
        if (RectifiedSoftpickRules.nothingPicked(maximum, dot)) {
            Arrays.fill(dx, dxOffset, dxOffset + length, 0f);
            return;
        }
        float mean = (float) dot;
        ScalarExponential.exp(x, xOffset, dx, dxOffset, length, maximum, 1f);
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] = gradient(x[xOffset + i], g[gOffset + i], mean, dx[dxOffset + i], reciprocal);
        }
        addMaximumTerm(x, xOffset, length, maximum, dot / sum, dx, dxOffset);
    }

    /**
     * {@code e·reciprocal·(g − mean)} where x is above 0, {@code e·reciprocal·mean} where below; one of a row.
     */
    public static float gradient(float x, float g, float mean, float e, float reciprocal) {
        return e * reciprocal * (x > 0f ? g - mean : x < 0f ? mean : 0f * mean);
    }

    /** m is in the formula, and cancels but for ε: {@code −ε·G/S} goes to the first of the largest elements. */
    public static void addMaximumTerm(
            float[] x, int xOffset, int length, float maximum, double meanOverSum, float[] dx, int dxOffset) {
        for (int i = 0; i < length; i++) {
            if (x[xOffset + i] == maximum) {
                dx[dxOffset + i] -= (float) (RectifiedSoftpickRules.EPSILON * meanOverSum);
                return;
            }
        }
    }
}
