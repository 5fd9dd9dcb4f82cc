package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.ColumnSums;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/** {@code x_i / (1 + Σ|x_j|)} without vectors. The vector kernels hand it the rows whose sum is out of range. */
public final class ScalarSoftpick {

    /**
     * Up to this sum the reciprocal is a normal float with full precision; beyond it, also when it has overflowed, each
     * element is divided in double.
     */
    public static final double LARGEST_SUM = 0x1p100;

    private static final int BLOCK = VirtualLanes.BLOCK;
    private static final int STRIP = ColumnSums.COLUMNS;

    private ScalarSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        column(x, xOffset, out, outOffset, length, 1);
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

    /** {@code dx_j = (g_j − sign(x_j)·Σ g_i·y_i) / (1 + Σ|x_i|)} for one row of consecutive elements. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        double sum = ScalarReduce.absSum(x, xOffset, length);
        if (sum > LARGEST_SUM) {
            largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        double share = 1 / (1 + sum);
        float scale = (float) share;
        float mean = (float) (ScalarReduce.dot(x, xOffset, g, gOffset, length) * share);
        if (!Float.isFinite(mean)) {
            largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        float none = 0f * mean;
        for (int i = 0; i < length; i++) {
            float value = x[xOffset + i];
            dx[dxOffset + i] = (g[gOffset + i] - (value > 0f ? mean : value < 0f ? -mean : none)) * scale;
        }
    }

    /** {@link #backward} in double, for sums beyond {@link #LARGEST_SUM} and products that overflow. */
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

    /** Strips of columns with the lanes in bit-reversed order, as the vector kernel goes through wide blocks. */
    static void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        ColumnSums scratch = ColumnSums.take();
        for (int column = 0; column < columns; column += STRIP) {
            int width = Math.min(STRIP, columns - column);
            strip(x, xOffset + column, out, outOffset + column, length, columns, width, scratch);
        }
        scratch.giveBack();
    }

    private static void strip(
            float[] x, int xOffset, float[] out, int outOffset, int length, int stride, int width,
            ColumnSums scratch) {
        float[] partial = scratch.partial;
        double[] sums = scratch.sums;
        Arrays.fill(sums, 0, width, 0);
        for (int i = 0; i < length; i += BLOCK) {
            int total = sum(x, xOffset + i * stride, stride, Math.min(BLOCK, length - i), width, partial);
            for (int c = 0; c < width; c++) {
                sums[c] += partial[total + c];
            }
        }
        if (!reciprocals(sums, partial, width)) {
            for (int c = 0; c < width; c++) {
                column(x, xOffset + c, out, outOffset + c, length, stride);
            }
            return;
        }
        for (int row = 0; row < length; row++) {
            scale(x, xOffset + row * stride, partial, out, outOffset + row * stride, width);
        }
    }

    /** Turns sums into {@code 1 / (1 + Σ|x_j|)}; false where a sum is beyond {@link #LARGEST_SUM}. */
    public static boolean reciprocals(double[] sums, float[] scales, int count) {
        boolean small = true;
        for (int c = 0; c < count; c++) {
            small &= !(sums[c] > LARGEST_SUM);
            scales[c] = (float) (1 / (1 + sums[c]));
        }
        return small;
    }

    private static int sum(float[] x, int offset, int stride, int n, int width, float[] partial) {
        int lanes = ColumnSums.lanes(n);
        int to = 0;
        for (int j = 0; j < lanes; j++) {
            to = Integer.numberOfTrailingZeros(~j) * STRIP;
            Arrays.fill(partial, to, to + width, 0f);
            for (int i = ColumnSums.lane(j, lanes); i < n; i += VirtualLanes.COUNT) {
                addAbsolute(x, offset + i * stride, partial, to, width);
            }
            for (int from = 0; from < to; from += STRIP) {
                add(partial, from, to, width);
            }
        }
        return to;
    }

    private static void addAbsolute(float[] x, int from, float[] sums, int to, int n) {
        for (int c = 0; c < n; c++) {
            sums[to + c] += Math.abs(x[from + c]);
        }
    }

    private static void add(float[] sums, int from, int to, int n) {
        for (int c = 0; c < n; c++) {
            sums[to + c] += sums[from + c];
        }
    }

    private static void scale(float[] x, int xOffset, float[] scale, float[] out, int outOffset, int n) {
        for (int c = 0; c < n; c++) {
            out[outOffset + c] = x[xOffset + c] * scale[c];
        }
    }
}
