package dev.softpick.kernels.vector;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.REINTERPRET_I2F;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row times weights in bfloat16, decoded in registers, and the decoding of a part of a panel for many rows. An int
 * holds a column of two vectors: moved up, and without its lower half, it is each of the two floats.
 */
final class VectorBFloat16 {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;

    /** Pairs of vectors in a row of a panel, and ints in it. */
    private static final int PAIRS = NR / (2 * LANES);

    private static final int STEP = NR / 2;
    private static final int UPPER = 0xffff0000;

    private VectorBFloat16() {}

    /** {@code c = bias + a · w}. */
    static void row(float[] a, int ao, BFloat16Panels w, float[] c, int co) {
        int column = 0;
        for (; column <= w.n() - VectorGemv.VECTORS * LANES; column += VectorGemv.VECTORS * LANES) {
            eight(a, ao, w, column, c, co);
        }
        for (; column < w.n(); column += LANES) {
            one(a, ao, w, column, c, co);
        }
    }

    private static void eight(float[] a, int ao, BFloat16Panels w, int column, float[] c, int co) {
        int[] b = w.values();
        float[] bias = w.bias();
        int p = column / NR;
        int o0 = w.offset(p + 0 / PAIRS) + 0 % PAIRS * LANES;
        int o1 = w.offset(p + 1 / PAIRS) + 1 % PAIRS * LANES;
        int o2 = w.offset(p + 2 / PAIRS) + 2 % PAIRS * LANES;
        int o3 = w.offset(p + 3 / PAIRS) + 3 % PAIRS * LANES;
        int at = w.initialOffset(p);
        FloatVector c0 = FloatVector.fromArray(SPECIES, bias, at);
        FloatVector c1 = FloatVector.fromArray(SPECIES, bias, at + LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, bias, at + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, bias, at + 3 * LANES);
        FloatVector c4 = FloatVector.fromArray(SPECIES, bias, at + 4 * LANES);
        FloatVector c5 = FloatVector.fromArray(SPECIES, bias, at + 5 * LANES);
        FloatVector c6 = FloatVector.fromArray(SPECIES, bias, at + 6 * LANES);
        FloatVector c7 = FloatVector.fromArray(SPECIES, bias, at + 7 * LANES);
        for (int i = 0, k = w.k(), step = 0; i < k; i++, step += STEP) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[ao + i]);
            IntVector pair = IntVector.fromArray(INTS, b, o0 + step);
            c0 = x.fma(lower(pair), c0);
            c1 = x.fma(upper(pair), c1);
            pair = IntVector.fromArray(INTS, b, o1 + step);
            c2 = x.fma(lower(pair), c2);
            c3 = x.fma(upper(pair), c3);
            pair = IntVector.fromArray(INTS, b, o2 + step);
            c4 = x.fma(lower(pair), c4);
            c5 = x.fma(upper(pair), c5);
            pair = IntVector.fromArray(INTS, b, o3 + step);
            c6 = x.fma(lower(pair), c6);
            c7 = x.fma(upper(pair), c7);
        }
        int to = co + column;
        c0.intoArray(c, to);
        c1.intoArray(c, to + LANES);
        c2.intoArray(c, to + 2 * LANES);
        c3.intoArray(c, to + 3 * LANES);
        c4.intoArray(c, to + 4 * LANES);
        c5.intoArray(c, to + 5 * LANES);
        c6.intoArray(c, to + 6 * LANES);
        c7.intoArray(c, to + 7 * LANES);
    }

    /** The columns that are left, a vector at a time. */
    private static void one(float[] a, int ao, BFloat16Panels w, int column, float[] c, int co) {
        int[] b = w.values();
        int offset = w.offset(column / NR) + w.place(column % NR);
        int shift = w.shift(column % NR);
        FloatVector sum = FloatVector.fromArray(SPECIES, w.bias(), w.initialOffset(0) + column);
        for (int i = 0, k = w.k(); i < k; i++) {
            IntVector pair = IntVector.fromArray(INTS, b, offset + i * STEP);
            FloatVector v = lower(pair.lanewise(LSHR, shift));
            sum = FloatVector.broadcast(SPECIES, a[ao + i]).fma(v, sum);
        }
        VectorMask<Float> mask = SPECIES.indexInRange(column, w.n());
        sum.intoArray(c, co + column, mask);
    }

    /** Rows {@code from} to {@code from + rows − 1} of panel {@code p} as floats, behind {@link Panels#LEAD}. */
    static void decode(BFloat16Panels w, int p, int from, int rows, float[] to) {
        int[] b = w.values();
        int at = w.offset(p) + from * STEP;
        for (int i = 0, out = Panels.LEAD; i < rows * STEP; i += LANES, out += 2 * LANES) {
            IntVector pair = IntVector.fromArray(INTS, b, at + i);
            lower(pair).intoArray(to, out);
            upper(pair).intoArray(to, out + LANES);
        }
    }

    private static FloatVector lower(IntVector pair) {
        return (FloatVector) pair.lanewise(LSHL, Short.SIZE).convert(REINTERPRET_I2F, 0);
    }

    private static FloatVector upper(IntVector pair) {
        return (FloatVector) pair.and(UPPER).convert(REINTERPRET_I2F, 0);
    }
}
