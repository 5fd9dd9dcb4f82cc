package dev.softpick.kernels.scalar;

import static dev.softpick.kernels.layout.ColumnStrip.COLUMNS;

import dev.softpick.kernels.layout.ColumnStrip;
import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/**
 * Rectified softpick without vectors: {@code relu(d_i) / (Σ|d_j| + 1e-8)} with {@code d = e^(x−m) − e^(−m)}, m the
 * largest x, computed as {@code factor · (e^(x−shift) − one)}:
 *
 * <pre>
 * m ≤ 0         shift 0, one 1, factor 0            nothing is above 0: the row is 0
 * 0 &lt; m ≤ 87    shift 0, one 1, factor e^(−m)       e^x − 1 keeps its relative accuracy near 0
 * 87 &lt; m        shift m, one 0, factor 1            e^(−m) is below 2^−125 and d is e^(x−m)
 * </pre>
 */
public final class ScalarRectifiedSoftpick {

    /** Keeps the quotient defined where nothing is picked; the formula's ε. */
    public static final double EPSILON = 1e-8;

    private static final float LARGEST_UNSHIFTED = 87f;

    private ScalarRectifiedSoftpick() {}

    /**
     * What is subtracted from the elements of a row with this largest element; {@code one} is 0 where this is above
     * 0.
     */
    public static float shift(float peak) {
        return peak > LARGEST_UNSHIFTED ? peak : 0f;
    }

    /** What the differences of a row with this largest element are multiplied with. */
    public static float factor(float peak) {
        if (peak > LARGEST_UNSHIFTED) {
            return 1f;
        }
        return peak > 0f ? Exponential.exp(-peak) : 0f;
    }

    static void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        float peak = ScalarPasses.largest(x, xOffset, length, 1f);
        float shift = shift(peak);
        float one = shift > 0f ? 0f : 1f;
        float factor = factor(peak);
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = Exponential.expMinus(x[xOffset + i] - shift, one) * factor;
        }
        float share = (float) (1 / (ScalarReduce.absSum(out, outOffset, length) + EPSILON));
        ScalarPasses.share(out, outOffset, length, share);
    }

    /**
     * With {@code e_j = e^(x_j−m)} and G = Σ g_i·y_i: {@code dx_j = e_j·((x_j > 0 ? g_j : 0) − sign(x_j)·G) / S}, S the
     * denominator, and what {@link #addPeakTerm} adds.
     */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        float peak = ScalarPasses.largest(x, xOffset, length, 1f);
        float shift = shift(peak);
        float one = shift > 0f ? 0f : 1f;
        float factor = factor(peak);
        for (int i = 0; i < length; i++) {
            dx[dxOffset + i] = Exponential.expMinus(x[xOffset + i] - shift, one) * factor;
        }
        double sum = ScalarReduce.absSum(dx, dxOffset, length) + EPSILON;
        float share = (float) (1 / sum);
        ScalarPasses.share(dx, dxOffset, length, share);
        double dot = ScalarReduce.dot(g, gOffset, dx, dxOffset, length);
        if (nothingPicked(peak, dot)) {
            Arrays.fill(dx, dxOffset, dxOffset + length, 0f);
            return;
        }
        float mean = (float) dot;
        float none = 0f * mean;
        for (int i = 0; i < length; i++) {
            float value = x[xOffset + i];
            float e = Exponential.exp(value - peak) * share;
            dx[dxOffset + i] = e * (value > 0f ? g[gOffset + i] - mean : value < 0f ? mean : none);
        }
        addPeakTerm(x, xOffset, length, peak, dot / sum, dx, dxOffset);
    }

    /** Whether a row has nothing above 0, and no NaN: its gradient is 0. */
    public static boolean nothingPicked(float peak, double dot) {
        return !(peak > 0f) && dot == 0;
    }

    /** m is in the formula, and cancels but for ε: {@code −ε·G/S} goes to the first of the largest elements. */
    public static void addPeakTerm(
            float[] x, int xOffset, int length, float peak, double meanOverSum, float[] dx, int dxOffset) {
        for (int i = 0; i < length; i++) {
            if (x[xOffset + i] == peak) {
                dx[dxOffset + i] -= (float) (EPSILON * meanOverSum);
                return;
            }
        }
    }

    static void rectifiedSoftpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        ColumnStrip strip = ColumnStrip.take();
        for (int c = 0; c < columns; c += COLUMNS) {
            int width = Math.min(COLUMNS, columns - c);
            ScalarPasses.largest(x, xOffset + c, length, columns, width, 1f, strip);
            for (int j = 0; j < width; j++) {
                strip.factors[j] = factor(strip.peaks[j]);
                strip.peaks[j] = shift(strip.peaks[j]);
            }
            Arrays.fill(strip.sums, 0);
            for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
                int rows = Math.min(VirtualLanes.BLOCK, length - i);
                int at = i * columns + c;
                differences(x, xOffset + at, out, outOffset + at, rows, columns, width, strip);
                strip.foldBlock(rows);
            }
            for (int j = 0; j < width; j++) {
                strip.shares[j] = (float) (1 / (strip.sums[j] + EPSILON));
            }
            ScalarPasses.share(out, outOffset + c, length, columns, width, strip);
        }
        strip.giveBack();
    }

    private static void differences(
            float[] x, int xo, float[] out, int oo, int rows, int columns, int width, ColumnStrip strip) {
        float[] lanes = strip.lanes;
        for (int i = 0; i < rows; i++) {
            int at = i * columns;
            int lane = ColumnStrip.lane(i);
            for (int c = 0; c < width; c++) {
                float shift = strip.peaks[c];
                float d = Exponential.expMinus(x[xo + at + c] - shift, shift > 0f ? 0f : 1f) * strip.factors[c];
                out[oo + at + c] = d;
                lanes[lane + c] = i < VirtualLanes.COUNT ? Math.abs(d) : lanes[lane + c] + Math.abs(d);
            }
        }
    }
}
