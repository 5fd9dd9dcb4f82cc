package dev.softpick.kernels.scalar;

import dev.softpick.kernels.numerics.FusedMultiplyAdd;

/**
 * The tiles behind every product without vectors: {@code C += A · B}, sums in registers, k in increasing order. C2
 * does not vectorize a loop that stores beside what it loads from an array of the same type at another offset, so the
 * scalar multiply-add unit is the limit; a tile of 2 × 8 sums in registers reaches four fifths of it. The tiles call
 * the instruction itself, for a cold JVM interprets them first; where there is none, {@link #emulatedTile} does their
 * work.
 */
final class ScalarTile {

    /** Rows of a tile, where there is the instruction. */
    static final int ROWS = 2;

    private static final int COLUMNS = 8;

    /** Rows of B in one call of the tile: longer loops make a cold JVM compile the loop first and the method again. */
    private static final int DEPTH = 32;

    private ScalarTile() {}

    /** {@code C[2, columns] += A[2, k] · B[k, columns]}; {@code ldb} floats from row to row of B. */
    static void twoRows(
            float[] a, int ao, int lda, float[] b, int bo, int ldb, int k, float[] c, int co, int ldc, int columns) {
        int whole = columns - columns % COLUMNS;
        for (int i = 0; i < k; i += DEPTH) {
            int depth = Math.min(DEPTH, k - i);
            for (int j = 0; j < whole; j += COLUMNS) {
                tile(a, ao + i, lda, b, bo + i * ldb + j, ldb, depth, c, co + j, ldc);
            }
        }
        if (whole < columns) {
            int rest = columns - whole;
            accumulate(a, ao, b, bo + whole, ldb, k, c, co + whole, rest);
            accumulate(a, ao + lda, b, bo + whole, ldb, k, c, co + ldc + whole, rest);
        }
    }

    /** {@code C[2, 8] += A[2, k] · B[k, 8]}. */
    private static void tile(
            float[] a, int a0, int lda, float[] b, int bo, int ldb, int k, float[] c, int co, int ldc) {
        int a1 = a0 + lda;
        int c1 = co + ldc;
        float s00 = c[co];
        float s01 = c[co + 1];
        float s02 = c[co + 2];
        float s03 = c[co + 3];
        float s04 = c[co + 4];
        float s05 = c[co + 5];
        float s06 = c[co + 6];
        float s07 = c[co + 7];
        float s10 = c[c1];
        float s11 = c[c1 + 1];
        float s12 = c[c1 + 2];
        float s13 = c[c1 + 3];
        float s14 = c[c1 + 4];
        float s15 = c[c1 + 5];
        float s16 = c[c1 + 6];
        float s17 = c[c1 + 7];
        for (int i = 0, row = bo; i < k; i++, row += ldb) {
            float x0 = a[a0 + i];
            float x1 = a[a1 + i];
            s00 = Math.fma(x0, b[row], s00);
            s10 = Math.fma(x1, b[row], s10);
            s01 = Math.fma(x0, b[row + 1], s01);
            s11 = Math.fma(x1, b[row + 1], s11);
            s02 = Math.fma(x0, b[row + 2], s02);
            s12 = Math.fma(x1, b[row + 2], s12);
            s03 = Math.fma(x0, b[row + 3], s03);
            s13 = Math.fma(x1, b[row + 3], s13);
            s04 = Math.fma(x0, b[row + 4], s04);
            s14 = Math.fma(x1, b[row + 4], s14);
            s05 = Math.fma(x0, b[row + 5], s05);
            s15 = Math.fma(x1, b[row + 5], s15);
            s06 = Math.fma(x0, b[row + 6], s06);
            s16 = Math.fma(x1, b[row + 6], s16);
            s07 = Math.fma(x0, b[row + 7], s07);
            s17 = Math.fma(x1, b[row + 7], s17);
        }
        c[co] = s00;
        c[co + 1] = s01;
        c[co + 2] = s02;
        c[co + 3] = s03;
        c[co + 4] = s04;
        c[co + 5] = s05;
        c[co + 6] = s06;
        c[co + 7] = s07;
        c[c1] = s10;
        c[c1 + 1] = s11;
        c[c1 + 2] = s12;
        c[c1 + 3] = s13;
        c[c1 + 4] = s14;
        c[c1 + 5] = s15;
        c[c1 + 6] = s16;
        c[c1 + 7] = s17;
    }

    /** {@code c_j = fma(a_i, b_ij, c_j)} for i = 0 … k−1 in this order; {@code ldb} floats from row to row of B. */
    static void accumulate(
            float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co, int columns) {
        int j = 0;
        for (; j + COLUMNS <= columns; j += COLUMNS) {
            if (FusedMultiplyAdd.HARDWARE) {
                rowTile(a, ao, b, bo + j, ldb, k, c, co + j);
            } else {
                emulatedTile(a, ao, b, bo + j, ldb, k, c, co + j);
            }
        }
        for (; j < columns; j++) {
            column(a, ao, b, bo + j, ldb, k, c, co + j);
        }
    }

    /** {@code C[1, 8] += A[1, k] · B[k, 8]}. */
    private static void rowTile(float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co) {
        float s0 = c[co];
        float s1 = c[co + 1];
        float s2 = c[co + 2];
        float s3 = c[co + 3];
        float s4 = c[co + 4];
        float s5 = c[co + 5];
        float s6 = c[co + 6];
        float s7 = c[co + 7];
        int row = bo;
        int i = 0;
        for (; i + 2 <= k; i += 2, row += 2 * ldb) {
            float x = a[ao + i];
            s0 = Math.fma(x, b[row], s0);
            s1 = Math.fma(x, b[row + 1], s1);
            s2 = Math.fma(x, b[row + 2], s2);
            s3 = Math.fma(x, b[row + 3], s3);
            s4 = Math.fma(x, b[row + 4], s4);
            s5 = Math.fma(x, b[row + 5], s5);
            s6 = Math.fma(x, b[row + 6], s6);
            s7 = Math.fma(x, b[row + 7], s7);
            float y = a[ao + i + 1];
            int next = row + ldb;
            s0 = Math.fma(y, b[next], s0);
            s1 = Math.fma(y, b[next + 1], s1);
            s2 = Math.fma(y, b[next + 2], s2);
            s3 = Math.fma(y, b[next + 3], s3);
            s4 = Math.fma(y, b[next + 4], s4);
            s5 = Math.fma(y, b[next + 5], s5);
            s6 = Math.fma(y, b[next + 6], s6);
            s7 = Math.fma(y, b[next + 7], s7);
        }
        if (i < k) {
            float x = a[ao + i];
            s0 = Math.fma(x, b[row], s0);
            s1 = Math.fma(x, b[row + 1], s1);
            s2 = Math.fma(x, b[row + 2], s2);
            s3 = Math.fma(x, b[row + 3], s3);
            s4 = Math.fma(x, b[row + 4], s4);
            s5 = Math.fma(x, b[row + 5], s5);
            s6 = Math.fma(x, b[row + 6], s6);
            s7 = Math.fma(x, b[row + 7], s7);
        }
        c[co] = s0;
        c[co + 1] = s1;
        c[co + 2] = s2;
        c[co + 3] = s3;
        c[co + 4] = s4;
        c[co + 5] = s5;
        c[co + 6] = s6;
        c[co + 7] = s7;
    }

    /** The same without the instruction. */
    private static void emulatedTile(float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co) {
        float s0 = c[co];
        float s1 = c[co + 1];
        float s2 = c[co + 2];
        float s3 = c[co + 3];
        float s4 = c[co + 4];
        float s5 = c[co + 5];
        float s6 = c[co + 6];
        float s7 = c[co + 7];
        for (int i = 0, row = bo; i < k; i++, row += ldb) {
            float x = a[ao + i];
            s0 = FusedMultiplyAdd.fma(x, b[row], s0);
            s1 = FusedMultiplyAdd.fma(x, b[row + 1], s1);
            s2 = FusedMultiplyAdd.fma(x, b[row + 2], s2);
            s3 = FusedMultiplyAdd.fma(x, b[row + 3], s3);
            s4 = FusedMultiplyAdd.fma(x, b[row + 4], s4);
            s5 = FusedMultiplyAdd.fma(x, b[row + 5], s5);
            s6 = FusedMultiplyAdd.fma(x, b[row + 6], s6);
            s7 = FusedMultiplyAdd.fma(x, b[row + 7], s7);
        }
        c[co] = s0;
        c[co + 1] = s1;
        c[co + 2] = s2;
        c[co + 3] = s3;
        c[co + 4] = s4;
        c[co + 5] = s5;
        c[co + 6] = s6;
        c[co + 7] = s7;
    }

    private static void column(float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co) {
        float sum = c[co];
        for (int i = 0; i < k; i++) {
            sum = FusedMultiplyAdd.fma(a[ao + i], b[bo + i * ldb], sum);
        }
        c[co] = sum;
    }
}
