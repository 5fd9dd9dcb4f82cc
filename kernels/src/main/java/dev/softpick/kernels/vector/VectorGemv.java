package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.Panels;
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

    /** Vectors, and so accumulators, of one pass. */
    private static final int VECTORS = 8;

    private VectorGemv() {}

    /** {@code c = bias + a · w}, or with {@link MicroKernel#ADD} {@code c = addend + (bias + a · w)}. */
    static void row(float[] a, int ao, Panels w, float[] addend, int eo, float[] c, int co, int epilogue) {
        int last = w.count() - 1;
        for (int p = 0; p <= last; p += VECTORS / NV) {
            pass(a, ao, w, p, last, addend, eo, c, co, epilogue);
        }
    }

    /** The panels from {@code p} on; where they end early, the last one is computed again and not stored. */
    private static void pass(
            float[] a, int ao, Panels w, int p, int last, float[] addend, int eo, float[] c, int co, int epilogue) {
        float[] b = w.values();
        float[] bias = w.bias();
        int k = w.k();
        int p0 = Math.min(p + 0 / NV, last);
        int p1 = Math.min(p + 1 / NV, last);
        int p2 = Math.min(p + 2 / NV, last);
        int p3 = Math.min(p + 3 / NV, last);
        int p4 = Math.min(p + 4 / NV, last);
        int p5 = Math.min(p + 5 / NV, last);
        int p6 = Math.min(p + 6 / NV, last);
        int p7 = Math.min(p + 7 / NV, last);
        int o0 = w.offset(p0) + 0 % NV * LANES;
        int o1 = w.offset(p1) + 1 % NV * LANES;
        int o2 = w.offset(p2) + 2 % NV * LANES;
        int o3 = w.offset(p3) + 3 % NV * LANES;
        int o4 = w.offset(p4) + 4 % NV * LANES;
        int o5 = w.offset(p5) + 5 % NV * LANES;
        int o6 = w.offset(p6) + 6 % NV * LANES;
        int o7 = w.offset(p7) + 7 % NV * LANES;
        FloatVector c0 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p0) + 0 % NV * LANES);
        FloatVector c1 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p1) + 1 % NV * LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p2) + 2 % NV * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p3) + 3 % NV * LANES);
        FloatVector c4 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p4) + 4 % NV * LANES);
        FloatVector c5 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p5) + 5 % NV * LANES);
        FloatVector c6 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p6) + 6 % NV * LANES);
        FloatVector c7 = FloatVector.fromArray(SPECIES, bias, w.biasOffset(p7) + 7 % NV * LANES);
        for (int i = 0, step = 0; i < k; i++, step += NR) {
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
        int left = w.n() - p * NR;
        int to = co + p * NR;
        int from = eo + p * NR;
        VectorMask<Float> m0 = SPECIES.indexInRange(0, left);
        VectorMask<Float> m1 = SPECIES.indexInRange(LANES, left);
        VectorMask<Float> m2 = SPECIES.indexInRange(2 * LANES, left);
        VectorMask<Float> m3 = SPECIES.indexInRange(3 * LANES, left);
        VectorMask<Float> m4 = SPECIES.indexInRange(4 * LANES, left);
        VectorMask<Float> m5 = SPECIES.indexInRange(5 * LANES, left);
        VectorMask<Float> m6 = SPECIES.indexInRange(6 * LANES, left);
        VectorMask<Float> m7 = SPECIES.indexInRange(7 * LANES, left);
        if (epilogue == MicroKernel.ADD) {
            c0 = FloatVector.fromArray(SPECIES, addend, from, m0).add(c0);
            c1 = FloatVector.fromArray(SPECIES, addend, from + LANES, m1).add(c1);
            c2 = FloatVector.fromArray(SPECIES, addend, from + 2 * LANES, m2).add(c2);
            c3 = FloatVector.fromArray(SPECIES, addend, from + 3 * LANES, m3).add(c3);
            c4 = FloatVector.fromArray(SPECIES, addend, from + 4 * LANES, m4).add(c4);
            c5 = FloatVector.fromArray(SPECIES, addend, from + 5 * LANES, m5).add(c5);
            c6 = FloatVector.fromArray(SPECIES, addend, from + 6 * LANES, m6).add(c6);
            c7 = FloatVector.fromArray(SPECIES, addend, from + 7 * LANES, m7).add(c7);
        }
        if (left >= VECTORS * LANES) {
            c0.intoArray(c, to);
            c1.intoArray(c, to + LANES);
            c2.intoArray(c, to + 2 * LANES);
            c3.intoArray(c, to + 3 * LANES);
            c4.intoArray(c, to + 4 * LANES);
            c5.intoArray(c, to + 5 * LANES);
            c6.intoArray(c, to + 6 * LANES);
            c7.intoArray(c, to + 7 * LANES);
        } else {
            c0.intoArray(c, to, m0);
            c1.intoArray(c, to + LANES, m1);
            c2.intoArray(c, to + 2 * LANES, m2);
            c3.intoArray(c, to + 3 * LANES, m3);
            c4.intoArray(c, to + 4 * LANES, m4);
            c5.intoArray(c, to + 5 * LANES, m5);
            c6.intoArray(c, to + 6 * LANES, m6);
            c7.intoArray(c, to + 7 * LANES, m7);
        }
    }
}
