package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.numerics.ScoreScale;
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
                ScalarMatMul.accumulate(
                        q, qOffset, cache.keys(), cache.keyOffset(start + j), nr, d, scores, j, Math.min(nr, count - j));
            }
            if (rectified) {
                rectifiedWeights(scratch, count, scale, start == 0);
            } else {
                softmaxWeights(scratch, count, scale, start == 0);
            }
            if (start > 0) {
                for (int i = to; i < to + d; i++) {
                    out[i] *= scratch.factors[0];
                }
            }
            for (int column = 0; column < d; column += nr) {
                ScalarMatMul.accumulate(
                        scores, 0, cache.values(), cache.valueOffset(start, column), nr, count, out, to + column,
                        Math.min(nr, d - column));
            }
        }
        float share = rectified
                ? ScoreScale.rectifiedShare(scratch.peaks[0], scratch.sums[0])
                : (float) (1 / scratch.sums[0]);
        for (int i = to; i < to + d; i++) {
            out[i] *= share;
        }
    }

    static void softmaxWeights(AttentionScratch scratch, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        float sign = scale < 0f ? -1f : 1f;
        float largest = ScalarPasses.largest(scores, 0, count, sign);
        float before = sign * scratch.peaks[0];
        float peak = sign * (first || largest > before ? largest : before);
        float factor = first ? 0f : Exponential.exp((scratch.peaks[0] - peak) * scale);
        for (int j = 0; j < count; j++) {
            scores[j] = Exponential.exp((scores[j] - peak) * scale);
        }
        double sum = ScalarReduce.absSum(scores, 0, count);
        scratch.sums[0] = first ? sum : scratch.sums[0] * factor + sum;
        scratch.peaks[0] = peak;
        scratch.factors[0] = factor;
    }

    static void rectifiedWeights(AttentionScratch scratch, int count, float scale, boolean first) {
        float[] scores = scratch.scores;
        for (int j = 0; j < count; j++) {
            scores[j] *= scale;
        }
        float largest = ScalarPasses.largest(scores, 0, count, 1f);
        float peak = first || largest > scratch.peaks[0] ? largest : scratch.peaks[0];
        float shift = ScoreScale.shift(peak);
        float factor = first ? 0f : Exponential.exp(ScoreScale.shift(scratch.peaks[0]) - shift);
        float one = shift > 0f ? 0f : 1f;
        for (int j = 0; j < count; j++) {
            scores[j] = Exponential.expMinus(scores[j] - shift, one);
        }
        double sum = ScalarReduce.absSum(scores, 0, count);
        ScalarPasses.share(scores, 0, count, 1f);
        scratch.sums[0] = first ? sum : scratch.sums[0] * factor + sum;
        scratch.peaks[0] = peak;
        scratch.factors[0] = factor;
    }
}
