package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.SoftmaxRules;

/**
 * Softmax without vectors. {@code scale·x} is largest where {@code x} is, or {@code −x} for a negative scale.
 * {@code (x − maximum)·scale} never exceeds 0, as {@code fma(scale, x, −scale·maximum)} may once that product is
 * rounded.
 */
public final class ScalarSoftmax {

    private ScalarSoftmax() {}

    static void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        normalize(x, xOffset, out, outOffset, length, scale);
    }

    /** Returns the maximum that was subtracted. */
    private static float normalize(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        float sign = SoftmaxRules.sign(scale);
        float maximum = sign * ScalarPasses.largest(x, xOffset, length, sign);
        ScalarExponential.exp(x, xOffset, out, outOffset, length, maximum, scale);
        float reciprocal = (float) (1 / ScalarReduce.absSum(out, outOffset, length));
        ScalarPasses.scalePositive(out, outOffset, length, reciprocal);
        return maximum;
    }

    /**
     * Leaves {@code d_j = y_j·(g_j − Σ g_i·y_i)}, times scale, in dx; returns {@code Σ (x_j − maximum)·d_j}.
     * That is {@code Σ x_j·d_j}, for the d add up to 0, but exponents that are large and near one another do not
     * cancel.
     */
    static double backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        float maximum = normalize(x, xOffset, dx, dxOffset, length, scale);
        float mean = (float) ScalarReduce.dot(g, gOffset, 0f, dx, dxOffset, length);
        weigh(g, gOffset, length, mean, dx, dxOffset);
        double dot = ScalarReduce.dot(x, xOffset, maximum, dx, dxOffset, length);
        double ofScale = Double.isNaN(dot) ? dotWithoutMasked(x, xOffset, maximum, dx, dxOffset, length) : dot;
        ScalarPasses.scale(dx, dxOffset, scale, dx, dxOffset, length);
        return ofScale;
    }

    /** {@code dx = dx·(g − mean)}. */
    public static void weigh(float[] g, int gOffset, int length, float mean, float[] dx, int dxOffset) {
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] *= g[gOffset + i] - mean;
        }
    }

    /** {@code Σ (x_i − maximum)·d_i} over the elements whose d is not 0: an infinite x that is masked has none. */
    public static double dotWithoutMasked(
            float[] x, int xOffset, float maximum, float[] d, int dOffset, int length) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += d[dOffset + i] == 0f ? 0 : ((double) x[xOffset + i] - maximum) * d[dOffset + i];
        }
        return sum;
    }
}
