package dev.softpick.kernels.scalar;

import static dev.softpick.kernels.layout.ColumnStrip.COLUMNS;

import dev.softpick.kernels.layout.ColumnStrip;
import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/**
 * Softmax without vectors. {@code scale·x} is largest where {@code x} is, or {@code −x} for a negative scale.
 * {@code (x − peak)·scale} never exceeds 0, as {@code fma(scale, x, −scale·peak)} may once that product is rounded.
 */
public final class ScalarSoftmax {

    private ScalarSoftmax() {}

    static void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        float sign = scale < 0f ? -1f : 1f;
        float peak = sign * ScalarPasses.largest(x, xOffset, length, sign);
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = Exponential.exp((x[xOffset + i] - peak) * scale);
        }
        float share = (float) (1 / ScalarReduce.absSum(out, outOffset, length));
        ScalarPasses.share(out, outOffset, length, share);
    }

    /** Leaves {@code d_j = y_j·(g_j − Σ g_i·y_i)}, times scale, in dx; returns {@code Σ x_j·d_j}. */
    static double backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        softmax(x, xOffset, dx, dxOffset, length, scale);
        float mean = (float) ScalarReduce.dot(g, gOffset, dx, dxOffset, length);
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] *= g[gOffset + i] - mean;
        }
        double dot = ScalarReduce.dot(x, xOffset, dx, dxOffset, length);
        double ofScale = Double.isNaN(dot) ? dotWithoutMasked(x, xOffset, dx, dxOffset, length) : dot;
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] *= scale;
        }
        return ofScale;
    }

    /** {@code Σ x_i·d_i} over the elements whose d is not 0: an infinite x that is masked has none. */
    public static double dotWithoutMasked(float[] x, int xOffset, float[] d, int dOffset, int length) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += d[dOffset + i] == 0f ? 0 : (double) x[xOffset + i] * d[dOffset + i];
        }
        return sum;
    }

    static void softmaxColumns(
            float[] x, int xOffset, float[] out, int outOffset, int length, int columns, float scale) {
        float sign = scale < 0f ? -1f : 1f;
        ColumnStrip strip = ColumnStrip.take();
        for (int c = 0; c < columns; c += COLUMNS) {
            int width = Math.min(COLUMNS, columns - c);
            ScalarPasses.largest(x, xOffset + c, length, columns, width, sign, strip);
            for (int j = 0; j < width; j++) {
                strip.peaks[j] *= sign;
            }
            Arrays.fill(strip.sums, 0);
            for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
                int rows = Math.min(VirtualLanes.BLOCK, length - i);
                int at = i * columns + c;
                exponentials(x, xOffset + at, out, outOffset + at, rows, columns, width, scale, strip);
                strip.foldBlock(rows);
            }
            for (int j = 0; j < width; j++) {
                strip.shares[j] = (float) (1 / strip.sums[j]);
            }
            ScalarPasses.share(out, outOffset + c, length, columns, width, strip);
        }
        strip.giveBack();
    }

    private static void exponentials(
            float[] x, int xo, float[] out, int oo, int rows, int columns, int width, float scale, ColumnStrip strip) {
        float[] lanes = strip.lanes;
        for (int i = 0; i < rows; i++) {
            int at = i * columns;
            int lane = ColumnStrip.lane(i);
            for (int c = 0; c < width; c++) {
                float e = Exponential.exp((x[xo + at + c] - strip.peaks[c]) * scale);
                out[oo + at + c] = e;
                lanes[lane + c] = i < VirtualLanes.COUNT ? e : lanes[lane + c] + e;
            }
        }
    }
}
