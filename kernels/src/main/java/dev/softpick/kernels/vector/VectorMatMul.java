package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.Panels;

/**
 * The loops around {@link MicroKernel}: blocks of rows, panels, blocks of k (a block starts from what the one before
 * stored, so the order of the sums stays), tiles.
 */
final class VectorMatMul {

    /**
     * Floats of A that a block of rows may hold: half a megabyte stays in the L2 cache beside the panel in use while
     * every panel passes by.
     */
    private static final int BLOCK_FLOATS = 128 * 1024;

    /** Up to this many rows run one by one: {@link VectorGemv} reads B at memory speed, a tile would compute six. */
    private static final int GEMV_ROWS = 2;

    private VectorMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            int rows = Math.min(block, m - i);
            block(a, aOffset + i * lda, lda, rows, w, c, 0, c, cOffset + i * ldc, ldc, MicroKernel.STORE);
        }
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            int rows = Math.min(block, m - i);
            int to = cOffset + i * ldc;
            block(a, aOffset + i * lda, lda, rows, w, c, 0, c, to, ldc, MicroKernel.STORE);
            if (ldc == w.n()) {
                VectorGelu.gelu(c, to, c, to, rows * ldc);
            } else {
                for (int row = 0; row < rows; row++) {
                    VectorGelu.gelu(c, to + row * ldc, c, to + row * ldc, w.n());
                }
            }
        }
    }

    static void multiplyAdd(
            float[] a, int aOffset, int m, Panels w, float[] residual, int rOffset, float[] c, int cOffset) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            int rows = Math.min(block, m - i);
            block(
                    a, aOffset + i * w.k(), w.k(), rows, w, residual, rOffset + i * w.n(), c, cOffset + i * w.n(), w.n(),
                    MicroKernel.ADD);
        }
    }

    private static int blockRows(int k) {
        return Math.max(1, BLOCK_FLOATS / k / MicroKernel.MR) * MicroKernel.MR;
    }

    private static void block(
            float[] a, int ao, int lda, int m, Panels w, float[] addend, int addendOffset, float[] c, int co, int ldc,
            int epilogue) {
        if (m <= GEMV_ROWS) {
            for (int row = 0; row < m; row++) {
                VectorGemv.row(
                        a, ao + row * lda, w, addend, addendOffset + row * ldc, c, co + row * ldc, epilogue);
            }
            return;
        }
        int nr = w.width();
        int parts = Math.ceilDiv(w.k(), MicroKernel.MAX_K);
        int depth = Math.ceilDiv(w.k(), parts);
        for (int p = 0; p < w.count(); p++) {
            int columns = Math.min(nr, w.n() - p * nr);
            for (int k = 0; k < w.k(); k += depth) {
                int ks = Math.min(depth, w.k() - k);
                int last = k + ks == w.k() ? epilogue : MicroKernel.STORE;
                for (int i = 0; i < m; i += MicroKernel.MR) {
                    int to = co + i * ldc + p * nr;
                    MicroKernel.tile(
                            a, ao + i * lda + k, lda, m - i, w.values(), w.offset(p) + k * nr, ks,
                            k == 0 ? w.bias() : c, k == 0 ? w.biasOffset(p) : to, k == 0 ? 0 : ldc,
                            addend, addendOffset + i * ldc + p * nr, c, to, ldc, columns, last);
                }
            }
        }
    }
}
