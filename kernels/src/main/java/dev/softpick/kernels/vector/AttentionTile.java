package dev.softpick.kernels.vector;

import jdk.incubator.vector.FloatVector;

/** The tiles of {@link MicroKernel} as attention needs them: any depth, any number of rows up to a tile, any width. */
final class AttentionTile {

    private static final int LANES = FloatVector.SPECIES_PREFERRED.length();
    private static final int NR = MicroKernel.NR;
    private static final int LOW = MicroKernel.LOW;
    private static final int MAX_K = MicroKernel.MAX_K;

    private AttentionTile() {}

    /**
     * A tile of any depth of which only {@code columns} matter: whole vectors are stored, so C, like {@code init}, has
     * room for a whole tile. Narrow ones go strip by strip; up to half a tile of them costs less.
     */
    static void padded(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] c, int co, int ldc, int columns) {
        for (int from = 0; from < k; from += MAX_K) {
            int depth = Math.min(MAX_K, k - from);
            float[] start = from == 0 ? init : c;
            int so = from == 0 ? io : co;
            int lds = from == 0 ? ldi : ldc;
            int panel = bo + from * NR;
            if (columns > NR / 2) {
                whole(a, ao + from, lda, rows, b, panel, depth, start, so, lds, c, co, ldc);
            } else {
                for (int v = 0; v < columns; v += LANES) {
                    MicroKernel.strip(a, ao + from, lda, rows, b, panel + v, depth, start, so + v, lds, c, co + v, ldc);
                }
            }
        }
    }

    /**
     * The tile that fits, called with as many rows as products call it with: C2 leaves out a branch that those never
     * take, and attention's taking it would throw away the code that a caller's products run on, who waits 0.4 s then.
     * Minima in place of the branches cost 15 %. One row is {@link MicroKernel#LOW} times the same one.
     */
    private static void whole(
            float[] a, int ao, int lda, int rows, float[] b, int bo, int k,
            float[] init, int io, int ldi, float[] c, int co, int ldc) {
        if (rows > LOW) {
            MicroKernel.tile(a, ao, lda, rows, b, bo, k, init, io, ldi, c, co, ldc);
        } else if (rows > 2) {
            MicroKernel.lowTile(a, ao, lda, rows, b, bo, k, init, io, ldi, c, co, ldc);
        } else {
            for (int i = 0; i < rows; i++) {
                MicroKernel.lowTile(a, ao + i * lda, 0, LOW, b, bo, k, init, io + i * ldi, 0, c, co + i * ldc, 0);
            }
        }
    }
}
