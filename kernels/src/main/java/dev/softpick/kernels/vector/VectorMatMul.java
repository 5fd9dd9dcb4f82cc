package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

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

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            block(a, aOffset + i * lda, lda, Math.min(block, m - i), w, null, 0, c, cOffset + i * ldc, ldc);
        }
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            int rows = Math.min(block, m - i);
            int to = cOffset + i * ldc;
            block(a, aOffset + i * lda, lda, rows, w, null, 0, c, to, ldc);
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
            int at = i * w.n();
            block(
                    a, aOffset + i * w.k(), w.k(), Math.min(block, m - i), w, residual, rOffset + at, c, cOffset + at,
                    w.n());
        }
    }

    private static int blockRows(int k) {
        return Math.max(1, BLOCK_FLOATS / k / MicroKernel.MR) * MicroKernel.MR;
    }

    /** The residual, where there is one, lies as C does. */
    private static void block(
            float[] a, int ao, int lda, int m, Panels w, float[] residual, int ro, float[] c, int co, int ldc) {
        if (m <= GEMV_ROWS) {
            for (int row = 0; row < m; row++) {
                VectorGemv.row(a, ao + row * lda, w, c, co + row * ldc);
            }
            add(residual, ro, c, co, ldc, m, w.n());
            return;
        }
        int nr = w.width();
        int whole = w.n() / nr;
        int parts = Math.ceilDiv(w.k(), MicroKernel.MAX_K);
        int depth = Math.ceilDiv(w.k(), parts);
        for (int p = 0; p < whole; p++) {
            for (int k = 0; k < w.k(); k += depth) {
                int ks = Math.min(depth, w.k() - k);
                float[] init = k == 0 ? w.bias() : c;
                int ldi = k == 0 ? 0 : ldc;
                for (int i = 0; i < m; i += MicroKernel.MR) {
                    int to = co + i * ldc + p * nr;
                    int io = k == 0 ? w.biasOffset(p) : to;
                    int from = ao + i * lda + k;
                    MicroKernel.tile(a, from, lda, m - i, w.values(), w.offset(p) + k * nr, ks, init, io, ldi, c, to, ldc);
                }
            }
            add(residual, ro + p * nr, c, co + p * nr, ldc, m, nr);
        }
        for (int v = whole * nr; v < w.n(); v += LANES) {
            int b = w.offset(whole) + v % nr;
            for (int i = 0; i < m; i += MicroKernel.MR) {
                MicroKernel.edge(
                        a, ao + i * lda, lda, m - i, w.values(), b, w.k(), w.bias(), w.biasOffset(0) + v,
                        c, co + i * ldc + v, ldc, Math.min(LANES, w.n() - v));
            }
        }
        add(residual, ro + whole * nr, c, co + whole * nr, ldc, m, w.n() - whole * nr);
    }

    /** {@code c = residual + c} for a panel that has just been computed and is still in the first cache. */
    private static void add(float[] residual, int ro, float[] c, int co, int ld, int rows, int columns) {
        if (residual == null) {
            return;
        }
        int full = SPECIES.loopBound(columns);
        for (int row = 0; row < rows; row++) {
            int from = ro + row * ld;
            int to = co + row * ld;
            for (int i = 0; i < full; i += LANES) {
                FloatVector sum = FloatVector.fromArray(SPECIES, residual, from + i);
                sum.add(FloatVector.fromArray(SPECIES, c, to + i)).intoArray(c, to + i);
            }
            for (int i = full; i < columns; i++) {
                c[to + i] = residual[from + i] + c[to + i];
            }
        }
    }
}
