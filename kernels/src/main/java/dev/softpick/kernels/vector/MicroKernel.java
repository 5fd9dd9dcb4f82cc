package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.BlockSizes;
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
 * <p>Each kernel is one flat method that does nothing else: a helper that takes vectors makes C2 box the accumulators
 * inside the loop (216 to 12 GFLOP/s), and so did masks and epilogues in the same method, once a program had used them
 * all. Epilogues work on finished tiles in memory.
 */
final class MicroKernel {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private static final int NV = VectorWidth.VECTORS;

    /**
     * Rows of a tile. 6 divides 60, the usual window; 6 × 4 beats 12 × 2, 14 × 2 and 8 × 3 where weights stream. At
     * 256 bits with 16 registers C2 loads two rows' A at a time and keeps a twelfth accumulator in memory: 40 % of the
     * peak with 6 rows.
     */
    static final int MR = LANES == 8 && NV == 2 ? 5 : BlockSizes.TILE_ROWS;

    /** Rows of the lower tile. */
    static final int LOW = 4;

    /** Columns of a tile. */
    static final int NR = VectorWidth.NR;

    /**
     * Most rows of B in one call. C2 guards loops that may run longer than 1,000 times with an outer loop, whose
     * variables push A's address into a vector register: 70 % of the peak without this bound, 88 % with it.
     */
    static final int MAX_K = BlockSizes.DEPTH;

    private MicroKernel() {}

    /**
     * One tile of NR columns. {@code init} is row-major; {@code ldi = 0} repeats one row, a bias.
     *
     * <p>Rows from {@code rows} on repeat the last row and are stored over it: the same bits again, and no second
     * kernel.
     */
    static void tile(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] c, int co, int ldc) {
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
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, i0);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, i1);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, i2);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, i3);
        FloatVector c40 = FloatVector.fromArray(SPECIES, init, i4);
        FloatVector c50 = FloatVector.fromArray(SPECIES, init, i5);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, i0 + LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, i1 + LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, i2 + LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, i3 + LANES);
        FloatVector c41 = FloatVector.fromArray(SPECIES, init, i4 + LANES);
        FloatVector c51 = FloatVector.fromArray(SPECIES, init, i5 + LANES);
        FloatVector c02 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 2 * LANES) : c00;
        FloatVector c12 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 2 * LANES) : c10;
        FloatVector c22 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 2 * LANES) : c20;
        FloatVector c32 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 2 * LANES) : c30;
        FloatVector c42 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i4 + 2 * LANES) : c40;
        FloatVector c52 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i5 + 2 * LANES) : c50;
        FloatVector c03 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 3 * LANES) : c00;
        FloatVector c13 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 3 * LANES) : c10;
        FloatVector c23 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 3 * LANES) : c20;
        FloatVector c33 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 3 * LANES) : c30;
        FloatVector c43 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i4 + 3 * LANES) : c40;
        FloatVector c53 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i5 + 3 * LANES) : c50;
        // Here, though they are used below: C2 weighs registers in a loop only once it has too few general ones, and
        // else loads all of A first and keeps sums in memory. Without the loops that guard loops for G1, so with the
        // serial and the parallel collector, that was 70 % of the speed at 512 bits and 45 % with AVX2.
        int o0 = co;
        int o1 = rows > 1 ? o0 + ldc : o0;
        int o2 = rows > 2 ? o1 + ldc : o1;
        int o3 = rows > 3 ? o2 + ldc : o2;
        int o4 = rows > 4 ? o3 + ldc : o3;
        int o5 = rows > 5 ? o4 + ldc : o4;
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
            if (MR > 5) {
                x = FloatVector.broadcast(SPECIES, a[r5 + i]);
                c50 = x.fma(b0, c50);
                c51 = x.fma(b1, c51);
                if (NV > 2) {
                    c52 = x.fma(b2, c52);
                    c53 = x.fma(b3, c53);
                }
            }
            bo += NR;
        }
        c00.intoArray(c, o0);
        c10.intoArray(c, o1);
        c20.intoArray(c, o2);
        c30.intoArray(c, o3);
        c40.intoArray(c, o4);
        if (MR > 5) {
            c50.intoArray(c, o5);
        }
        c01.intoArray(c, o0 + LANES);
        c11.intoArray(c, o1 + LANES);
        c21.intoArray(c, o2 + LANES);
        c31.intoArray(c, o3 + LANES);
        c41.intoArray(c, o4 + LANES);
        if (MR > 5) {
            c51.intoArray(c, o5 + LANES);
        }
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
    }

    /** The same with {@link #LOW} rows: eight rows are two of these, and with the other tile the work of twelve. */
    static void lowTile(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] c, int co, int ldc) {
        int r0 = ao;
        int r1 = rows > 1 ? r0 + lda : r0;
        int r2 = rows > 2 ? r1 + lda : r1;
        int r3 = rows > 3 ? r2 + lda : r2;
        int i0 = io;
        int i1 = rows > 1 ? i0 + ldi : i0;
        int i2 = rows > 2 ? i1 + ldi : i1;
        int i3 = rows > 3 ? i2 + ldi : i2;
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, i0);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, i1);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, i2);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, i3);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, i0 + LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, i1 + LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, i2 + LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, i3 + LANES);
        FloatVector c02 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 2 * LANES) : c00;
        FloatVector c12 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 2 * LANES) : c10;
        FloatVector c22 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 2 * LANES) : c20;
        FloatVector c32 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 2 * LANES) : c30;
        FloatVector c03 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i0 + 3 * LANES) : c00;
        FloatVector c13 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i1 + 3 * LANES) : c10;
        FloatVector c23 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i2 + 3 * LANES) : c20;
        FloatVector c33 = NV > 2 ? FloatVector.fromArray(SPECIES, init, i3 + 3 * LANES) : c30;
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
            bo += NR;
        }
        int o0 = co;
        int o1 = rows > 1 ? o0 + ldc : o0;
        int o2 = rows > 2 ? o1 + ldc : o1;
        int o3 = rows > 3 ? o2 + ldc : o2;
        c00.intoArray(c, o0);
        c10.intoArray(c, o1);
        c20.intoArray(c, o2);
        c30.intoArray(c, o3);
        c01.intoArray(c, o0 + LANES);
        c11.intoArray(c, o1 + LANES);
        c21.intoArray(c, o2 + LANES);
        c31.intoArray(c, o3 + LANES);
        if (NV > 2) {
            c02.intoArray(c, o0 + 2 * LANES);
            c12.intoArray(c, o1 + 2 * LANES);
            c22.intoArray(c, o2 + 2 * LANES);
            c32.intoArray(c, o3 + 2 * LANES);
            c03.intoArray(c, o0 + 3 * LANES);
            c13.intoArray(c, o1 + 3 * LANES);
            c23.intoArray(c, o2 + 3 * LANES);
            c33.intoArray(c, o3 + 3 * LANES);
        }
    }

    /**
     * One vector of columns: what is narrower than half a tile. {@code bo} points to the first in the panel's first
     * row.
     */
    static void strip(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] c, int co, int ldc) {
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
        FloatVector c0 = FloatVector.fromArray(SPECIES, init, i0);
        FloatVector c1 = FloatVector.fromArray(SPECIES, init, i1);
        FloatVector c2 = FloatVector.fromArray(SPECIES, init, i2);
        FloatVector c3 = FloatVector.fromArray(SPECIES, init, i3);
        FloatVector c4 = FloatVector.fromArray(SPECIES, init, i4);
        FloatVector c5 = FloatVector.fromArray(SPECIES, init, i5);
        for (int i = 0, end = Math.min(k, MAX_K); i < end; i++) {
            FloatVector v = FloatVector.fromArray(SPECIES, b, bo);
            c0 = FloatVector.broadcast(SPECIES, a[r0 + i]).fma(v, c0);
            c1 = FloatVector.broadcast(SPECIES, a[r1 + i]).fma(v, c1);
            c2 = FloatVector.broadcast(SPECIES, a[r2 + i]).fma(v, c2);
            c3 = FloatVector.broadcast(SPECIES, a[r3 + i]).fma(v, c3);
            c4 = FloatVector.broadcast(SPECIES, a[r4 + i]).fma(v, c4);
            if (MR > 5) {
                c5 = FloatVector.broadcast(SPECIES, a[r5 + i]).fma(v, c5);
            }
            bo += NR;
        }
        int o0 = co;
        int o1 = rows > 1 ? o0 + ldc : o0;
        int o2 = rows > 2 ? o1 + ldc : o1;
        int o3 = rows > 3 ? o2 + ldc : o2;
        int o4 = rows > 4 ? o3 + ldc : o3;
        int o5 = rows > 5 ? o4 + ldc : o4;
        c0.intoArray(c, o0);
        c1.intoArray(c, o1);
        c2.intoArray(c, o2);
        c3.intoArray(c, o3);
        c4.intoArray(c, o4);
        if (MR > 5) {
            c5.intoArray(c, o5);
        }
    }

    /**
     * One vector of columns of which {@code columns} are stored, at any depth: the edge of a product, where
     * {@code init} is a bias. Masks make methods that C1 cannot compile, and what it cannot compile C2 may never see:
     * so few of them, and none where tiles are whole.
     */
    static void edge(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, float[] c, int co, int ldc, int columns) {
        int r0 = ao;
        int r1 = rows > 1 ? r0 + lda : r0;
        int r2 = rows > 2 ? r1 + lda : r1;
        int r3 = rows > 3 ? r2 + lda : r2;
        int r4 = rows > 4 ? r3 + lda : r3;
        int r5 = rows > 5 ? r4 + lda : r4;
        FloatVector c0 = FloatVector.fromArray(SPECIES, init, io);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        FloatVector c4 = c0;
        FloatVector c5 = c0;
        for (int from = 0; from < k; from += MAX_K) {
            for (int i = from, end = Math.min(k, from + MAX_K); i < end; i++) {
                FloatVector v = FloatVector.fromArray(SPECIES, b, bo);
                c0 = FloatVector.broadcast(SPECIES, a[r0 + i]).fma(v, c0);
                c1 = FloatVector.broadcast(SPECIES, a[r1 + i]).fma(v, c1);
                c2 = FloatVector.broadcast(SPECIES, a[r2 + i]).fma(v, c2);
                c3 = FloatVector.broadcast(SPECIES, a[r3 + i]).fma(v, c3);
                c4 = FloatVector.broadcast(SPECIES, a[r4 + i]).fma(v, c4);
                if (MR > 5) {
                    c5 = FloatVector.broadcast(SPECIES, a[r5 + i]).fma(v, c5);
                }
                bo += NR;
            }
        }
        VectorMask<Float> mask = SPECIES.indexInRange(0, columns);
        int o0 = co;
        int o1 = rows > 1 ? o0 + ldc : o0;
        int o2 = rows > 2 ? o1 + ldc : o1;
        int o3 = rows > 3 ? o2 + ldc : o2;
        int o4 = rows > 4 ? o3 + ldc : o3;
        int o5 = rows > 5 ? o4 + ldc : o4;
        c0.intoArray(c, o0, mask);
        c1.intoArray(c, o1, mask);
        c2.intoArray(c, o2, mask);
        c3.intoArray(c, o3, mask);
        c4.intoArray(c, o4, mask);
        if (MR > 5) {
            c5.intoArray(c, o5, mask);
        }
    }
}
