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
import dev.softpick.kernels.scalar.ScalarRectifiedSoftpick;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Rectified softpick in the steps of {@link ScalarRectifiedSoftpick}. */
final class VectorRectifiedSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorRectifiedSoftpick() {}

    static void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        float peak = VectorPasses.largest(x, xOffset, length, 1f);
        float shift = ScalarRectifiedSoftpick.shift(peak);
        float factor = ScalarRectifiedSoftpick.factor(peak);
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            differences(x, xOffset + i, out, outOffset + i, n, shift, factor);
            sum += VectorReduce.absSum(out, outOffset + i, n);
        }
        VectorPasses.share(out, outOffset, length, (float) (1 / (sum + ScalarRectifiedSoftpick.EPSILON)));
    }

    /** The steps of {@link ScalarRectifiedSoftpick}'s. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        float peak = VectorPasses.largest(x, xOffset, length, 1f);
        differences(
                x, xOffset, dx, dxOffset, length, ScalarRectifiedSoftpick.shift(peak),
                ScalarRectifiedSoftpick.factor(peak));
        double sum = VectorReduce.absSum(dx, dxOffset, length) + ScalarRectifiedSoftpick.EPSILON;
        float share = (float) (1 / sum);
        VectorPasses.share(dx, dxOffset, length, share);
        double dot = VectorDot.dot(g, gOffset, dx, dxOffset, length);
        if (ScalarRectifiedSoftpick.nothingPicked(peak, dot)) {
            Arrays.fill(dx, dxOffset, dxOffset + length, 0f);
            return;
        }
        VectorSoftmax.exponentials(x, xOffset, dx, dxOffset, length, peak, 1f);
        weigh(x, xOffset, g, gOffset, length, (float) dot, share, dx, dxOffset);
        ScalarRectifiedSoftpick.addPeakTerm(x, xOffset, length, peak, dot / sum, dx, dxOffset);
    }

    /** {@code dx = dx·share·(g − mean)} where x is above 0, {@code dx·share·mean} where it is below. */
    private static void weigh(
            float[] x, int xo, float[] g, int go, int n, float mean, float share, float[] dx, int dxo) {
        FloatVector none = FloatVector.broadcast(SPECIES, 0f * mean);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, xo + i);
            FloatVector difference = FloatVector.fromArray(SPECIES, g, go + i).sub(mean);
            FloatVector part = none.blend(difference, value.compare(VectorOperators.GT, 0f))
                    .blend(mean, value.compare(VectorOperators.LT, 0f));
            FloatVector.fromArray(SPECIES, dx, dxo + i).mul(share).mul(part).intoArray(dx, dxo + i);
        }
        if (i < n) {
            VectorMask<Float> mask = SPECIES.indexInRange(i, n);
            FloatVector value = FloatVector.fromArray(SPECIES, x, xo + i, mask);
            FloatVector difference = FloatVector.fromArray(SPECIES, g, go + i, mask).sub(mean);
            FloatVector part = none.blend(difference, value.compare(VectorOperators.GT, 0f))
                    .blend(mean, value.compare(VectorOperators.LT, 0f));
            FloatVector.fromArray(SPECIES, dx, dxo + i, mask).mul(share).mul(part).intoArray(dx, dxo + i, mask);
        }
    }

    static void rectifiedSoftpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        ColumnStrip strip = ColumnStrip.take();
        for (int c = 0; c < columns; c += COLUMNS) {
            int width = Math.min(COLUMNS, columns - c);
            VectorPasses.largest(x, xOffset + c, length, columns, width, 1f, strip);
            for (int j = 0; j < width; j++) {
                strip.factors[j] = ScalarRectifiedSoftpick.factor(strip.peaks[j]);
                strip.peaks[j] = ScalarRectifiedSoftpick.shift(strip.peaks[j]);
            }
            Arrays.fill(strip.sums, 0);
            for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
                int rows = Math.min(VirtualLanes.BLOCK, length - i);
                int at = i * columns + c;
                differences(x, xOffset + at, out, outOffset + at, rows, columns, width, strip);
                strip.foldBlock(rows);
            }
            for (int j = 0; j < width; j++) {
                strip.shares[j] = (float) (1 / (strip.sums[j] + ScalarRectifiedSoftpick.EPSILON));
            }
            VectorPasses.share(out, outOffset + c, length, columns, width, strip);
        }
        strip.giveBack();
    }

    /** {@code out = factor·(e^(x − shift) − one)} in the order of {@code Exponential}. */
    static void differences(float[] x, int xo, float[] out, int oo, int length, float shift, float factor) {
        FloatVector one = FloatVector.broadcast(SPECIES, shift > 0f ? 0f : 1f);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + i).sub(shift);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2));
            FloatVector s = k.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats();
            s.fma(q.mul(r).fma(r, r), s.sub(one))
                    .blend(one.neg(), y.compare(VectorOperators.LT, LOWEST))
                    .mul(factor)
                    .intoArray(out, oo + i);
        }
        if (full < length) {
            VectorMask<Float> rest = SPECIES.indexInRange(full, length);
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + full, rest).sub(shift);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2));
            FloatVector s = k.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats();
            s.fma(q.mul(r).fma(r, r), s.sub(one))
                    .blend(one.neg(), y.compare(VectorOperators.LT, LOWEST))
                    .mul(factor)
                    .intoArray(out, oo + full, rest);
        }
    }

    /** The same for the rows of a block in a strip; adds the magnitudes to its lanes. */
    private static void differences(
            float[] x, int xo, float[] out, int oo, int rows, int columns, int width, ColumnStrip strip) {
        float[] lanes = strip.lanes;
        int tile = ColumnStrip.tileRows(columns);
        for (int first = 0; first < rows; first += tile) {
            int last = Math.min(first + tile, rows);
            for (int c = 0; c < width; c += LANES) {
                boolean whole = c <= width - LANES;
                VectorMask<Float> mask = SPECIES.indexInRange(c, width);
                FloatVector factor = FloatVector.fromArray(SPECIES, strip.factors, c);
                FloatVector shift = FloatVector.fromArray(SPECIES, strip.peaks, c);
                FloatVector one = FloatVector.broadcast(SPECIES, 1f).blend(0f, shift.compare(VectorOperators.GT, 0f));
                for (int i = first; i < last; i++) {
                    int at = i * columns + c;
                    FloatVector y = whole
                            ? FloatVector.fromArray(SPECIES, x, xo + at)
                            : FloatVector.fromArray(SPECIES, x, xo + at, mask);
                    y = y.sub(shift);
                    FloatVector k =
                            y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
                    FloatVector n = k.sub(MAGIC);
                    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
                    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
                    FloatVector q = FloatVector.broadcast(SPECIES, C6)
                            .fma(r, FloatVector.broadcast(SPECIES, C5))
                            .fma(r, FloatVector.broadcast(SPECIES, C4))
                            .fma(r, FloatVector.broadcast(SPECIES, C3))
                            .fma(r, FloatVector.broadcast(SPECIES, C2));
                    FloatVector s = k.reinterpretAsInts()
                            .lanewise(VectorOperators.LSHL, FRACTION_BITS)
                            .reinterpretAsFloats();
                    FloatVector d = s.fma(q.mul(r).fma(r, r), s.sub(one))
                            .blend(one.neg(), y.compare(VectorOperators.LT, LOWEST))
                            .mul(factor);
                    if (whole) {
                        d.intoArray(out, oo + at);
                    } else {
                        d.intoArray(out, oo + at, mask);
                    }
                    int lane = ColumnStrip.lane(i) + c;
                    FloatVector magnitude = d.abs();
                    if (i >= VirtualLanes.COUNT) {
                        magnitude = magnitude.add(FloatVector.fromArray(SPECIES, lanes, lane));
                    }
                    magnitude.intoArray(lanes, lane);
                }
            }
        }
    }
}
