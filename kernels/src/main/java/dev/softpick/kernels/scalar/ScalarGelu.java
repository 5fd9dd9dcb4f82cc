package dev.softpick.kernels.scalar;

import static dev.softpick.kernels.numerics.FusedMultiplyAdd.fma;
import static dev.softpick.kernels.numerics.NormalTail.C0;
import static dev.softpick.kernels.numerics.NormalTail.C1;
import static dev.softpick.kernels.numerics.NormalTail.C2;
import static dev.softpick.kernels.numerics.NormalTail.C3;
import static dev.softpick.kernels.numerics.NormalTail.C4;
import static dev.softpick.kernels.numerics.NormalTail.C5;
import static dev.softpick.kernels.numerics.NormalTail.C6;
import static dev.softpick.kernels.numerics.NormalTail.C7;
import static dev.softpick.kernels.numerics.NormalTail.C8;
import static dev.softpick.kernels.numerics.NormalTail.CUT;

/** {@code gelu(x) = max(x, 0) − |x|·Φ(−|x|)}, the form without cancellation on either side of 0. */
public final class ScalarGelu {

    /** Elements a call of the loop: a cold JVM compiles what is called often sooner than a long loop that runs once. */
    private static final int SEGMENT = 32;

    private ScalarGelu() {}

    public static void gelu(float[] x, int xOffset, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i += SEGMENT) {
            segment(x, xOffset + i, out, outOffset + i, Math.min(SEGMENT, length - i));
        }
    }

    private static void segment(float[] x, int xOffset, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i++) {
            float value = x[xOffset + i];
            float s = -Math.abs(value);
            float q = fma(fma(fma(fma(C8, s, C7), s, C6), s, C5), s, C4);
            q = fma(fma(fma(fma(q, s, C3), s, C2), s, C1), s, C0);
            float square = q * q;
            // −0 and NaN are not below 0 and stay as they are.
            float positive = value < 0f ? 0f : value;
            out[outOffset + i] = s > -CUT ? positive + square * square * s : positive;
        }
    }
}
