package dev.softpick.kernels.vector;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row times weights of eight bits, decoded in registers, and the decoding of a part of a panel for many rows. A
 * vector comes from a narrow load and a conversion; there is no load of four bytes, so four vectors of four lanes come
 * from sixteen bytes by shifts.
 */
final class VectorInt8 {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;
    private static final int NV = NR / LANES;

    /** As many bytes as floats in a vector; at four lanes four times as many. */
    private static final VectorSpecies<Byte> BYTES = LANES == 8 ? ByteVector.SPECIES_64 : ByteVector.SPECIES_128;

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private VectorInt8() {}

    /** {@code c = fma(a · q, scale, bias)}. */
    static void row(float[] a, int ao, Int8Panels w, float[] c, int co) {
        int column = 0;
        for (; column <= w.n() - VectorGemv.VECTORS * LANES; column += VectorGemv.VECTORS * LANES) {
            if (LANES > 4) {
                eight(a, ao, w, column, c, co);
            } else {
                eightByShifts(a, ao, w, column, c, co);
            }
        }
        for (; column < w.n(); column += LANES) {
            one(a, ao, w, column, c, co);
        }
        scale(w, 0, c, co, 0, 1, w.n());
    }

    /** The sums of eight vectors of columns; scaling them here as well made C2 give up on inlining and box them. */
    private static void eight(float[] a, int ao, Int8Panels w, int column, float[] c, int co) {
        byte[] b = w.values();
        int p = column / NR;
        int o0 = w.offset(p + 0 / NV) + 0 % NV * LANES;
        int o1 = w.offset(p + 1 / NV) + 1 % NV * LANES;
        int o2 = w.offset(p + 2 / NV) + 2 % NV * LANES;
        int o3 = w.offset(p + 3 / NV) + 3 % NV * LANES;
        int o4 = w.offset(p + 4 / NV) + 4 % NV * LANES;
        int o5 = w.offset(p + 5 / NV) + 5 % NV * LANES;
        int o6 = w.offset(p + 6 / NV) + 6 % NV * LANES;
        int o7 = w.offset(p + 7 / NV) + 7 % NV * LANES;
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        FloatVector c4 = c0;
        FloatVector c5 = c0;
        FloatVector c6 = c0;
        FloatVector c7 = c0;
        for (int i = 0, k = w.k(), step = 0; i < k; i++, step += NR) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[ao + i]);
            c0 = x.fma(load(b, o0 + step), c0);
            c1 = x.fma(load(b, o1 + step), c1);
            c2 = x.fma(load(b, o2 + step), c2);
            c3 = x.fma(load(b, o3 + step), c3);
            c4 = x.fma(load(b, o4 + step), c4);
            c5 = x.fma(load(b, o5 + step), c5);
            c6 = x.fma(load(b, o6 + step), c6);
            c7 = x.fma(load(b, o7 + step), c7);
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

    private static void eightByShifts(float[] a, int ao, Int8Panels w, int column, float[] c, int co) {
        byte[] b = w.values();
        int p = column / NR;
        int o0 = w.offset(p);
        int o1 = w.offset(p + 1);
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        FloatVector c4 = c0;
        FloatVector c5 = c0;
        FloatVector c6 = c0;
        FloatVector c7 = c0;
        for (int i = 0, k = w.k(), step = 0; i < k; i++, step += NR) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[ao + i]);
            IntVector four = fours(b, o0 + step);
            c0 = x.fma(part(four, 0), c0);
            c1 = x.fma(part(four, 1), c1);
            c2 = x.fma(part(four, 2), c2);
            c3 = x.fma(part(four, 3), c3);
            four = fours(b, o1 + step);
            c4 = x.fma(part(four, 0), c4);
            c5 = x.fma(part(four, 1), c5);
            c6 = x.fma(part(four, 2), c6);
            c7 = x.fma(part(four, 3), c7);
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
    private static void one(float[] a, int ao, Int8Panels w, int column, float[] c, int co) {
        byte[] b = w.values();
        int inPanel = column % NR;
        int offset = w.offset(column / NR) + (LANES > 4 ? inPanel : 0);
        int part = inPanel / LANES;
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = 0, k = w.k(); i < k; i++) {
            FloatVector v = LANES > 4 ? load(b, offset + i * NR) : part(fours(b, offset + i * NR), part);
            sum = FloatVector.broadcast(SPECIES, a[ao + i]).fma(v, sum);
        }
        VectorMask<Float> mask = SPECIES.indexInRange(column, w.n());
        sum.intoArray(c, co + column, mask);
    }

    /** Rows {@code from} to {@code from + rows − 1} of panel {@code p} as floats, behind {@link Panels#LEAD}. */
    static void decode(Int8Panels w, int p, int from, int rows, float[] to) {
        byte[] b = w.values();
        int at = w.offset(p) + from * NR;
        if (LANES > 4) {
            for (int i = 0; i < rows * NR; i += LANES) {
                load(b, at + i).intoArray(to, Panels.LEAD + i);
            }
        } else {
            for (int i = 0; i < rows * NR; i += 4 * LANES) {
                IntVector four = fours(b, at + i);
                part(four, 0).intoArray(to, Panels.LEAD + i);
                part(four, 1).intoArray(to, Panels.LEAD + i + LANES);
                part(four, 2).intoArray(to, Panels.LEAD + i + 2 * LANES);
                part(four, 3).intoArray(to, Panels.LEAD + i + 3 * LANES);
            }
        }
    }

    /**
     * {@code c = fma(c, scale, bias)} for {@code columns} columns from the first of panel {@code p} on, where the sums
     * over all rows of the weights stand.
     */
    static void scale(Int8Panels w, int p, float[] c, int co, int ldc, int m, int columns) {
        int at = w.columnOffset(p);
        int full = SPECIES.loopBound(columns);
        for (int row = 0; row < m; row++) {
            int to = co + row * ldc;
            for (int i = 0; i < full; i += LANES) {
                FloatVector.fromArray(SPECIES, c, to + i)
                        .fma(
                                FloatVector.fromArray(SPECIES, w.scale(), at + i),
                                FloatVector.fromArray(SPECIES, w.bias(), at + i))
                        .intoArray(c, to + i);
            }
            for (int i = full; i < columns; i++) {
                c[to + i] = Math.fma(c[to + i], w.scale()[at + i], w.bias()[at + i]);
            }
        }
    }

    /** The same for all columns of a panel: scales and biases stay in registers, where {@link #scale} takes 1.02. */
    static void scalePanel(Int8Panels w, int p, float[] c, int co, int ldc, int m) {
        float[] scale = w.scale();
        float[] bias = w.bias();
        int at = w.columnOffset(p);
        FloatVector s0 = FloatVector.fromArray(SPECIES, scale, at);
        FloatVector s1 = FloatVector.fromArray(SPECIES, scale, at + LANES);
        FloatVector s2 = NV > 2 ? FloatVector.fromArray(SPECIES, scale, at + 2 * LANES) : s0;
        FloatVector s3 = NV > 2 ? FloatVector.fromArray(SPECIES, scale, at + 3 * LANES) : s0;
        FloatVector b0 = FloatVector.fromArray(SPECIES, bias, at);
        FloatVector b1 = FloatVector.fromArray(SPECIES, bias, at + LANES);
        FloatVector b2 = NV > 2 ? FloatVector.fromArray(SPECIES, bias, at + 2 * LANES) : b0;
        FloatVector b3 = NV > 2 ? FloatVector.fromArray(SPECIES, bias, at + 3 * LANES) : b0;
        for (int row = 0, to = co; row < m; row++, to += ldc) {
            FloatVector.fromArray(SPECIES, c, to).fma(s0, b0).intoArray(c, to);
            FloatVector.fromArray(SPECIES, c, to + LANES).fma(s1, b1).intoArray(c, to + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, c, to + 2 * LANES).fma(s2, b2).intoArray(c, to + 2 * LANES);
                FloatVector.fromArray(SPECIES, c, to + 3 * LANES).fma(s3, b3).intoArray(c, to + 3 * LANES);
            }
        }
    }

    private static FloatVector load(byte[] b, int at) {
        return (FloatVector) ByteVector.fromArray(BYTES, b, at).castShape(SPECIES, 0);
    }

    private static IntVector fours(byte[] b, int at) {
        return (IntVector) ByteVector.fromArray(BYTES, b, at).reinterpretShape(INTS, 0);
    }

    /** Byte {@code i} of each int, in the order in which they stand in memory. */
    private static FloatVector part(IntVector four, int i) {
        int left = 8 * (LITTLE_ENDIAN ? 3 - i : i);
        return (FloatVector) four.lanewise(LSHL, left).lanewise(ASHR, 24).convert(I2F, 0);
    }
}
