package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.PanelBuffers;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
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

    /** Rounded weights are read and decoded for each row up to here, and decoded into the cache for more. */
    private static final int ROUNDED_GEMV_ROWS = 4;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            block(a, aOffset + i * lda, lda, Math.min(block, m - i), w, null, 0, c, cOffset + i * ldc, ldc);
        }
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
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
            float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
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
            float[] a, int ao, int lda, int m, Weights w, float[] residual, int ro, float[] c, int co, int ldc) {
        if (m <= (w instanceof Panels ? GEMV_ROWS : ROUNDED_GEMV_ROWS)) {
            for (int row = 0; row < m; row++) {
                row(a, ao + row * lda, w, c, co + row * ldc);
            }
            add(residual, ro, c, co, ldc, m, w.n());
            return;
        }
        switch (w) {
            case Panels panels -> tiles(a, ao, lda, m, panels, residual, ro, c, co, ldc);
            case BFloat16Panels rounded -> decoded(
                    a, ao, lda, m, rounded, rounded.buffers(), residual, ro, c, co, ldc);
            case Int8Panels rounded -> decoded(a, ao, lda, m, rounded, rounded.buffers(), residual, ro, c, co, ldc);
        }
    }

    private static void row(float[] a, int ao, Weights w, float[] c, int co) {
        switch (w) {
            case Panels panels -> VectorGemv.row(a, ao, panels, c, co);
            case BFloat16Panels rounded -> VectorBFloat16.row(a, ao, rounded, c, co);
            case Int8Panels rounded -> VectorInt8.row(a, ao, rounded, c, co);
        }
    }

    private static void tiles(
            float[] a, int ao, int lda, int m, Panels w, float[] residual, int ro, float[] c, int co, int ldc) {
        int nr = w.width();
        int whole = w.n() / nr;
        int parts = Math.ceilDiv(w.k(), MicroKernel.MAX_K);
        int depth = Math.ceilDiv(w.k(), parts);
        for (int p = 0; p < whole; p++) {
            for (int k = 0; k < w.k(); k += depth) {
                int ks = Math.min(depth, w.k() - k);
                column(a, ao, lda, m, w, p, k, ks, w.values(), w.offset(p) + k * nr, c, co + p * nr, ldc);
            }
            add(residual, ro + p * nr, c, co + p * nr, ldc, m, nr);
        }
        int rest = w.n() - whole * nr;
        if (rest > 0) {
            edge(a, ao, lda, m, w, w.values(), w.offset(whole), c, co + whole * nr, ldc);
            add(residual, ro + whole * nr, c, co + whole * nr, ldc, m, rest);
        }
    }

    /**
     * The same where weights are rounded: each part of a panel is decoded once and multiplied with all rows of the
     * block while the second cache holds it.
     */
    private static void decoded(
            float[] a, int ao, int lda, int m, Weights w, PanelBuffers buffers, float[] residual, int ro,
            float[] c, int co, int ldc) {
        float[] b = buffers.take();
        int nr = w.width();
        int whole = w.n() / nr;
        for (int p = 0; p < whole; p++) {
            int to = co + p * nr;
            for (int k = 0; k < w.k(); k += PanelBuffers.DEPTH) {
                int ks = Math.min(PanelBuffers.DEPTH, w.k() - k);
                decode(w, p, k, ks, b);
                column(a, ao, lda, m, w, p, k, ks, b, Panels.LEAD, c, to, ldc);
            }
            finish(w, p, c, to, ldc, m, nr);
            add(residual, ro + p * nr, c, to, ldc, m, nr);
        }
        int rest = w.n() - whole * nr;
        if (rest > 0) {
            int to = co + whole * nr;
            decode(w, whole, 0, w.k(), b);
            edge(a, ao, lda, m, w, b, Panels.LEAD, c, to, ldc);
            finish(w, whole, c, to, ldc, m, rest);
            add(residual, ro + whole * nr, c, to, ldc, m, rest);
        }
        buffers.giveBack(b);
    }

    private static void decode(Weights w, int p, int from, int rows, float[] to) {
        if (w instanceof Int8Panels rounded) {
            VectorInt8.decode(rounded, p, from, rows, to);
        } else {
            VectorBFloat16.decode((BFloat16Panels) w, p, from, rows, to);
        }
    }

    /** What weights with scales need once the sums are complete. */
    private static void finish(Weights w, int p, float[] c, int co, int ldc, int m, int columns) {
        if (w instanceof Int8Panels rounded) {
            VectorInt8.scale(rounded, p, c, co, ldc, m, columns);
        }
    }

    /**
     * Rows {@code k} to {@code k + ks − 1} of a whole panel, which stand at {@code bo} in {@code b}, times all rows of
     * A.
     */
    private static void column(
            float[] a, int ao, int lda, int m, Weights w, int p, int k, int ks, float[] b, int bo,
            float[] c, int co, int ldc) {
        float[] init = k == 0 ? w.initial() : c;
        int ldi = k == 0 ? 0 : ldc;
        for (int i = 0; i < m; i += MicroKernel.MR) {
            int to = co + i * ldc;
            int io = k == 0 ? w.initialOffset(p) : to;
            MicroKernel.tile(a, ao + i * lda + k, lda, m - i, b, bo, ks, init, io, ldi, c, to, ldc);
        }
    }

    /** The last panel where it is not whole, at {@code bo} in {@code b}. */
    private static void edge(
            float[] a, int ao, int lda, int m, Weights w, float[] b, int bo, float[] c, int co, int ldc) {
        int last = w.count() - 1;
        int rest = w.n() - last * w.width();
        for (int v = 0; v < rest; v += LANES) {
            for (int i = 0; i < m; i += MicroKernel.MR) {
                MicroKernel.edge(
                        a, ao + i * lda, lda, m - i, b, bo + v, w.k(), w.initial(), w.initialOffset(last) + v,
                        c, co + i * ldc + v, ldc, Math.min(LANES, rest - v));
            }
        }
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
