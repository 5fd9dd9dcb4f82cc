package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/** Attention of one query row over a {@link PagedKeyValueCache}, without vectors. */
final class ScalarRowAttention {

    private static final int GROUP = PagedKeyValueCache.GROUP;

    private ScalarRowAttention() {}

    static void softpick(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int nr = cache.panelWidth();
        int chunk = cache.chunk();
        int first = cache.first(row);
        int last = first + (row - first) / chunk * chunk;
        int foldEvery = KeyValueCache.foldEvery(chunk);
        float[] lanes = scratch.lanes;
        Arrays.fill(lanes, 0, VirtualLanes.COUNT, 0f);
        Arrays.fill(out, outOffset, outOffset + d, 0f);
        if (cache.keepsState() && last > 0) {
            for (int column = 0; column < d; column += nr) {
                ScalarTile.accumulate(
                        q, qOffset, cache.state(), cache.stateOffset(head, column), nr, d, out, outOffset + column,
                        Math.min(nr, d - column));
            }
        }
        double sum = 0;
        for (int block = first; block <= last; block += chunk) {
            int end = Math.min(block + chunk, row + 1);
            scores(cache, head, q, qOffset, block, end);
            for (int j = 0; j < end - block; j++) {
                lanes[j % VirtualLanes.COUNT] += Math.abs(scratch.scores[j]);
            }
            if (block == last || (block - first + chunk) % foldEvery == 0) {
                sum += ScalarAttention.fold(lanes);
                Arrays.fill(lanes, 0, VirtualLanes.COUNT, 0f);
            }
            if (block == last || !cache.keepsState()) {
                numerators(cache, head, block, end, out, outOffset);
            }
        }
        ScalarPasses.scale(out, outOffset, (float) (1 / (ScoreScale.root(d) + sum)), out, outOffset, d);
    }

    static void softmax(
            PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
            int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int first = cache.first(row);
        float scale = ScoreScale.of(d, ssmaxScale, row - first);
        Arrays.fill(out, outOffset, outOffset + d, 0f);
        for (int block = first; block <= row; block += cache.chunk()) {
            int end = Math.min(block + cache.chunk(), row + 1);
            scores(cache, head, q, qOffset, block, end);
            ScalarExponentialAttention.softmaxWeights(scratch, end - block, scale, block == first);
            if (block > first) {
                ScalarPasses.scale(out, outOffset, scratch.factors[0], out, outOffset, d);
            }
            numerators(cache, head, block, end, out, outOffset);
        }
        ScalarPasses.scale(out, outOffset, (float) (1 / scratch.sums[0]), out, outOffset, d);
    }

    static void rectifiedSoftpick(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int first = cache.first(row);
        float scale = ScoreScale.of(d, Float.NaN, 0);
        Arrays.fill(out, outOffset, outOffset + d, 0f);
        for (int block = first; block <= row; block += cache.chunk()) {
            int end = Math.min(block + cache.chunk(), row + 1);
            scores(cache, head, q, qOffset, block, end);
            ScalarExponentialAttention.rectifiedWeights(scratch, end - block, scale, block == first);
            if (block > first) {
                ScalarPasses.scale(out, outOffset, scratch.factors[0], out, outOffset, d);
            }
            numerators(cache, head, block, end, out, outOffset);
        }
        float reciprocal = RectifiedSoftpickRules.scoreReciprocal(scratch.maxima[0], scratch.sums[0]);
        ScalarPasses.scale(out, outOffset, reciprocal, out, outOffset, d);
    }

    private static void scores(PagedKeyValueCache cache, int head, float[] q, int qOffset, int start, int end) {
        float[] scores = cache.scratch().scores;
        int nr = cache.panelWidth();
        Arrays.fill(scores, 0, end - start, 0f);
        for (int j = start; j < end; ) {
            int count = Math.min(nr - j % nr, end - j);
            ScalarTile.accumulate(
                    q, qOffset, cache.keys(j), cache.keyOffset(head, j), nr, cache.headSize(), scores, j - start,
                    count);
            j += count;
        }
    }

    private static void numerators(
            PagedKeyValueCache cache, int head, int start, int end, float[] out, int outOffset) {
        float[] scores = cache.scratch().scores;
        int nr = cache.panelWidth();
        for (int column = 0; column < cache.headSize(); column += nr) {
            int columns = Math.min(nr, cache.headSize() - column);
            for (int j = start; j < end; ) {
                int count = Math.min(GROUP - j % GROUP, end - j);
                ScalarTile.accumulate(
                        scores, j - start, cache.values(j), cache.valueOffset(head, j, column), nr, count,
                        out, outOffset + column, columns);
                j += count;
            }
        }
    }

    /** {@code state += Σ k_j v_jᵀ} over the chunk before {@code row}. */
    static void absorb(PagedKeyValueCache cache, int head, int row) {
        int nr = cache.panelWidth();
        int d = cache.headSize();
        for (int column = 0; column < d; column += nr) {
            int columns = Math.min(nr, d - column);
            for (int j = row - cache.chunk(); j < row; j += nr) {
                for (int i = 0; i < d; i++) {
                    ScalarTile.accumulate(
                            cache.keys(j), cache.keyOffset(head, j) + i * nr, cache.values(j),
                            cache.valueOffset(head, j, column), nr, nr,
                            cache.state(), cache.stateOffset(head, column) + i * nr, columns);
                }
            }
        }
    }
}
