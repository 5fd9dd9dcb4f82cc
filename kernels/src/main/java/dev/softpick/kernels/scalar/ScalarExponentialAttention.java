package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.numerics.SoftmaxRules;
import java.util.Arrays;

/** Causal softmax and rectified softpick attention without vectors, a query row at a time, block by block of keys. */
final class ScalarExponentialAttention {

    private ScalarExponentialAttention() {}

    static void softmax(
            KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        int first = cache.length() - rows;
        for (int i = 0; i < rows; i++) {
            float scale = ScoreScale.of(cache.headSize(), ssmaxScale, first + i);
            int to = outOffset + i * cache.outputStride();
            row(cache, q, qOffset + i * cache.queryStride(), first + i, scale, false, out, to);
        }
    }

    static void rectifiedSoftpick(
            KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        int first = cache.length() - rows;
        float scale = ScoreScale.of(cache.headSize(), Float.NaN, 0);
        for (int i = 0; i < rows; i++) {
            int to = outOffset + i * cache.outputStride();
            row(cache, q, qOffset + i * cache.queryStride(), first + i, scale, true, out, to);
        }
    }

    private static void row(
            KeyValueCache cache, float[] q, int qOffset, int row, float scale, boolean rectified, float[] out, int to) {
        AttentionScratch scratch = cache.scratch();
        float[] scores = scratch.scores;
        int d = cache.headSize();
        int nr = cache.panelWidth();
        Arrays.fill(out, to, to + d, 0f);
        for (int start = 0; start <= row; start += cache.chunk()) {
            int count = Math.min(cache.chunk(), row + 1 - start);
            Arrays.fill(scores, 0, count, 0f);
            for (int j = 0; j < count; j += nr) {
                ScalarTile.accumulate(
                        q, qOffset, cache.keys(), cache.keyOffset(start + j), nr, d, scores, j,
                        Math.min(nr, count - j));
            }
            if (rectified) {
                rectifiedWeights(scratch, count, scale, start == 0);
            } else {
                softmaxWeights(scratch, count, scale, start == 0);
            }
            if (start > 0) {
                ScalarPasses.scale(out, to, scratch.factors[0], out, to, d);
            }
            for (int column = 0; column < d; column += nr) {
                ScalarTile.accumulate(
                        scores, 0, cache.values(), cache.valueOffset(start, column), nr, count, out, to + column,
                        Math.min(nr, d - column));
            }
        }
        float reciprocal = rectified
                ? RectifiedSoftpickRules.scoreReciprocal(scratch.maxima[0], scratch.sums[0])
                : (float) (1 / scratch.sums[0]);
        ScalarPasses.scale(out, to, reciprocal, out, to, d);
    }

    static void softmaxWeights(AttentionScratch scratch, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        float sign = SoftmaxRules.sign(scale);
        float largest = ScalarPasses.largest(scores, 0, count, sign);
        float before = sign * scratch.maxima[0];
        float maximum = sign * (first || largest > before ? largest : before);
        float subtrahend = SoftmaxRules.subtrahend(maximum, sign);
        float factor = first ? 0f : Exponential.exp((scratch.maxima[0] - subtrahend) * scale);
        ScalarExponential.exp(scores, 0, scores, 0, count, subtrahend, scale);
        double sum = ScalarReduce.absSum(scores, 0, count);
        scratch.sums[0] = first ? sum : scratch.sums[0] * factor + sum;
        scratch.maxima[0] = maximum;
        scratch.factors[0] = factor;
    }

    static void rectifiedWeights(AttentionScratch scratch, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        ScalarPasses.scale(scores, 0, scale, scores, 0, count);
        float largest = ScalarPasses.largest(scores, 0, count, 1f);
        float maximum = first || largest > scratch.maxima[0] ? largest : scratch.maxima[0];
        float shift = RectifiedSoftpickRules.scoreShift(maximum);
        float before = RectifiedSoftpickRules.scoreShift(scratch.maxima[0]);
        float factor = first ? 0f : Exponential.exp(before - shift);
        ScalarExponential.expMinus(scores, 0, scores, 0, count, shift, 1f);
        double sum = ScalarReduce.absSum(scores, 0, count);
        ScalarPasses.scalePositive(scores, 0, count, 1f);
        scratch.sums[0] = first ? sum : scratch.sums[0] * factor + sum;
        scratch.maxima[0] = maximum;
        scratch.factors[0] = factor;
    }
}
