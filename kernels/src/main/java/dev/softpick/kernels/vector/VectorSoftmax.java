package dev.softpick.kernels.vector;

import static dev.softpick.kernels.layout.ColumnStrip.COLUMNS;
import static dev.softpick.kernels.numerics.Exponential.C2;
import static dev.softpick.kernels.numerics.Exponential.C3;
import static dev.softpick.kernels.numerics.Exponential.C4;
import static dev.softpick.kernels.numerics.Exponential.C5;
import static dev.softpick.kernels.numerics.Exponential.C6;
import static dev.softpick.kernels.numerics.Exponential.FRACTION_BITS;
import static dev.softpick.kernels.numerics.Exponential.LN2_HIGH;
import static dev.softpick.kernels.numerics.Exponential.LN2_LOW;
import static dev.softpick.kernels.numerics.Exponential.LOG2_E;
import static dev.softpick.kernels.numerics.Exponential.LOWEST;
import static dev.softpick.kernels.numerics.Exponential.MAGIC;

import dev.softpick.kernels.layout.ColumnStrip;
import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarSoftmax;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Softmax: the largest element, the exponentials with their sum block by block, and the multiplication with the
 * reciprocal. {@code scale·x} is largest where {@code x} is, or {@code −x} for a negative scale.
 */
final class VectorSoftmax {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorSoftmax() {}

    static void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        float sign = scale < 0f ? -1f : 1f;
        float peak = sign * VectorPasses.largest(x, xOffset, length, sign);
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            exponentials(x, xOffset + i, out, outOffset + i, n, peak, scale);
            sum += VectorReduce.absSum(out, outOffset + i, n);
        }
        VectorPasses.share(out, outOffset, length, (float) (1 / sum));
    }

    /** The steps of {@code ScalarSoftmax.backward}. */
    static double backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        softmax(x, xOffset, dx, dxOffset, length, scale);
        float mean = (float) VectorDot.dot(g, gOffset, dx, dxOffset, length);
        weigh(g, gOffset, length, mean, dx, dxOffset);
        double dot = VectorDot.dot(x, xOffset, dx, dxOffset, length);
        double ofScale = Double.isNaN(dot) ? ScalarSoftmax.dotWithoutMasked(x, xOffset, dx, dxOffset, length) : dot;
        VectorPasses.scale(dx, dxOffset, scale, dx, dxOffset, length);
        return ofScale;
    }

    /** {@code dx = dx·(g − mean)}. */
    private static void weigh(float[] g, int go, int n, float mean, float[] dx, int dxo) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector difference = FloatVector.fromArray(SPECIES, g, go + i).sub(mean);
            FloatVector.fromArray(SPECIES, dx, dxo + i).mul(difference).intoArray(dx, dxo + i);
        }
        if (i < n) {
            VectorMask<Float> mask = SPECIES.indexInRange(i, n);
            FloatVector difference = FloatVector.fromArray(SPECIES, g, go + i, mask).sub(mean);
            FloatVector.fromArray(SPECIES, dx, dxo + i, mask).mul(difference).intoArray(dx, dxo + i, mask);
        }
    }

    static void softmaxColumns(
            float[] x, int xOffset, float[] out, int outOffset, int length, int columns, float scale) {
        float sign = scale < 0f ? -1f : 1f;
        ColumnStrip strip = ColumnStrip.take();
        for (int c = 0; c < columns; c += COLUMNS) {
            int width = Math.min(COLUMNS, columns - c);
            VectorPasses.largest(x, xOffset + c, length, columns, width, sign, strip);
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
            VectorPasses.share(out, outOffset + c, length, columns, width, strip);
        }
        strip.giveBack();
    }

    /** {@code out = e^((x − peak)·scale)} in the order of {@code Exponential}. */
    static void exponentials(float[] x, int xo, float[] out, int oo, int length, float peak, float scale) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + i).sub(peak).mul(scale);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2))
                    .fma(r, one)
                    .fma(r, one);
            q.mul(k.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats())
                    .blend(0f, y.compare(VectorOperators.LT, LOWEST))
                    .intoArray(out, oo + i);
        }
        if (full < length) {
            VectorMask<Float> rest = SPECIES.indexInRange(full, length);
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + full, rest).sub(peak).mul(scale);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2))
                    .fma(r, one)
                    .fma(r, one);
            q.mul(k.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats())
                    .blend(0f, y.compare(VectorOperators.LT, LOWEST))
                    .intoArray(out, oo + full, rest);
        }
    }

    /** The same for the rows of a block in a strip; adds them to its lanes. */
    private static void exponentials(
            float[] x, int xo, float[] out, int oo, int rows, int columns, int width, float scale, ColumnStrip strip) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        float[] lanes = strip.lanes;
        int tile = ColumnStrip.tileRows(columns);
        for (int first = 0; first < rows; first += tile) {
            int last = Math.min(first + tile, rows);
            for (int c = 0; c < width; c += LANES) {
                boolean whole = c <= width - LANES;
                VectorMask<Float> mask = SPECIES.indexInRange(c, width);
                FloatVector peak = FloatVector.fromArray(SPECIES, strip.peaks, c);
                for (int i = first; i < last; i++) {
                    int at = i * columns + c;
                    FloatVector y = whole
                            ? FloatVector.fromArray(SPECIES, x, xo + at)
                            : FloatVector.fromArray(SPECIES, x, xo + at, mask);
                    y = y.sub(peak).mul(scale);
                    FloatVector k =
                            y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
                    FloatVector n = k.sub(MAGIC);
                    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
                    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
                    FloatVector q = FloatVector.broadcast(SPECIES, C6)
                            .fma(r, FloatVector.broadcast(SPECIES, C5))
                            .fma(r, FloatVector.broadcast(SPECIES, C4))
                            .fma(r, FloatVector.broadcast(SPECIES, C3))
                            .fma(r, FloatVector.broadcast(SPECIES, C2))
                            .fma(r, one)
                            .fma(r, one);
                    FloatVector e = k.reinterpretAsInts()
                            .lanewise(VectorOperators.LSHL, FRACTION_BITS)
                            .reinterpretAsFloats()
                            .mul(q)
                            .blend(0f, y.compare(VectorOperators.LT, LOWEST));
                    if (whole) {
                        e.intoArray(out, oo + at);
                    } else {
                        e.intoArray(out, oo + at, mask);
                    }
                    int lane = ColumnStrip.lane(i) + c;
                    if (i >= VirtualLanes.COUNT) {
                        e = e.add(FloatVector.fromArray(SPECIES, lanes, lane));
                    }
                    e.intoArray(lanes, lane);
                }
            }
        }
    }
}
