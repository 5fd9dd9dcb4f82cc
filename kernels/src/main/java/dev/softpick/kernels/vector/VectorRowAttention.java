package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Attention of one query row over a {@link PagedKeyValueCache}, where a tile of six would do its work six times. Lanes,
 * chunks and blocks count from the first visible key, so the bits are those of {@link VectorAttention} and
 * {@link VectorExponentialAttention} for a row that sees as many keys.
 *
 * <p>Scores are computed for whole spans and stored so that the first visible key comes first; what is computed
 * before it and behind the last one lands in the scratch rows beside and is not read. That is why the row at work is
 * row 1.
 */
final class VectorRowAttention {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int NR = MicroKernel.NR;
    private static final int NV = NR / LANES;
    private static final int GROUP = PagedKeyValueCache.GROUP;

    /**
     * Accumulators of scores. At 512 bits four read a whole group; eight, which read two at once, took 1.15 times as
     * long where keys come from beyond the L2 cache.
     */
    private static final int VECTORS = Math.min(8, GROUP / LANES);

    /** Keys whose scores they hold: a group, or half of one. */
    private static final int SPAN = VECTORS * LANES;

    /** The scratch row in use. */
    private static final int ROW = 1;

    private VectorRowAttention() {}

    static void softpick(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int chunk = cache.chunk();
        int first = cache.first(row);
        int last = first + (row - first) / chunk * chunk;
        int foldEvery = KeyValueCache.foldEvery(chunk);
        float[] lanes = scratch.lanes;
        Arrays.fill(lanes, Panels.LEAD, Panels.LEAD + VirtualLanes.COUNT, 0f);
        double sum = 0;
        Arrays.fill(scratch.numerators, 0f);
        if (cache.keepsState() && last > 0) {
            for (int column = 0; column < d; column += NR) {
                accumulate(
                        q, qOffset, d, cache.state(), cache.stateOffset(head, column),
                        scratch.numerators, Panels.LEAD + column);
            }
        }
        for (int block = first; block <= last; block += chunk) {
            int end = Math.min(block + chunk, row + 1);
            scores(cache, head, q, qOffset, block, end);
            if (block == last || (block - first + chunk) % foldEvery == 0) {
                sum += VectorAttention.absSum(scratch.scores, at(scratch), end - block, lanes, Panels.LEAD);
                Arrays.fill(lanes, Panels.LEAD, Panels.LEAD + VirtualLanes.COUNT, 0f);
            } else {
                addAbs(scratch.scores, at(scratch), chunk, lanes);
            }
            if (block == last || !cache.keepsState()) {
                numerators(cache, head, block, end);
            }
        }
        float scale = (float) (1 / (ScoreScale.root(d) + sum));
        VectorPasses.scale(scratch.numerators, Panels.LEAD, scale, out, outOffset, d);
    }

    static void softmax(
            PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
            int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int first = cache.first(row);
        float scale = ScoreScale.of(cache.headSize(), ssmaxScale, row - first);
        Arrays.fill(scratch.numerators, 0f);
        for (int block = first; block <= row; block += cache.chunk()) {
            int end = Math.min(block + cache.chunk(), row + 1);
            scores(cache, head, q, qOffset, block, end);
            VectorExponentialAttention.softmaxWeights(scratch, ROW, end - block, scale, block == first);
            rescale(scratch, block > first);
            numerators(cache, head, block, end);
        }
        float reciprocal = (float) (1 / scratch.sums[ROW]);
        VectorPasses.scale(scratch.numerators, Panels.LEAD, reciprocal, out, outOffset, cache.headSize());
    }

    static void rectifiedSoftpick(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int first = cache.first(row);
        float scale = ScoreScale.of(cache.headSize(), Float.NaN, 0);
        Arrays.fill(scratch.numerators, 0f);
        for (int block = first; block <= row; block += cache.chunk()) {
            int end = Math.min(block + cache.chunk(), row + 1);
            scores(cache, head, q, qOffset, block, end);
            VectorExponentialAttention.rectifiedWeights(scratch, ROW, end - block, scale, block == first);
            rescale(scratch, block > first);
            numerators(cache, head, block, end);
        }
        float reciprocal = RectifiedSoftpickRules.scoreReciprocal(scratch.maxima[ROW], scratch.sums[ROW]);
        VectorPasses.scale(scratch.numerators, Panels.LEAD, reciprocal, out, outOffset, cache.headSize());
    }

    /** {@code lanes += |s|} over a whole chunk. */
    private static void addAbs(float[] s, int so, int count, float[] lanes) {
        for (int lane = 0; lane < VirtualLanes.COUNT; lane += LANES) {
            FloatVector acc = FloatVector.fromArray(SPECIES, lanes, Panels.LEAD + lane);
            for (int j = lane; j < count; j += VirtualLanes.COUNT) {
                acc = acc.add(FloatVector.fromArray(SPECIES, s, so + j).abs());
            }
            acc.intoArray(lanes, Panels.LEAD + lane);
        }
    }

    private static void rescale(AttentionScratch scratch, boolean notFirst) {
        if (notFirst) {
            float[] o = scratch.numerators;
            VectorPasses.scale(
                    o, Panels.LEAD, scratch.factors[ROW], o, Panels.LEAD, scratch.numeratorStride);
        }
    }

    private static int at(AttentionScratch scratch) {
        return Panels.LEAD + ROW * scratch.scoreStride;
    }

    /** {@code s_j = q·k_j} for the keys from {@code start} to {@code end}, at most a chunk. */
    private static void scores(PagedKeyValueCache cache, int head, float[] q, int qo, int start, int end) {
        float[] s = cache.scratch().scores;
        int first = start / SPAN * SPAN;
        int to = at(cache.scratch()) + first - start;
        for (int j = first; j < end; j += SPAN) {
            if (j > first && cache.samePlace(j, first)) {
                System.arraycopy(s, to, s, to + j - first, end - j);
            } else {
                span(q, qo, cache.headSize(), cache.keys(j), cache.keyOffset(head, j), s, to + j - first);
            }
        }
    }

    /** The scores of a span of keys. */
    private static void span(float[] q, int qo, int d, float[] k, int ko, float[] s, int so) {
        int panel = d * NR;
        int k1 = ko + 1 / NV * panel + 1 % NV * LANES;
        int k2 = ko + 2 / NV * panel + 2 % NV * LANES;
        int k3 = ko + 3 / NV * panel + 3 % NV * LANES;
        int k4 = ko + 4 / NV * panel + 4 % NV * LANES;
        int k5 = ko + 5 / NV * panel + 5 % NV * LANES;
        int k6 = ko + 6 / NV * panel + 6 % NV * LANES;
        int k7 = ko + 7 / NV * panel + 7 % NV * LANES;
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        FloatVector s4 = s0;
        FloatVector s5 = s0;
        FloatVector s6 = s0;
        FloatVector s7 = s0;
        for (int i = 0, step = 0; i < d; i++, step += NR) {
            FloatVector x = FloatVector.broadcast(SPECIES, q[qo + i]);
            s0 = x.fma(FloatVector.fromArray(SPECIES, k, ko + step), s0);
            s1 = x.fma(FloatVector.fromArray(SPECIES, k, k1 + step), s1);
            s2 = x.fma(FloatVector.fromArray(SPECIES, k, k2 + step), s2);
            s3 = x.fma(FloatVector.fromArray(SPECIES, k, k3 + step), s3);
            if (VECTORS > 4) {
                s4 = x.fma(FloatVector.fromArray(SPECIES, k, k4 + step), s4);
                s5 = x.fma(FloatVector.fromArray(SPECIES, k, k5 + step), s5);
                s6 = x.fma(FloatVector.fromArray(SPECIES, k, k6 + step), s6);
                s7 = x.fma(FloatVector.fromArray(SPECIES, k, k7 + step), s7);
            }
        }
        s0.intoArray(s, so);
        s1.intoArray(s, so + LANES);
        s2.intoArray(s, so + 2 * LANES);
        s3.intoArray(s, so + 3 * LANES);
        if (VECTORS > 4) {
            s4.intoArray(s, so + 4 * LANES);
            s5.intoArray(s, so + 5 * LANES);
            s6.intoArray(s, so + 6 * LANES);
            s7.intoArray(s, so + 7 * LANES);
        }
    }

    /**
     * {@code o += Σ s_j v_j} over the keys from {@code start} to {@code end}, whose scores or weights begin the row.
     */
    private static void numerators(PagedKeyValueCache cache, int head, int start, int end) {
        AttentionScratch scratch = cache.scratch();
        int at = at(scratch);
        for (int column = 0; column < cache.headSize(); column += NR) {
            for (int j = start; j < end; ) {
                int count = Math.min(GROUP - j % GROUP, end - j);
                accumulate(
                        scratch.scores, at + j - start, count, cache.values(j), cache.valueOffset(head, j, column),
                        scratch.numerators, Panels.LEAD + column);
                j += count;
            }
        }
    }

    /** {@code o += Σ s_j v_j} for NR columns; rows of v are NR apart. */
    private static void accumulate(float[] s, int so, int count, float[] v, int vo, float[] o, int oo) {
        FloatVector o0 = FloatVector.fromArray(SPECIES, o, oo);
        FloatVector o1 = FloatVector.fromArray(SPECIES, o, oo + LANES);
        FloatVector o2 = NV > 2 ? FloatVector.fromArray(SPECIES, o, oo + 2 * LANES) : o0;
        FloatVector o3 = NV > 2 ? FloatVector.fromArray(SPECIES, o, oo + 3 * LANES) : o0;
        for (int j = 0; j < count; j++, vo += NR) {
            FloatVector x = FloatVector.broadcast(SPECIES, s[so + j]);
            o0 = x.fma(FloatVector.fromArray(SPECIES, v, vo), o0);
            o1 = x.fma(FloatVector.fromArray(SPECIES, v, vo + LANES), o1);
            if (NV > 2) {
                o2 = x.fma(FloatVector.fromArray(SPECIES, v, vo + 2 * LANES), o2);
                o3 = x.fma(FloatVector.fromArray(SPECIES, v, vo + 3 * LANES), o3);
            }
        }
        o0.intoArray(o, oo);
        o1.intoArray(o, oo + LANES);
        if (NV > 2) {
            o2.intoArray(o, oo + 2 * LANES);
            o3.intoArray(o, oo + 3 * LANES);
        }
    }

    /** {@code state += Σ k_j v_jᵀ} over the chunk before {@code row}. */
    static void absorb(PagedKeyValueCache cache, int head, int row) {
        int d = cache.headSize();
        float[] state = cache.state();
        for (int column = 0; column < d; column += NR) {
            for (int j = row - cache.chunk(); j < row; j += NR) {
                for (int i = 0; i < d; i += MicroKernel.MR) {
                    int at = cache.stateOffset(head, column) + i * NR;
                    AttentionTile.padded(
                            cache.keys(j), cache.keyOffset(head, j) + i * NR, NR, d - i,
                            cache.values(j), cache.valueOffset(head, j, column), NR,
                            state, at, NR, state, at, NR, d - column);
                }
            }
        }
    }
}
