package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.PanelBuffers;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.numerics.FusedMultiplyAdd;

/**
 * Matrix products without vectors, on the panels that the vector kernels read and in the same order of adding. C2 does
 * not vectorize a loop that stores beside what it loads from an array of the same type at another offset, so the scalar
 * multiply-add unit is the limit; a tile of 2 × 8 sums in registers reaches four fifths of it. The tiles call the
 * instruction itself, for a cold JVM interprets them first; where there is none, {@link #emulatedTile} does their work.
 */
final class ScalarMatMul {

    private static final int TILE_ROWS = 2;
    private static final int TILE_COLUMNS = 8;

    /** Rows of B in one call of the tile: longer loops make a young JVM compile the loop first and the method again. */
    private static final int TILE_DEPTH = 32;

    private ScalarMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        switch (w) {
            case Panels panels -> multiply(a, aOffset, lda, m, panels, c, cOffset, ldc);
            case BFloat16Panels rounded -> decoded(a, aOffset, lda, m, rounded, rounded.buffers(), c, cOffset, ldc);
            case Int8Panels rounded -> decoded(a, aOffset, lda, m, rounded, rounded.buffers(), c, cOffset, ldc);
        }
    }

    private static void multiply(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        for (int p = 0; p < w.count(); p++) {
            int to = cOffset + p * w.width();
            start(w, p, m, c, to, ldc);
            panel(a, aOffset, lda, m, w, p, w.values(), w.offset(p), w.k(), c, to, ldc);
        }
    }

    /** The same where weights are rounded: a part of a panel is decoded and multiplied with all rows. */
    private static void decoded(
            float[] a, int aOffset, int lda, int m, Weights w, PanelBuffers buffers, float[] c, int cOffset, int ldc) {
        float[] b = buffers.take();
        for (int p = 0; p < w.count(); p++) {
            int to = cOffset + p * w.width();
            start(w, p, m, c, to, ldc);
            for (int k = 0; k < w.k(); k += PanelBuffers.DEPTH) {
                int depth = Math.min(PanelBuffers.DEPTH, w.k() - k);
                if (w instanceof Int8Panels rounded) {
                    ScalarRounded.decode(rounded, p, k, depth, b);
                } else {
                    ScalarRounded.decode((BFloat16Panels) w, p, k, depth, b);
                }
                panel(a, aOffset + k, lda, m, w, p, b, Panels.LEAD, depth, c, to, ldc);
            }
            if (w instanceof Int8Panels rounded) {
                ScalarRounded.scale(rounded, p, c, to, ldc, m);
            }
        }
        buffers.giveBack(b);
    }

    /** Where the sums of panel {@code p} begin. */
    private static void start(Weights w, int p, int m, float[] c, int co, int ldc) {
        int columns = w.columns(p, p + 1);
        for (int i = 0; i < m; i++) {
            System.arraycopy(w.initial(), w.initialOffset(p), c, co + i * ldc, columns);
        }
    }

    /** {@code C += A · B} for k rows of panel {@code p}, which stand at {@code bo} in {@code b}. */
    private static void panel(
            float[] a, int ao, int lda, int m, Weights w, int p, float[] b, int bo, int k, float[] c, int co, int ldc) {
        int width = w.width();
        int columns = w.columns(p, p + 1);
        int i = 0;
        for (; FusedMultiplyAdd.HARDWARE && i + TILE_ROWS <= m; i += TILE_ROWS) {
            twoRows(a, ao + i * lda, lda, b, bo, width, k, c, co + i * ldc, ldc, columns);
        }
        for (; i < m; i++) {
            accumulate(a, ao + i * lda, b, bo, width, k, c, co + i * ldc, columns);
        }
    }

    private static void twoRows(
            float[] a, int ao, int lda, float[] b, int bo, int ldb, int k, float[] c, int co, int ldc, int columns) {
        int whole = columns - columns % TILE_COLUMNS;
        for (int i = 0; i < k; i += TILE_DEPTH) {
            int depth = Math.min(TILE_DEPTH, k - i);
            for (int j = 0; j < whole; j += TILE_COLUMNS) {
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

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        for (int i = 0; i < m; i++) {
            ScalarGelu.gelu(c, cOffset + i * ldc, c, cOffset + i * ldc, w.n());
        }
    }

    static void multiplyAdd(
            float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
        multiply(a, aOffset, w.k(), m, w, c, cOffset, w.n());
        add(residual, rOffset, c, cOffset, m * w.n());
    }

    private static void add(float[] residual, int rOffset, float[] c, int cOffset, int length) {
        for (int i = 0; i < length; i++) {
            c[cOffset + i] = residual[rOffset + i] + c[cOffset + i];
        }
    }

    /** {@code c_j = fma(a_i, b_ij, c_j)} for i = 0 … k−1 in this order; {@code ldb} floats from row to row of B. */
    static void accumulate(
            float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co, int columns) {
        int j = 0;
        for (; j + TILE_COLUMNS <= columns; j += TILE_COLUMNS) {
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
