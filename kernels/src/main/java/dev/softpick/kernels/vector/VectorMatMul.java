package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import jdk.incubator.vector.FloatVector;

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

    private static final int LANES = FloatVector.SPECIES_PREFERRED.length();

    private VectorMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            block(a, aOffset + i * lda, lda, Math.min(block, m - i), w, c, cOffset + i * ldc, ldc);
        }
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        int block = blockRows(w.k());
        for (int i = 0; i < m; i += block) {
            int rows = Math.min(block, m - i);
            int to = cOffset + i * ldc;
            block(a, aOffset + i * lda, lda, rows, w, c, to, ldc);
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
            int rows = Math.min(block, m - i);
            int at = i * w.n();
            block(a, aOffset + i * w.k(), w.k(), rows, w, c, cOffset + at, w.n());
            VectorPasses.add(residual, rOffset + at, c, cOffset + at, rows * w.n());
        }
    }

    private static int blockRows(int k) {
        return Math.max(1, BLOCK_FLOATS / k / MicroKernel.MR) * MicroKernel.MR;
    }

    private static void block(float[] a, int ao, int lda, int m, Weights w, float[] c, int co, int ldc) {
        if (m > (w instanceof Panels ? GEMV_ROWS : ROUNDED_GEMV_ROWS)) {
            whole(a, ao, lda, m, w, c, co, ldc);
            rest(a, ao, lda, m, w, c, co, ldc);
            return;
        }
        for (int row = 0; row < m; row++) {
            row(a, ao + row * lda, w, c, co + row * ldc);
        }
    }

    private static void row(float[] a, int ao, Weights w, float[] c, int co) {
        if (w instanceof Panels panels) {
            VectorGemv.row(a, ao, panels, c, co);
        } else if (w instanceof Int8Panels rounded) {
            VectorInt8.row(a, ao, rounded, c, co);
        } else {
            VectorBFloat16.row(a, ao, (BFloat16Panels) w, c, co);
        }
    }

    /**
     * Whole panels: a part of one is multiplied with all rows of the block while a cache holds it. The rest is a method
     * of its own because C2 stops inlining at 18,000 nodes, and decoding at four lanes alone is 7,000: with both in one
     * it made objects of vectors, in one JVM of three.
     */
    private static void whole(float[] a, int ao, int lda, int m, Weights w, float[] c, int co, int ldc) {
        float[] b = buffer(w);
        int nr = w.width();
        int whole = w.n() / nr;
        int depth = depth(w);
        int high = highRows(m);
        for (int p = 0; p < whole; p++) {
            int start = w.initialOffset(p);
            int to = co + p * nr;
            for (int k = 0; k < w.k(); k += depth) {
                int ks = Math.min(depth, w.k() - k);
                int bo = part(w, p, k, ks, b);
                float[] init = k == 0 ? w.initial() : c;
                int ldi = k == 0 ? 0 : ldc;
                for (int i = 0, rows; i < m; i += rows) {
                    rows = i < high ? MicroKernel.MR : MicroKernel.LOW;
                    int at = to + i * ldc;
                    int io = k == 0 ? start : at;
                    if (i < high) {
                        MicroKernel.tile(a, ao + i * lda + k, lda, m - i, b, bo, ks, init, io, ldi, c, at, ldc);
                    } else {
                        MicroKernel.lowTile(a, ao + i * lda + k, lda, m - i, b, bo, ks, init, io, ldi, c, at, ldc);
                    }
                    // What weights with scales need once the sums are complete, and the first cache still holds them.
                    if (w instanceof Int8Panels rounded && k + ks == w.k()) {
                        VectorInt8.scalePanel(rounded, p, c, at, ldc, Math.min(rows, m - i));
                    }
                }
            }
        }
        giveBack(w, b);
    }

    /** The last panel, of which some columns are not there. */
    private static void rest(float[] a, int ao, int lda, int m, Weights w, float[] c, int co, int ldc) {
        int p = w.n() / w.width();
        int columns = w.n() - p * w.width();
        if (columns == 0) {
            return;
        }
        float[] b = buffer(w);
        int start = w.initialOffset(p);
        int to = co + p * w.width();
        int bo = part(w, p, 0, w.k(), b);
        for (int v = 0; v < columns; v += LANES) {
            for (int i = 0; i < m; i += MicroKernel.MR) {
                MicroKernel.edge(
                        a, ao + i * lda, lda, m - i, b, bo + v, w.k(), w.initial(), start + v,
                        c, to + i * ldc + v, ldc, Math.min(LANES, columns - v));
            }
        }
        if (w instanceof Int8Panels rounded) {
            VectorInt8.scale(rounded, p, c, to, ldc, m, columns);
        }
        giveBack(w, b);
    }

    /** Where all panels stand, or one at a time is decoded to. */
    @SuppressWarnings("NullAway") // all weights but floats have buffers
    private static float[] buffer(Weights w) {
        return w instanceof Panels panels ? panels.values() : w.buffers().take();
    }

    @SuppressWarnings("NullAway") // all weights but floats have buffers
    private static void giveBack(Weights w, float[] buffer) {
        if (!(w instanceof Panels)) {
            w.buffers().giveBack(buffer);
        }
    }

    /** Rows that go through high tiles, the first of all, so that with low ones the fewest are computed in vain. */
    private static int highRows(int m) {
        int missing = Math.ceilDiv(m, MicroKernel.MR) * MicroKernel.MR - m;
        int low = missing / (MicroKernel.MR - MicroKernel.LOW) * MicroKernel.LOW;
        return Math.max(0, Math.ceilDiv(m - low, MicroKernel.MR) * MicroKernel.MR);
    }

    /**
     * Rows of B in a part: as many as a tile takes, evenly. Parts of 96, 128 and 192 rows, which the first cache holds,
     * are no faster on Zen 5: 186 to 199 GFLOP/s like whole ones. Where they are decoded, parts of 256 rows took 1.01
     * to 1.06 times as long.
     */
    private static int depth(Weights w) {
        return Math.ceilDiv(w.k(), Math.ceilDiv(w.k(), MicroKernel.MAX_K));
    }

    /** Where so many rows of a panel, {@code from} the first, stand in {@code b}, to which they may be decoded. */
    private static int part(Weights w, int p, int from, int rows, float[] b) {
        if (w instanceof Panels panels) {
            return panels.offset(p) + from * panels.width();
        }
        if (w instanceof Int8Panels rounded) {
            VectorInt8.decode(rounded, p, from, rows, b);
        } else {
            VectorBFloat16.decode((BFloat16Panels) w, p, from, rows, b);
        }
        return Panels.LEAD;
    }
}
