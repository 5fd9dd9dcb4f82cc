package dev.softpick.kernels.vector;

import static dev.softpick.kernels.layout.ColumnStrip.COLUMNS;

import dev.softpick.kernels.layout.ColumnStrip;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The first and the last pass of the normalizers with an exponential. Columns go by strips of up to 64; a vector that
 * reaches over the strip's end is read and written through a mask, its numbers in the strip have room.
 *
 * <p>The largest is found by compare and blend: two instructions where {@code max} needs five for its NaN and −0.
 */
final class VectorPasses {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorPasses() {}

    /** The largest of {@code sign·x}, NaN left out; −∞ for none. */
    static float largest(float[] x, int offset, int length, float sign) {
        FloatVector a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector b = a;
        int i = 0;
        for (; i <= length - 2 * LANES; i += 2 * LANES) {
            FloatVector u = FloatVector.fromArray(SPECIES, x, offset + i).mul(sign);
            FloatVector v = FloatVector.fromArray(SPECIES, x, offset + i + LANES).mul(sign);
            a = a.blend(u, u.compare(VectorOperators.GT, a));
            b = b.blend(v, v.compare(VectorOperators.GT, b));
        }
        for (; i < length; i += LANES) {
            VectorMask<Float> rest = SPECIES.indexInRange(i, length);
            FloatVector u = FloatVector.fromArray(SPECIES, x, offset + i, rest).mul(sign);
            a = a.blend(u, u.compare(VectorOperators.GT, a).and(rest));
        }
        return a.blend(b, b.compare(VectorOperators.GT, a)).reduceLanes(VectorOperators.MAX);
    }

    /** The same for each column of a strip, into its peaks. */
    static void largest(float[] x, int offset, int length, int columns, int width, float sign, ColumnStrip strip) {
        Arrays.fill(strip.peaks, 0, COLUMNS, Float.NEGATIVE_INFINITY);
        int tile = ColumnStrip.tileRows(columns);
        for (int first = 0; first < length; first += tile) {
            int last = Math.min(first + tile, length);
            for (int c = 0; c < width; c += LANES) {
                boolean whole = c <= width - LANES;
                VectorMask<Float> mask = SPECIES.indexInRange(c, width);
                FloatVector peak = FloatVector.fromArray(SPECIES, strip.peaks, c);
                for (int i = first; i < last; i++) {
                    int at = offset + i * columns + c;
                    FloatVector value = whole
                            ? FloatVector.fromArray(SPECIES, x, at)
                            : FloatVector.fromArray(SPECIES, x, at, mask);
                    value = value.mul(sign);
                    peak = peak.blend(value, value.compare(VectorOperators.GT, peak));
                }
                peak.intoArray(strip.peaks, c);
            }
        }
    }

    /** {@code x = max(x, 0)·share}; all NaN where the share is. */
    static void share(float[] x, int offset, int length, float share) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, offset + i);
            FloatVector.zero(SPECIES)
                    .blend(value, value.compare(VectorOperators.GT, 0f))
                    .mul(share)
                    .intoArray(x, offset + i);
        }
        if (full < length) {
            VectorMask<Float> rest = SPECIES.indexInRange(full, length);
            FloatVector value = FloatVector.fromArray(SPECIES, x, offset + full, rest);
            FloatVector.zero(SPECIES)
                    .blend(value, value.compare(VectorOperators.GT, 0f))
                    .mul(share)
                    .intoArray(x, offset + full, rest);
        }
    }

    /**
     * {@code out = x·factor}; out may be x. Forwards: backwards, block by block, what a sum read last is still in a cache, but
     * 64 MB of rows took 1.6 times as long, and a row that fits in L2 no less.
     */
    static void scale(float[] x, int xOffset, float factor, float[] out, int outOffset, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).mul(factor).intoArray(out, outOffset + i);
        }
        if (full < length) {
            VectorMask<Float> rest = SPECIES.indexInRange(full, length);
            FloatVector.fromArray(SPECIES, x, xOffset + full, rest).mul(factor).intoArray(out, outOffset + full, rest);
        }
    }

    /** {@link #share} for each column of a strip with its own share. */
    static void share(float[] x, int offset, int length, int columns, int width, ColumnStrip strip) {
        int tile = ColumnStrip.tileRows(columns);
        for (int first = 0; first < length; first += tile) {
            int last = Math.min(first + tile, length);
            for (int c = 0; c < width; c += LANES) {
                boolean whole = c <= width - LANES;
                VectorMask<Float> mask = SPECIES.indexInRange(c, width);
                FloatVector share = FloatVector.fromArray(SPECIES, strip.shares, c);
                for (int i = first; i < last; i++) {
                    int at = offset + i * columns + c;
                    FloatVector value = whole
                            ? FloatVector.fromArray(SPECIES, x, at)
                            : FloatVector.fromArray(SPECIES, x, at, mask);
                    value = FloatVector.zero(SPECIES).blend(value, value.compare(VectorOperators.GT, 0f)).mul(share);
                    if (whole) {
                        value.intoArray(x, at);
                    } else {
                        value.intoArray(x, at, mask);
                    }
                }
            }
        }
    }
}
