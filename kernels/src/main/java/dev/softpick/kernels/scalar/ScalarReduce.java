package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.VirtualLanes;

/**
 * The sums of {@link VirtualLanes} without vectors and without an array for the lanes: eight lanes at a time, chosen so
 * that they fold among themselves, {@code base + 0, 32, 16, 48, 8, 40, 24, 56}.
 */
final class ScalarReduce {

    private ScalarReduce() {}

    static double absSum(float[] x, int offset, int length) {
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            sum += block(x, offset + i, Math.min(VirtualLanes.BLOCK, length - i));
        }
        return sum;
    }

    private static float block(float[] x, int offset, int n) {
        float even = (eight(x, offset, n, 0) + eight(x, offset, n, 4))
                + (eight(x, offset, n, 2) + eight(x, offset, n, 6));
        float odd = (eight(x, offset, n, 1) + eight(x, offset, n, 5))
                + (eight(x, offset, n, 3) + eight(x, offset, n, 7));
        return even + odd;
    }

    private static float eight(float[] x, int offset, int n, int base) {
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
            l0 += Math.abs(x[at]);
            l8 += Math.abs(x[at + 8]);
            l16 += Math.abs(x[at + 16]);
            l24 += Math.abs(x[at + 24]);
            l32 += Math.abs(x[at + 32]);
            l40 += Math.abs(x[at + 40]);
            l48 += Math.abs(x[at + 48]);
            l56 += Math.abs(x[at + 56]);
        }
        int at = offset + i;
        l0 += i < n ? Math.abs(x[at]) : 0;
        l8 += i + 8 < n ? Math.abs(x[at + 8]) : 0;
        l16 += i + 16 < n ? Math.abs(x[at + 16]) : 0;
        l24 += i + 24 < n ? Math.abs(x[at + 24]) : 0;
        l32 += i + 32 < n ? Math.abs(x[at + 32]) : 0;
        l40 += i + 40 < n ? Math.abs(x[at + 40]) : 0;
        l48 += i + 48 < n ? Math.abs(x[at + 48]) : 0;
        return ((l0 + l32) + (l16 + l48)) + ((l8 + l40) + (l24 + l56));
    }

    /** {@code Σ (x_i − shift)·y_i}, each step rounded. */
    static double dot(float[] x, int xOffset, float shift, float[] y, int yOffset, int length) {
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            int xo = xOffset + i;
            int yo = yOffset + i;
            float even = (eight(x, xo, shift, y, yo, n, 0) + eight(x, xo, shift, y, yo, n, 4))
                    + (eight(x, xo, shift, y, yo, n, 2) + eight(x, xo, shift, y, yo, n, 6));
            float odd = (eight(x, xo, shift, y, yo, n, 1) + eight(x, xo, shift, y, yo, n, 5))
                    + (eight(x, xo, shift, y, yo, n, 3) + eight(x, xo, shift, y, yo, n, 7));
            sum += even + odd;
        }
        return sum;
    }

    private static float eight(float[] x, int xo, float shift, float[] y, int yo, int n, int base) {
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
            l0 += (x[xo + i] - shift) * y[yo + i];
            l8 += (x[xo + i + 8] - shift) * y[yo + i + 8];
            l16 += (x[xo + i + 16] - shift) * y[yo + i + 16];
            l24 += (x[xo + i + 24] - shift) * y[yo + i + 24];
            l32 += (x[xo + i + 32] - shift) * y[yo + i + 32];
            l40 += (x[xo + i + 40] - shift) * y[yo + i + 40];
            l48 += (x[xo + i + 48] - shift) * y[yo + i + 48];
            l56 += (x[xo + i + 56] - shift) * y[yo + i + 56];
        }
        l0 += i < n ? (x[xo + i] - shift) * y[yo + i] : 0;
        l8 += i + 8 < n ? (x[xo + i + 8] - shift) * y[yo + i + 8] : 0;
        l16 += i + 16 < n ? (x[xo + i + 16] - shift) * y[yo + i + 16] : 0;
        l24 += i + 24 < n ? (x[xo + i + 24] - shift) * y[yo + i + 24] : 0;
        l32 += i + 32 < n ? (x[xo + i + 32] - shift) * y[yo + i + 32] : 0;
        l40 += i + 40 < n ? (x[xo + i + 40] - shift) * y[yo + i + 40] : 0;
        l48 += i + 48 < n ? (x[xo + i + 48] - shift) * y[yo + i + 48] : 0;
        return ((l0 + l32) + (l16 + l48)) + ((l8 + l40) + (l24 + l56));
    }
}
