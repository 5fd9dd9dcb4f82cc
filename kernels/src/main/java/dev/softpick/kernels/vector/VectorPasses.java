package dev.softpick.kernels.vector;

import dev.softpick.kernels.scalar.ScalarPasses;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The first and the last pass of the normalizers. The scalar kernel, which has the same bits, finishes what is left
 * behind the last whole vector of an element-wise pass.
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

    /** {@code x = max(x, 0)·factor}; all NaN where the factor is. */
    static void scalePositive(float[] x, int offset, int length, float factor) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, offset + i);
            FloatVector.zero(SPECIES)
                    .blend(value, value.compare(VectorOperators.GT, 0f))
                    .mul(factor)
                    .intoArray(x, offset + i);
        }
        if (full < length) {
            ScalarPasses.scalePositive(x, offset + full, length - full, factor);
        }
    }

    /**
     * {@code out = x·factor}; out may be x. Forwards: backwards, block by block, what a sum read last is still in a
     * cache, but 64 MB of rows took 1.6 times as long, and a row that fits in L2 no less.
     */
    static void scale(float[] x, int xOffset, float factor, float[] out, int outOffset, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).mul(factor).intoArray(out, outOffset + i);
        }
        if (full < length) {
            ScalarPasses.scale(x, xOffset + full, factor, out, outOffset + full, length - full);
        }
    }

    /** {@code out = x·y}; out may be either. */
    static void multiply(float[] x, int xo, float[] y, int yo, float[] out, int oo, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xo + i)
                    .mul(FloatVector.fromArray(SPECIES, y, yo + i))
                    .intoArray(out, oo + i);
        }
        if (full < length) {
            ScalarPasses.multiply(x, xo + full, y, yo + full, out, oo + full, length - full);
        }
    }

    /** {@code sums = x + sums}. */
    static void add(float[] x, int xo, float[] sums, int so, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xo + i)
                    .add(FloatVector.fromArray(SPECIES, sums, so + i))
                    .intoArray(sums, so + i);
        }
        if (full < length) {
            ScalarPasses.add(x, xo + full, sums, so + full, length - full);
        }
    }

    /** {@code sums += |x|}. */
    static void addAbsolute(float[] x, int xo, float[] sums, int so, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, sums, so + i)
                    .add(FloatVector.fromArray(SPECIES, x, xo + i).abs())
                    .intoArray(sums, so + i);
        }
        if (full < length) {
            ScalarPasses.addAbsolute(x, xo + full, sums, so + full, length - full);
        }
    }
}
