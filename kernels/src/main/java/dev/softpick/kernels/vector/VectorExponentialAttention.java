package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.SoftmaxRules;

/**
 * Causal softmax and rectified softpick attention of one head. For a tile of query rows, block by block of keys:
 *
 * <pre>
 *   S = Q·Kᵀ,  m' = max(m, S)
 *   P = weights of S relative to m',  f = e^(m − m')
 *   l = f·l + Σ P,  O = f·O + P·V
 *   out = O / l at the end
 * </pre>
 */
final class VectorExponentialAttention {

    private static final int NR = MicroKernel.NR;

    private VectorExponentialAttention() {}

    static void softmax(
            KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        attend(cache, ssmaxScale, false, q, qOffset, rows, out, outOffset);
    }

    static void rectifiedSoftpick(
            KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        attend(cache, Float.NaN, true, q, qOffset, rows, out, outOffset);
    }

    private static void attend(
            KeyValueCache cache, float ssmaxScale, boolean rectified, float[] q, int qOffset, int rows, float[] out,
            int outOffset) {
        AttentionScratch scratch = cache.scratch();
        int d = cache.headSize();
        int stride = scratch.numeratorStride;
        int first = cache.length() - rows;
        for (int i = 0; i < rows; ) {
            int row = first + i;
            int n = Math.min(Math.min(MicroKernel.MR, rows - i), cache.chunk() - row % cache.chunk());
            for (int start = 0; start <= row; start += cache.chunk()) {
                block(cache, ssmaxScale, rectified, q, qOffset + i * cache.queryStride(), row, n, start);
            }
            for (int r = 0; r < n; r++) {
                float reciprocal = rectified
                        ? RectifiedSoftpickRules.scoreReciprocal(scratch.maxima[r], scratch.sums[r])
                        : (float) (1 / scratch.sums[r]);
                int to = outOffset + (i + r) * cache.outputStride();
                VectorPasses.scale(scratch.numerators, Panels.LEAD + r * stride, reciprocal, out, to, d);
            }
            i += n;
        }
    }

    /** The keys from {@code start} to the end of their block, or as far as the rows see. */
    private static void block(
            KeyValueCache cache, float ssmaxScale, boolean rectified, float[] q, int qo, int row, int n, int start) {
        AttentionScratch scratch = cache.scratch();
        float[] scores = scratch.scores;
        int d = cache.headSize();
        int end = Math.min(start + cache.chunk(), row + n);
        VectorAttention.scores(cache, q, qo, cache.queryStride(), n, start, end);
        int stride = scratch.numeratorStride;
        float[] o = scratch.numerators;
        for (int r = 0; r < n; r++) {
            int count = Math.min(end, row + r + 1) - start;
            if (rectified) {
                rectifiedWeights(scratch, r, count, ScoreScale.of(d, Float.NaN, 0), start == 0);
            } else {
                softmaxWeights(scratch, r, count, ScoreScale.of(d, ssmaxScale, row + r), start == 0);
            }
            if (start > 0) {
                int at = Panels.LEAD + r * stride;
                VectorPasses.scale(o, at, scratch.factors[r], o, at, stride);
            }
        }
        int common = Math.min(end, row + 1) - start;
        for (int column = 0; column < d; column += NR) {
            int oo = Panels.LEAD + column;
            int values = cache.valueOffset(start, column);
            AttentionTile.padded(
                    scores, Panels.LEAD, scratch.scoreStride, n, cache.values(), values, common,
                    start == 0 ? scratch.zeros : o, start == 0 ? 0 : oo, start == 0 ? 0 : stride,
                    o, oo, stride, d - column);
            for (int r = 1; r < n && end > row + 1; r++) {
                VectorAttention.accumulate(
                        scores, Panels.LEAD + r * scratch.scoreStride + common, r,
                        cache.values(), values + common * NR, o, oo + r * stride);
            }
        }
    }

    /** Exponentials go up to a whole vector; what is behind the last key is not read. */
    static void softmaxWeights(AttentionScratch scratch, int r, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        int so = Panels.LEAD + r * scratch.scoreStride;
        float sign = SoftmaxRules.sign(scale);
        float largest = VectorPasses.largest(scores, so, count, sign);
        float before = sign * scratch.maxima[r];
        float maximum = sign * (first || largest > before ? largest : before);
        float subtrahend = SoftmaxRules.subtrahend(maximum, sign);
        float factor = first ? 0f : Exponential.exp((scratch.maxima[r] - subtrahend) * scale);
        VectorExponential.exp(scores, so, scores, so, VectorExponential.whole(count), subtrahend, scale);
        double sum = VectorReduce.absSum(scores, so, count);
        scratch.sums[r] = first ? sum : scratch.sums[r] * factor + sum;
        scratch.maxima[r] = maximum;
        scratch.factors[r] = factor;
    }

    static void rectifiedWeights(AttentionScratch scratch, int r, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        int so = Panels.LEAD + r * scratch.scoreStride;
        int whole = VectorExponential.whole(count);
        VectorPasses.scale(scores, so, scale, scores, so, whole);
        float largest = VectorPasses.largest(scores, so, count, 1f);
        float maximum = first || largest > scratch.maxima[r] ? largest : scratch.maxima[r];
        float shift = RectifiedSoftpickRules.scoreShift(maximum);
        float before = RectifiedSoftpickRules.scoreShift(scratch.maxima[r]);
        float factor = first ? 0f : Exponential.exp(before - shift);
        VectorExponential.expMinus(scores, so, scores, so, whole, shift, 1f);
        double sum = VectorReduce.absSum(scores, so, count);
        VectorPasses.scalePositive(scores, so, whole, 1f);
        scratch.sums[r] = first ? sum : scratch.sums[r] * factor + sum;
        scratch.maxima[r] = maximum;
        scratch.factors[r] = factor;
    }
}
