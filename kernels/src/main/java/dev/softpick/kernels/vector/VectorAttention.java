package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.AttentionScratch;
import dev.softpick.kernels.backend.KeyValueCache;
import dev.softpick.kernels.backend.Panels;
import dev.softpick.kernels.backend.ScoreScale;
import dev.softpick.kernels.backend.VirtualLanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Causal softpick attention of one head, in one pass over the keys. For a tile of query rows, with C keys in a chunk:
 *
 * <pre>
 *   for each finished chunk:  lanes += |Q·Kᵀ|           only the denominator needs its scores
 *   S = Q·Kᵀ of the chunk under way, lanes += |S|
 *   O = Q·state + S·V                                           state = Σ k vᵀ of the finished chunks
 *   out = O / (√D + Σ lanes)
 * </pre>
 */
final class VectorAttention {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;
    private static final int MR = MicroKernel.MR;
    private static final int COUNT = VirtualLanes.COUNT;

    private VectorAttention() {}

    static void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        int qStride = cache.queryStride();
        int outStride = cache.outputStride();
        int chunk = cache.chunk();
        int first = cache.length() - rows;
        for (int i = 0; i < rows; ) {
            int row = first + i;
            int n = Math.min(Math.min(MR, rows - i), chunk - row % chunk);
            tile(cache, q, qOffset + i * qStride, qStride, row, n, out, outOffset + i * outStride, outStride);
            i += n;
        }
    }

    /** The rows {@code row … row + n − 1}, all of one chunk. */
    private static void tile(
            KeyValueCache cache, float[] q, int qo, int qStride, int row, int n, float[] out, int to, int outStride) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int chunk = cache.chunk();
        int start = row / chunk * chunk;
        float[] lanes = scratch.lanes;
        Arrays.fill(lanes, 0f);
        Arrays.fill(scratch.sums, 0);

        int foldEvery = KeyValueCache.foldEvery(chunk);
        for (int block = 0; block <= start; block += chunk) {
            int end = Math.min(block + chunk, row + n);
            scores(cache, q, qo, qStride, n, block, end);
            for (int r = 0; r < n; r++) {
                int count = Math.min(end, row + r + 1) - block;
                int from = Panels.LEAD + r * scratch.scoreStride;
                addAbs(scratch.scores, from, count, lanes, Panels.LEAD + r * COUNT);
            }
            if (block == start || (block + chunk) % foldEvery == 0) {
                foldRows(scratch, n);
            }
        }

        for (int column = 0; column < d; column += NR) {
            numerators(cache, q, qo, qStride, row, n, column);
        }
        int stride = scratch.numeratorStride;
        // Dividing each score by √D is adding it, in place of 1, to the raw Σ|s|.
        double root = ScoreScale.root(d);
        for (int r = 0; r < n; r++) {
            float scale = (float) (1 / (root + scratch.sums[r]));
            scale(scratch.numerators, Panels.LEAD + r * stride, scale, out, to + r * outStride, d);
        }
    }

    /** {@code S = Q·Kᵀ} for the keys from {@code start}, which begins a chunk, to {@code end}. */
    static void scores(KeyValueCache cache, float[] q, int qo, int qStride, int n, int start, int end) {
        AttentionScratch scratch = cache.scratch();
        for (int j = start; j < end; j += NR) {
            MicroKernel.padded(
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
            MicroKernel.padded(
                    q, qo, qStride, n, cache.state(), cache.stateOffset(0, column), cache.headSize(),
                    scratch.zeros, 0, 0, o, oo, stride, cache.headSize() - column);
            init = o;
            io = oo;
            ldi = stride;
        }
        float[] scores = scratch.scores;
        int values = cache.valueOffset(start, column);
        MicroKernel.padded(
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

    /** Adds |s_j| of {@code count} keys to the lanes of one row; the first key belongs to lane 0. */
    static void addAbs(float[] s, int so, int count, float[] lanes, int lo) {
        for (int lane = 0; lane < COUNT && lane < count; lane += LANES) {
            FloatVector acc = FloatVector.fromArray(SPECIES, lanes, lo + lane);
            int j = lane;
            for (; j + LANES <= count; j += COUNT) {
                acc = acc.add(FloatVector.fromArray(SPECIES, s, so + j).abs());
            }
            if (j < count) {
                acc = acc.add(FloatVector.fromArray(SPECIES, s, so + j, SPECIES.indexInRange(j, count)).abs());
            }
            acc.intoArray(lanes, lo + lane);
        }
    }

    private static final VectorShuffle<Float> BY_8 = rotation(8);
    private static final VectorShuffle<Float> BY_4 = rotation(4);
    private static final VectorShuffle<Float> BY_2 = rotation(2);
    private static final VectorShuffle<Float> BY_1 = rotation(1);

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(SPECIES, i -> (i + by) % LANES);
    }

    /** Folds each row's lanes by halves into its sum and clears them. */
    static void foldRows(AttentionScratch scratch, int n) {
        float[] lanes = scratch.lanes;
        FloatVector zero = FloatVector.zero(SPECIES);
        for (int r = 0; r < n; r++) {
            int lo = Panels.LEAD + r * COUNT;
            for (int half = COUNT / 2; half >= LANES; half /= 2) {
                for (int l = 0; l < half; l += LANES) {
                    FloatVector.fromArray(SPECIES, lanes, lo + l)
                            .add(FloatVector.fromArray(SPECIES, lanes, lo + l + half))
                            .intoArray(lanes, lo + l);
                }
            }
            FloatVector v = FloatVector.fromArray(SPECIES, lanes, lo);
            if (LANES > 8) {
                v = v.add(v.rearrange(BY_8));
            }
            if (LANES > 4) {
                v = v.add(v.rearrange(BY_4));
            }
            v = v.add(v.rearrange(BY_2));
            v = v.add(v.rearrange(BY_1));
            scratch.sums[r] += v.lane(0);
            for (int l = 0; l < COUNT; l += LANES) {
                zero.intoArray(lanes, lo + l);
            }
        }
    }

    static void scale(float[] x, int xo, float scale, float[] out, int to, int length) {
        int i = 0;
        for (; i + LANES <= length; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xo + i).mul(scale).intoArray(out, to + i);
        }
        if (i < length) {
            var mask = SPECIES.indexInRange(i, length);
            FloatVector.fromArray(SPECIES, x, xo + i).mul(scale).intoArray(out, to + i, mask);
        }
    }

    /** {@code state += Σ k_j v_jᵀ} over the chunk that has just been filled. */
    static void absorb(KeyValueCache cache) {
        int d = cache.headSize();
        float[] state = cache.state();
        for (int column = 0; column < d; column += NR) {
            for (int j = cache.length() - cache.chunk(); j < cache.length(); j += NR) {
                for (int row = 0; row < d; row += MR) {
                    int at = cache.stateOffset(row, column);
                    MicroKernel.padded(
                            cache.keys(), cache.keyOffset(j) + row * NR, NR, d - row,
                            cache.values(), cache.valueOffset(j, column), NR,
                            state, at, NR, state, at, NR, d - column);
                }
            }
        }
    }
}
