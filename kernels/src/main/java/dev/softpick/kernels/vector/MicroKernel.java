package dev.softpick.kernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one register tile behind every product: {@code C[MR, NR] = init + A[MR, k] · B[k, NR]}, all of C in registers.
 *
 * <p>Vectors run across the columns, and each element of C accumulates over k in increasing order with fused
 * multiply-add, so the bits depend on nothing but the numbers. A is row-major with any distance between rows; B is a
 * panel, its rows of NR floats one after the other: packed weights, packed keys, values, or a state.
 *
 * <p>One flat method: a helper that takes vectors makes C2 box the accumulators inside the loop (216 to 12 GFLOP/s).
 */
final class MicroKernel {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    /** Rows of a tile. Divides 60, the usual window; 6 × 4 beats 12 × 2, 14 × 2 and 8 × 3 where weights stream. */
    static final int MR = 6;

    /**
     * Vectors in a tile's row: 4 where there are 32 vector registers (24 accumulators + 4 of B + 1 of A), else 2.
     * x86 has 32 only with AVX-512, which the preferred width tells; every other 128-bit machine has 32.
     */
    private static final int NV = LANES == 16 || !isX86() ? 4 : 2;

    /** Columns of a tile. */
    static final int NR = NV * LANES;

    /**
     * Most rows of B in one call. C2 guards loops that may run longer than 1,000 times with an outer loop, whose
     * variables push A's address into a vector register: 70 % of the peak without this bound, 88 % with it.
     */
    static final int MAX_K = 960;

    /** What happens to a finished tile. */
    static final int STORE = 0;

    /** {@code c = addend + tile}, the addend laid out as c: the residual is added last. */
    static final int ADD = 1;

    /** {@code c = addend + |tile|}: the lanes of softpick's denominator. Whole tiles of columns only. */
    static final int ADD_ABS = 2;

    private MicroKernel() {}

    private static boolean isX86() {
        String arch = System.getProperty("os.arch");
        return arch.equals("amd64") || arch.equals("x86_64") || arch.equals("x86") || arch.equals("i386");
    }

    /**
     * Computes one tile. {@code init} and {@code addend} are row-major like C; {@code ldi = 0} repeats one row, a bias.
     * {@code addend} is laid out with {@code ldc} and read only by the epilogues that add.
     *
     * <p>Rows from {@code rows} on repeat the last row and are stored over it: the same bits again, and no second
     * kernel. Columns from {@code columns} on are neither stored nor read from {@code init} or {@code addend}.
     */
    static void tile(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] addend, int eo, float[] c, int co, int ldc, int columns, int epilogue) {
        int r0 = ao;
        int r1 = rows > 1 ? r0 + lda : r0;
        int r2 = rows > 2 ? r1 + lda : r1;
        int r3 = rows > 3 ? r2 + lda : r2;
        int r4 = rows > 4 ? r3 + lda : r3;
        int r5 = rows > 5 ? r4 + lda : r4;
        int i0 = io;
        int i1 = rows > 1 ? i0 + ldi : i0;
        int i2 = rows > 2 ? i1 + ldi : i1;
        int i3 = rows > 3 ? i2 + ldi : i2;
        int i4 = rows > 4 ? i3 + ldi : i3;
        int i5 = rows > 5 ? i4 + ldi : i4;
        VectorMask<Float> m0 = SPECIES.indexInRange(0, columns);
        VectorMask<Float> m1 = SPECIES.indexInRange(LANES, columns);
        VectorMask<Float> m2 = SPECIES.indexInRange(2 * LANES, columns);
        VectorMask<Float> m3 = SPECIES.indexInRange(3 * LANES, columns);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, i0, m0);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, i1, m0);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, i2, m0);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, i3, m0);
        FloatVector c40 = FloatVector.fromArray(SPECIES, init, i4, m0);
        FloatVector c50 = FloatVector.fromArray(SPECIES, init, i5, m0);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, i0 + LANES, m1);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, i1 + LANES, m1);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, i2 + LANES, m1);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, i3 + LANES, m1);
        FloatVector c41 = FloatVector.fromArray(SPECIES, init, i4 + LANES, m1);
        FloatVector c51 = FloatVector.fromArray(SPECIES, init, i5 + LANES, m1);
        FloatVector c02 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 2 * LANES, m2) : c00;
        FloatVector c12 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 2 * LANES, m2) : c10;
        FloatVector c22 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 2 * LANES, m2) : c20;
        FloatVector c32 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 2 * LANES, m2) : c30;
        FloatVector c42 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i4 + 2 * LANES, m2) : c40;
        FloatVector c52 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i5 + 2 * LANES, m2) : c50;
        FloatVector c03 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 3 * LANES, m3) : c00;
        FloatVector c13 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 3 * LANES, m3) : c10;
        FloatVector c23 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 3 * LANES, m3) : c20;
        FloatVector c33 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 3 * LANES, m3) : c30;
        FloatVector c43 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i4 + 3 * LANES, m3) : c40;
        FloatVector c53 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i5 + 3 * LANES, m3) : c50;
        for (int i = 0, end = Math.min(k, MAX_K); i < end; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bo);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bo + LANES);
            FloatVector b2 = NV > 2 ? FloatVector.fromArray(SPECIES, b, bo + 2 * LANES) : b0;
            FloatVector b3 = NV > 2 ? FloatVector.fromArray(SPECIES, b, bo + 3 * LANES) : b0;
            FloatVector x = FloatVector.broadcast(SPECIES, a[r0 + i]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            if (NV > 2) {
                c02 = x.fma(b2, c02);
                c03 = x.fma(b3, c03);
            }
            x = FloatVector.broadcast(SPECIES, a[r1 + i]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            if (NV > 2) {
                c12 = x.fma(b2, c12);
                c13 = x.fma(b3, c13);
            }
            x = FloatVector.broadcast(SPECIES, a[r2 + i]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            if (NV > 2) {
                c22 = x.fma(b2, c22);
                c23 = x.fma(b3, c23);
            }
            x = FloatVector.broadcast(SPECIES, a[r3 + i]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            if (NV > 2) {
                c32 = x.fma(b2, c32);
                c33 = x.fma(b3, c33);
            }
            x = FloatVector.broadcast(SPECIES, a[r4 + i]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            if (NV > 2) {
                c42 = x.fma(b2, c42);
                c43 = x.fma(b3, c43);
            }
            x = FloatVector.broadcast(SPECIES, a[r5 + i]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            if (NV > 2) {
                c52 = x.fma(b2, c52);
                c53 = x.fma(b3, c53);
            }
            bo += NR;
        }
        if (epilogue == ADD_ABS) {
            c00 = c00.abs();
            c10 = c10.abs();
            c20 = c20.abs();
            c30 = c30.abs();
            c40 = c40.abs();
            c50 = c50.abs();
            c01 = c01.abs();
            c11 = c11.abs();
            c21 = c21.abs();
            c31 = c31.abs();
            c41 = c41.abs();
            c51 = c51.abs();
            if (NV > 2) {
                c02 = c02.abs();
                c12 = c12.abs();
                c22 = c22.abs();
                c32 = c32.abs();
                c42 = c42.abs();
                c52 = c52.abs();
                c03 = c03.abs();
                c13 = c13.abs();
                c23 = c23.abs();
                c33 = c33.abs();
                c43 = c43.abs();
                c53 = c53.abs();
            }
        }
        if (epilogue != STORE) {
            int e0 = eo;
            int e1 = rows > 1 ? e0 + ldc : e0;
            int e2 = rows > 2 ? e1 + ldc : e1;
            int e3 = rows > 3 ? e2 + ldc : e2;
            int e4 = rows > 4 ? e3 + ldc : e3;
            int e5 = rows > 5 ? e4 + ldc : e4;
            c00 = FloatVector.fromArray(SPECIES, addend, e0, m0).add(c00);
            c10 = FloatVector.fromArray(SPECIES, addend, e1, m0).add(c10);
            c20 = FloatVector.fromArray(SPECIES, addend, e2, m0).add(c20);
            c30 = FloatVector.fromArray(SPECIES, addend, e3, m0).add(c30);
            c40 = FloatVector.fromArray(SPECIES, addend, e4, m0).add(c40);
            c50 = FloatVector.fromArray(SPECIES, addend, e5, m0).add(c50);
            c01 = FloatVector.fromArray(SPECIES, addend, e0 + LANES, m1).add(c01);
            c11 = FloatVector.fromArray(SPECIES, addend, e1 + LANES, m1).add(c11);
            c21 = FloatVector.fromArray(SPECIES, addend, e2 + LANES, m1).add(c21);
            c31 = FloatVector.fromArray(SPECIES, addend, e3 + LANES, m1).add(c31);
            c41 = FloatVector.fromArray(SPECIES, addend, e4 + LANES, m1).add(c41);
            c51 = FloatVector.fromArray(SPECIES, addend, e5 + LANES, m1).add(c51);
            if (NV > 2) {
                c02 = FloatVector.fromArray(SPECIES, addend, e0 + 2 * LANES, m2).add(c02);
                c12 = FloatVector.fromArray(SPECIES, addend, e1 + 2 * LANES, m2).add(c12);
                c22 = FloatVector.fromArray(SPECIES, addend, e2 + 2 * LANES, m2).add(c22);
                c32 = FloatVector.fromArray(SPECIES, addend, e3 + 2 * LANES, m2).add(c32);
                c42 = FloatVector.fromArray(SPECIES, addend, e4 + 2 * LANES, m2).add(c42);
                c52 = FloatVector.fromArray(SPECIES, addend, e5 + 2 * LANES, m2).add(c52);
                c03 = FloatVector.fromArray(SPECIES, addend, e0 + 3 * LANES, m3).add(c03);
                c13 = FloatVector.fromArray(SPECIES, addend, e1 + 3 * LANES, m3).add(c13);
                c23 = FloatVector.fromArray(SPECIES, addend, e2 + 3 * LANES, m3).add(c23);
                c33 = FloatVector.fromArray(SPECIES, addend, e3 + 3 * LANES, m3).add(c33);
                c43 = FloatVector.fromArray(SPECIES, addend, e4 + 3 * LANES, m3).add(c43);
                c53 = FloatVector.fromArray(SPECIES, addend, e5 + 3 * LANES, m3).add(c53);
            }
        }
        int o0 = co;
        int o1 = rows > 1 ? o0 + ldc : o0;
        int o2 = rows > 2 ? o1 + ldc : o1;
        int o3 = rows > 3 ? o2 + ldc : o2;
        int o4 = rows > 4 ? o3 + ldc : o3;
        int o5 = rows > 5 ? o4 + ldc : o4;
        if (columns >= NR) {
            c00.intoArray(c, o0);
            c10.intoArray(c, o1);
            c20.intoArray(c, o2);
            c30.intoArray(c, o3);
            c40.intoArray(c, o4);
            c50.intoArray(c, o5);
            c01.intoArray(c, o0 + LANES);
            c11.intoArray(c, o1 + LANES);
            c21.intoArray(c, o2 + LANES);
            c31.intoArray(c, o3 + LANES);
            c41.intoArray(c, o4 + LANES);
            c51.intoArray(c, o5 + LANES);
            if (NV > 2) {
                c02.intoArray(c, o0 + 2 * LANES);
                c12.intoArray(c, o1 + 2 * LANES);
                c22.intoArray(c, o2 + 2 * LANES);
                c32.intoArray(c, o3 + 2 * LANES);
                c42.intoArray(c, o4 + 2 * LANES);
                c52.intoArray(c, o5 + 2 * LANES);
                c03.intoArray(c, o0 + 3 * LANES);
                c13.intoArray(c, o1 + 3 * LANES);
                c23.intoArray(c, o2 + 3 * LANES);
                c33.intoArray(c, o3 + 3 * LANES);
                c43.intoArray(c, o4 + 3 * LANES);
                c53.intoArray(c, o5 + 3 * LANES);
            }
        } else {
            c00.intoArray(c, o0, m0);
            c10.intoArray(c, o1, m0);
            c20.intoArray(c, o2, m0);
            c30.intoArray(c, o3, m0);
            c40.intoArray(c, o4, m0);
            c50.intoArray(c, o5, m0);
            c01.intoArray(c, o0 + LANES, m1);
            c11.intoArray(c, o1 + LANES, m1);
            c21.intoArray(c, o2 + LANES, m1);
            c31.intoArray(c, o3 + LANES, m1);
            c41.intoArray(c, o4 + LANES, m1);
            c51.intoArray(c, o5 + LANES, m1);
            if (NV > 2) {
                c02.intoArray(c, o0 + 2 * LANES, m2);
                c12.intoArray(c, o1 + 2 * LANES, m2);
                c22.intoArray(c, o2 + 2 * LANES, m2);
                c32.intoArray(c, o3 + 2 * LANES, m2);
                c42.intoArray(c, o4 + 2 * LANES, m2);
                c52.intoArray(c, o5 + 2 * LANES, m2);
                c03.intoArray(c, o0 + 3 * LANES, m3);
                c13.intoArray(c, o1 + 3 * LANES, m3);
                c23.intoArray(c, o2 + 3 * LANES, m3);
                c33.intoArray(c, o3 + 3 * LANES, m3);
                c43.intoArray(c, o4 + 3 * LANES, m3);
                c53.intoArray(c, o5 + 3 * LANES, m3);
            }
        }
    }
}
