package dev.softpick.kernels.scalar;

import static dev.softpick.kernels.numerics.FusedMultiplyAdd.fma;

import dev.softpick.kernels.numerics.VirtualLanes;

/** Layer normalization without vectors: the sums eight lanes at a time, as in {@link ScalarReduce}. */
public final class ScalarLayerNorm {

    private ScalarLayerNorm() {}

    static void layerNorm(
            float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset) {
        int width = gamma.length;
        double reciprocal = 1.0 / width;
        for (int row = 0; row < rows; row++) {
            int from = xOffset + row * width;
            float mean = (float) (sum(x, from, width, 0f, false) * reciprocal);
            double variance = sum(x, from, width, mean, true) * reciprocal;
            float inverse = (float) (1 / Math.sqrt(variance + epsilon));
            int to = outOffset + row * width;
            for (int i = 0; i < width; i++) {
                out[to + i] = scaled(x[from + i], mean, inverse, gamma[i], beta[i]);
            }
        }
    }

    /** {@code gamma·inverse·(x − mean) + beta}, one element of a row. */
    public static float scaled(float x, float mean, float inverse, float gamma, float beta) {
        return fma(gamma * inverse, x - mean, beta);
    }

    /** {@code Σ (x − shift)}, or of the squares. */
    public static double sum(float[] x, int offset, int length, float shift, boolean squared) {
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int at = offset + i;
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            float even = (eight(x, at, n, 0, shift, squared) + eight(x, at, n, 4, shift, squared))
                    + (eight(x, at, n, 2, shift, squared) + eight(x, at, n, 6, shift, squared));
            float odd = (eight(x, at, n, 1, shift, squared) + eight(x, at, n, 5, shift, squared))
                    + (eight(x, at, n, 3, shift, squared) + eight(x, at, n, 7, shift, squared));
            sum += even + odd;
        }
        return sum;
    }

    /** The lanes {@code base + 0, 8, … 56}, folded among themselves. */
    private static float eight(float[] x, int offset, int n, int base, float shift, boolean squared) {
        float l0 = 0;
        float l8 = 0;
        float l16 = 0;
        float l24 = 0;
        float l32 = 0;
        float l40 = 0;
        float l48 = 0;
        float l56 = 0;
        int i = base;
        for (; i + 56 < n; i += VirtualLanes.COUNT) {
            int at = offset + i;
            l0 = add(x[at] - shift, l0, squared);
            l8 = add(x[at + 8] - shift, l8, squared);
            l16 = add(x[at + 16] - shift, l16, squared);
            l24 = add(x[at + 24] - shift, l24, squared);
            l32 = add(x[at + 32] - shift, l32, squared);
            l40 = add(x[at + 40] - shift, l40, squared);
            l48 = add(x[at + 48] - shift, l48, squared);
            l56 = add(x[at + 56] - shift, l56, squared);
        }
        int at = offset + i;
        l0 = i < n ? add(x[at] - shift, l0, squared) : l0;
        l8 = i + 8 < n ? add(x[at + 8] - shift, l8, squared) : l8;
        l16 = i + 16 < n ? add(x[at + 16] - shift, l16, squared) : l16;
        l24 = i + 24 < n ? add(x[at + 24] - shift, l24, squared) : l24;
        l32 = i + 32 < n ? add(x[at + 32] - shift, l32, squared) : l32;
        l40 = i + 40 < n ? add(x[at + 40] - shift, l40, squared) : l40;
        l48 = i + 48 < n ? add(x[at + 48] - shift, l48, squared) : l48;
        return ((l0 + l32) + (l16 + l48)) + ((l8 + l40) + (l24 + l56));
    }

    private static float add(float value, float sum, boolean squared) {
        return squared ? fma(value, value, sum) : sum + value;
    }
}
