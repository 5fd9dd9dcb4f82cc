package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/** Causal softpick attention without vectors, a query row at a time. */
final class ScalarAttention {

    private ScalarAttention() {}

    static void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        int first = cache.length() - rows;
        for (int i = 0; i < rows; i++) {
            row(cache, q, qOffset + i * cache.queryStride(), first + i, out, outOffset + i * cache.outputStride());
        }
    }

    private static void row(KeyValueCache cache, float[] q, int qOffset, int row, float[] out, int to) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int nr = cache.panelWidth();
        int chunkStart = row / cache.chunk() * cache.chunk();
        float[] scores = scratch.scores;
        double sum = 0;
        int foldEvery = KeyValueCache.foldEvery(cache.chunk());
        float[] lanes = scratch.lanes;
        Arrays.fill(lanes, 0, VirtualLanes.COUNT, 0f);
        for (int start = 0; start <= chunkStart; start += cache.chunk()) {
            int end = Math.min(start + cache.chunk(), row + 1);
            if (start > 0 && start % foldEvery == 0) {
                sum += fold(lanes);
                Arrays.fill(lanes, 0, VirtualLanes.COUNT, 0f);
            }
            Arrays.fill(scores, 0, end - start, 0f);
            for (int j = start; j < end; j += nr) {
                ScalarTile.accumulate(
                        q, qOffset, cache.keys(), cache.keyOffset(j), nr, d, scores, j - start, Math.min(nr, end - j));
            }
            addAbs(scores, end - start, lanes);
        }
        sum += fold(lanes);

        Arrays.fill(out, to, to + d, 0f);
        for (int column = 0; column < d; column += nr) {
            int columns = Math.min(nr, d - column);
            if (chunkStart > 0) {
                ScalarTile.accumulate(
                        q, qOffset, cache.state(), cache.stateOffset(0, column), nr, d, out, to + column, columns);
            }
            ScalarTile.accumulate(
                    scores, 0, cache.values(), cache.valueOffset(chunkStart, column), nr, row + 1 - chunkStart,
                    out, to + column, columns);
        }
        float scale = (float) (1 / (ScoreScale.root(d) + sum));
        for (int i = to; i < to + d; i++) {
            out[i] *= scale;
        }
    }

    private static void addAbs(float[] scores, int count, float[] lanes) {
        for (int j = 0; j < count; j++) {
            lanes[j % VirtualLanes.COUNT] += Math.abs(scores[j]);
        }
    }

    static float fold(float[] lanes) {
        for (int half = VirtualLanes.COUNT / 2; half > 0; half /= 2) {
            for (int l = 0; l < half; l++) {
                lanes[l] += lanes[l + half];
            }
        }
        return lanes[0];
    }

    /** {@code state += Σ k_j v_jᵀ} over the chunk that has just been filled. */
    static void absorb(KeyValueCache cache) {
        int nr = cache.panelWidth();
        int d = cache.headSize();
        for (int column = 0; column < d; column += nr) {
            int columns = Math.min(nr, d - column);
            for (int j = cache.length() - cache.chunk(); j < cache.length(); j += nr) {
                for (int row = 0; row < d; row++) {
                    ScalarTile.accumulate(
                            cache.keys(), cache.keyOffset(j) + row * nr, cache.values(), cache.valueOffset(j, column),
                            nr, nr, cache.state(), cache.stateOffset(row, column), columns);
                }
            }
        }
    }
}
