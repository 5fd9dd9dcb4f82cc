package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Causal softpick attention of one head, in one pass over the keys. For the query rows of a chunk, with C keys in it:
 *
 * <pre>
 *   for each segment of finished chunks, for each tile of rows:  lanes += |Q·Kᵀ|
 *   for each tile:
 *     S = Q·Kᵀ of the current chunk, l = Σ lanes + Σ|S|
 *     O = Q·state + S·V                                   state = Σ k vᵀ of the finished chunks
 *     out = O / (√D + l)
 * </pre>
 */
final class VectorAttention {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;
    private static final int MR = MicroKernel.MR;
    private static final int COUNT = VirtualLanes.COUNT;

    /**
     * Floats of keys that all rows of the chunk go through before the next ones: 128 KB stay in the L2 cache. One pass
     * over all keys for each tile waited for L3 from 2,048 keys on; benchmark {@code Attention}.
     */
    private static final int SEGMENT = 32 * 1024;

    private VectorAttention() {}

    static void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int first = cache.length() - rows;
        int start = first / cache.chunk() * cache.chunk();
        int stride = scratch.numeratorStride;
        finishedChunks(cache, q, qOffset, rows, start);
        // Dividing each score by √D is adding it, in place of 1, to the raw Σ|s|.
        double root = ScoreScale.root(cache.headSize());
        for (int i = 0; i < rows; i += MR) {
            int row = first + i;
            int n = Math.min(MR, rows - i);
            int qo = qOffset + i * cache.queryStride();
            scores(cache, q, qo, cache.queryStride(), n, start, row + n);
            for (int column = 0; column < cache.headSize(); column += NR) {
                numerators(cache, q, qo, cache.queryStride(), row, n, column);
            }
            for (int r = 0; r < n; r++) {
                int lo = Panels.LEAD + (i + r) * COUNT;
                int so = Panels.LEAD + r * scratch.scoreStride;
                double sum = scratch.sums[i + r] + absSum(scratch.scores, so, row + r + 1 - start, scratch.lanes, lo);
                float scale = (float) (1 / (root + sum));
                int to = outOffset + (i + r) * cache.outputStride();
                VectorPasses.scale(
                        scratch.numerators, Panels.LEAD + r * stride, scale, out, to, cache.headSize());
            }
        }
    }

    /**
     * Σ|s| of all rows over the keys before {@code start}: whole blocks in {@code sums}, the rest in {@code lanes}.
     */
    private static void finishedChunks(KeyValueCache cache, float[] q, int qOffset, int rows, int start) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int foldEvery = KeyValueCache.foldEvery(cache.chunk());
        int segment = Math.max(1, SEGMENT / (d * NR)) * NR;
        Arrays.fill(scratch.lanes, Panels.LEAD, Panels.LEAD + rows * COUNT, 0f);
        Arrays.fill(scratch.sums, 0, rows, 0);
        for (int from = 0; from < start; ) {
            int fold = (from / foldEvery + 1) * foldEvery;
            int to = Math.min(Math.min(from + segment, fold), start);
            for (int i = 0; i < rows; i += MR) {
                int qo = qOffset + i * cache.queryStride();
                int lo = Panels.LEAD + i * COUNT;
                absScores(cache, q, qo, Math.min(MR, rows - i), from, to, lo);
            }
            for (int r = 0; to == fold && r < rows; r++) {
                int lo = Panels.LEAD + r * COUNT;
                scratch.sums[r] += absSum(scratch.scores, Panels.LEAD, 0, scratch.lanes, lo);
                Arrays.fill(scratch.lanes, lo, lo + COUNT, 0f);
            }
            from = to;
        }
    }

    /** {@code lanes += |Q·Kᵀ|} for the keys {@code from … to − 1}, whole panels. */
    private static void absScores(KeyValueCache cache, float[] q, int qo, int n, int from, int to, int lo) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        if (d <= MicroKernel.MAX_K) {
            ScoreSumKernel.absScores(
                    q, qo, cache.queryStride(), n, cache.keys(), cache.keyOffset(from), d, (to - from) / NR,
                    scratch.lanes, lo, from % COUNT);
            return;
        }
        for (int j = from; j < to; j += NR) {
            scores(cache, q, qo, cache.queryStride(), n, j, j + NR);
            for (int r = 0; r < n; r++) {
                addAbs(scratch.scores, Panels.LEAD + r * scratch.scoreStride, scratch.lanes,
                        lo + r * COUNT + j % COUNT);
            }
        }
    }

    /** Adds a panel's |s_j| to the lanes of one row. */
    private static void addAbs(float[] s, int so, float[] lanes, int lo) {
        for (int j = 0; j < NR; j += LANES) {
            FloatVector.fromArray(SPECIES, lanes, lo + j)
                    .add(FloatVector.fromArray(SPECIES, s, so + j).abs())
                    .intoArray(lanes, lo + j);
        }
    }

    /** {@code S = Q·Kᵀ} for the keys from {@code start}, which begins a chunk, to {@code end}. */
    static void scores(KeyValueCache cache, float[] q, int qo, int qStride, int n, int start, int end) {
        AttentionScratch scratch = cache.scratch();
        for (int j = start; j < end; j += NR) {
            AttentionTile.padded(
                    q, qo, qStride, n, cache.keys(), cache.keyOffset(j), cache.headSize(), scratch.zeros, 0, 0,
                    scratch.scores, Panels.LEAD + j - start, scratch.scoreStride, end - j);
        }
    }

    /** {@code O = Q·state + S·V} for NR columns. */
    private static void numerators(
            KeyValueCache cache, float[] q, int qo, int qStride, int row, int n, int column) {
        AttentionScratch scratch = cache.scratch();
        int stride = scratch.numeratorStride;
        int start = row / cache.chunk() * cache.chunk();
        float[] o = scratch.numerators;
        int oo = Panels.LEAD + column;
        float[] init = scratch.zeros;
        int io = 0;
        int ldi = 0;
        if (start > 0) {
            AttentionTile.padded(
                    q, qo, qStride, n, cache.state(), cache.stateOffset(0, column), cache.headSize(),
                    scratch.zeros, 0, 0, o, oo, stride, cache.headSize() - column);
            init = o;
            io = oo;
            ldi = stride;
        }
        float[] scores = scratch.scores;
        int values = cache.valueOffset(start, column);
        AttentionTile.padded(
                scores, Panels.LEAD, scratch.scoreStride, n, cache.values(), values, row + 1 - start,
                init, io, ldi, o, oo, stride, cache.headSize() - column);
        int own = values + (row + 1 - start) * NR;
        for (int r = 1; r < n; r++) {
            accumulate(
                    scores, Panels.LEAD + r * scratch.scoreStride + row + 1 - start, r,
                    cache.values(), own, o, oo + r * stride);
        }
    }

    /** The last keys of a row, those after the tile's first row: {@code o += Σ s_j v_j} over {@code count} keys. */
    static void accumulate(
            float[] s, int so, int count, float[] v, int vo, float[] o, int oo) {
        for (int column = 0; column < NR; column += LANES) {
            FloatVector acc = FloatVector.fromArray(SPECIES, o, oo + column);
            for (int j = 0; j < count; j++) {
                FloatVector value = FloatVector.fromArray(SPECIES, v, vo + j * NR + column);
                acc = FloatVector.broadcast(SPECIES, s[so + j]).fma(value, acc);
            }
            acc.intoArray(o, oo + column);
        }
    }

    /**
     * What the lanes hold and the |s_j| of {@code count} more keys, the first of which belongs to lane 0. Zeros are
     * written behind them up to a whole number of lanes: they change no sum, and masks would ({@link
     * MicroKernel#edge}).
     */
    static float absSum(float[] s, int so, int count, float[] lanes, int lo) {
        int whole = Math.ceilDiv(count, COUNT) * COUNT;
        Arrays.fill(s, so + count, so + whole, 0f);
        for (int half = 0; half < COUNT / 4; half += LANES) {
            FloatVector a = FloatVector.fromArray(SPECIES, lanes, lo + half);
            FloatVector b = FloatVector.fromArray(SPECIES, lanes, lo + half + COUNT / 4);
            FloatVector c = FloatVector.fromArray(SPECIES, lanes, lo + half + COUNT / 2);
            FloatVector d = FloatVector.fromArray(SPECIES, lanes, lo + half + 3 * COUNT / 4);
            for (int j = so + half; j < so + whole; j += COUNT) {
                a = a.add(FloatVector.fromArray(SPECIES, s, j).abs());
                b = b.add(FloatVector.fromArray(SPECIES, s, j + COUNT / 4).abs());
                c = c.add(FloatVector.fromArray(SPECIES, s, j + COUNT / 2).abs());
                d = d.add(FloatVector.fromArray(SPECIES, s, j + 3 * COUNT / 4).abs());
            }
            a.add(c).add(b.add(d)).intoArray(lanes, lo + half);
        }
        FloatVector v = FloatVector.fromArray(SPECIES, lanes, lo);
        for (int half = COUNT / 8; half >= LANES; half /= 2) {
            for (int l = 0; l < half; l += LANES) {
                FloatVector.fromArray(SPECIES, lanes, lo + l)
                        .add(FloatVector.fromArray(SPECIES, lanes, lo + l + half))
                        .intoArray(lanes, lo + l);
            }
            v = FloatVector.fromArray(SPECIES, lanes, lo);
        }
        if (LANES > 8) {
            v = v.add(v.rearrange(VectorReduce.BY_8));
        }
        if (LANES > 4) {
            v = v.add(v.rearrange(VectorReduce.BY_4));
        }
        v = v.add(v.rearrange(VectorReduce.BY_2));
        return v.add(v.rearrange(VectorReduce.BY_1)).lane(0);
    }

    /** {@code state += Σ k_j v_jᵀ} over the chunk that has just been filled. */
    static void absorb(KeyValueCache cache) {
        int d = cache.headSize();
        float[] state = cache.state();
        for (int column = 0; column < d; column += NR) {
            for (int j = cache.length() - cache.chunk(); j < cache.length(); j += NR) {
                for (int row = 0; row < d; row += MR) {
                    int at = cache.stateOffset(row, column);
                    AttentionTile.padded(
                            cache.keys(), cache.keyOffset(j) + row * NR, NR, d - row,
                            cache.values(), cache.valueOffset(j, column), NR,
                            state, at, NR, state, at, NR, d - column);
                }
            }
        }
    }
}
