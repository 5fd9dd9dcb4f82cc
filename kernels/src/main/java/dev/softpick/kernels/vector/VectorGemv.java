package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row times a packed matrix, limited by how fast B can be read: eight accumulators, that is as many panels side by
 * side as make eight vectors, keep enough loads under way to reach the read bandwidth.
 */
final class VectorGemv {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;
    private static final int NV = NR / LANES;

    /** Vectors, and so accumulators, side by side. */
    static final int VECTORS = 8;

    private VectorGemv() {}

    /** {@code c = bias + a · w}. */
    static void row(float[] a, int ao, Panels w, float[] c, int co) {
        int column = 0;
        for (; column <= w.n() - VECTORS * LANES; column += VECTORS * LANES) {
            eight(a, ao, w, column, c, co);
        }
        for (; column < w.n(); column += LANES) {
            one(a, ao, w, column, c, co);
        }
    }

    private static void eight(float[] a, int ao, Panels w, int column, float[] c, int co) {
        float[] b = w.values();
        float[] bias = w.bias();
        int p = column / NR;
        int o0 = w.offset(p + 0 / NV) + 0 % NV * LANES;
        int o1 = w.offset(p + 1 / NV) + 1 % NV * LANES;
        int o2 = w.offset(p + 2 / NV) + 2 % NV * LANES;
        int o3 = w.offset(p + 3 / NV) + 3 % NV * LANES;
        int o4 = w.offset(p + 4 / NV) + 4 % NV * LANES;
        int o5 = w.offset(p + 5 / NV) + 5 % NV * LANES;
        int o6 = w.offset(p + 6 / NV) + 6 % NV * LANES;
        int o7 = w.offset(p + 7 / NV) + 7 % NV * LANES;
        int at = w.biasOffset(p);
        FloatVector c0 = FloatVector.fromArray(SPECIES, bias, at);
        FloatVector c1 = FloatVector.fromArray(SPECIES, bias, at + LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, bias, at + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, bias, at + 3 * LANES);
        FloatVector c4 = FloatVector.fromArray(SPECIES, bias, at + 4 * LANES);
        FloatVector c5 = FloatVector.fromArray(SPECIES, bias, at + 5 * LANES);
        FloatVector c6 = FloatVector.fromArray(SPECIES, bias, at + 6 * LANES);
        FloatVector c7 = FloatVector.fromArray(SPECIES, bias, at + 7 * LANES);
        for (int i = 0, k = w.k(), step = 0; i < k; i++, step += NR) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[ao + i]);
            c0 = x.fma(FloatVector.fromArray(SPECIES, b, o0 + step), c0);
            c1 = x.fma(FloatVector.fromArray(SPECIES, b, o1 + step), c1);
            c2 = x.fma(FloatVector.fromArray(SPECIES, b, o2 + step), c2);
            c3 = x.fma(FloatVector.fromArray(SPECIES, b, o3 + step), c3);
            c4 = x.fma(FloatVector.fromArray(SPECIES, b, o4 + step), c4);
            c5 = x.fma(FloatVector.fromArray(SPECIES, b, o5 + step), c5);
            c6 = x.fma(FloatVector.fromArray(SPECIES, b, o6 + step), c6);
            c7 = x.fma(FloatVector.fromArray(SPECIES, b, o7 + step), c7);
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

    /** The columns that are left: a vector at a time, in a method of its own, or C2 gives up on inlining the other. */
    private static void one(float[] a, int ao, Panels w, int column, float[] c, int co) {
        float[] b = w.values();
        int offset = w.offset(column / NR) + column % NR;
        FloatVector sum = FloatVector.fromArray(SPECIES, w.bias(), w.biasOffset(0) + column);
        for (int i = 0, k = w.k(); i < k; i++) {
            sum = FloatVector.broadcast(SPECIES, a[ao + i])
                    .fma(FloatVector.fromArray(SPECIES, b, offset + i * NR), sum);
        }
        VectorMask<Float> mask = SPECIES.indexInRange(column, w.n());
        sum.intoArray(c, co + column, mask);
    }
}
