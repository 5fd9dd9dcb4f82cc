package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.Exponential;

/** The exponentials of a row, which the vector kernels call for what is left behind their last whole vector. */
public final class ScalarExponential {

    private ScalarExponential() {}

    /** {@code out = e^((x − maximum)·scale)}. */
    public static void exp(float[] x, int xo, float[] out, int oo, int length, float maximum, float scale) {
        for (int i = 0; i < length; i++) {
            out[oo + i] = Exponential.exp((x[xo + i] - maximum) * scale);
        }
    }

    /** {@code out = factor·(e^(x − shift) − one)}, one = 0 where the shift is above 0; 0 where x is −∞. */
    public static void expMinus(float[] x, int xo, float[] out, int oo, int length, float shift, float factor) {
        float one = shift > 0f ? 0f : 1f;
        for (int i = 0; i < length; i++) {
            out[oo + i] = Exponential.expMinus(x[xo + i] - shift, one) * factor;
        }
    }
}
