package dev.softpick.kernels;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.select.Backends;

/**
 * Causal attention of one head: {@code out_i = Σ_{j≤i} w_ij v_j} with weights {@code w_i = normalizer(s_i)} and
 * scores {@code s_ij = q_i·k_j / √headSize}, the scale in float32 as Edifice has it.
 *
 * <p>{@code q}, {@code k}, {@code v} and {@code out} are dense row-major {@code [steps, headSize]}, from index 0;
 * {@code out} must be none of the others. Keys after a row are not read, so a NaN there does not reach it. Scores are
 * never stored for the whole matrix. Softpick takes one pass without maximum or exponential and, beyond the first 192
 * keys (for head sizes up to 96), keeps {@code Σ k vᵀ} instead of the values, which makes long windows about half
 * the arithmetic.
 *
 * <p>A row's bits depend on nothing but its numbers: not on the machine, the width, or what follows. Within 5e-6 ·
 * max(1, |y|) of the exact value for data of ordinary size. Thread-safe. Allocates the keys and values in packed order;
 * a model keeps that memory.
 */
public final class CausalAttention {

    private CausalAttention() {}

    /**
     * Keys that softpick attends to one by one for a head of that size, the last of them 192 or a multiple of it; a sum
     * {@code Σ k vᵀ} stands for those before. A figure for cost models: no bit depends on knowing it.
     *
     * @param headSize elements of a query or key, from 1
     * @return the number of keys
     * @throws IllegalArgumentException if the size is below 1
     */
    public static int chunk(int headSize) {
        if (headSize < 1) {
            throw new IllegalArgumentException("headSize is " + headSize + "; allowed is a number from 1");
        }
        return KeyValueCache.chunkFor(headSize);
    }

    /**
     * With {@link Softpick}'s weights, {@code s_ij / (1 + Σ|s_ij|)}. Source:
     * {@code Edifice.Blocks.Softpick.build_softpick_attention/2}.
     *
     * @param q queries, {@code [steps, headSize]}
     * @param k keys, {@code [steps, headSize]}
     * @param v values, {@code [steps, headSize]}
     * @param steps rows, from 1
     * @param headSize elements of a row, from 1
     * @param out receives {@code [steps, headSize]}; none of the others
     * @throws IllegalArgumentException if a size is below 1, an array has another length, or out is an input
     */
    public static void softpick(float[] q, float[] k, float[] v, int steps, int headSize, float[] out) {
        attend(q, k, v, steps, headSize, new ScoreNormalizer.Softpick(), out);
    }

    /**
     * With {@link Softmax}'s weights; otherwise as {@link #softpick}.
     *
     * @param q queries, {@code [steps, headSize]}
     * @param k keys, {@code [steps, headSize]}
     * @param v values, {@code [steps, headSize]}
     * @param steps rows, from 1
     * @param headSize elements of a row, from 1
     * @param out receives {@code [steps, headSize]}; none of the others
     * @throws IllegalArgumentException if a size is below 1, an array has another length, or out is an input
     */
    public static void softmax(float[] q, float[] k, float[] v, int steps, int headSize, float[] out) {
        attend(q, k, v, steps, headSize, new ScoreNormalizer.Softmax(), out);
    }

    /**
     * With {@link SSMax}'s weights, {@code softmax(a·log(i + 1)·s)} for row i; otherwise as {@link #softpick}.
     *
     * @param q queries, {@code [steps, headSize]}
     * @param k keys, {@code [steps, headSize]}
     * @param v values, {@code [steps, headSize]}
     * @param steps rows, from 1
     * @param headSize elements of a row, from 1
     * @param a the learned factor, any number but NaN
     * @param out receives {@code [steps, headSize]}; none of the others
     * @throws IllegalArgumentException if a is NaN, a size is below 1, an array has another length, or out is an input
     */
    public static void ssmax(float[] q, float[] k, float[] v, int steps, int headSize, float a, float[] out) {
        if (Float.isNaN(a)) {
            throw new IllegalArgumentException("a is NaN; allowed is any number");
        }
        attend(q, k, v, steps, headSize, new ScoreNormalizer.SSMax(a), out);
    }

    /**
     * With {@link RectifiedSoftpick}'s weights; otherwise as {@link #softpick}. The first row sees one key, and its
     * weight jumps from 0 to 1 where that score passes 0.
     *
     * @param q queries, {@code [steps, headSize]}
     * @param k keys, {@code [steps, headSize]}
     * @param v values, {@code [steps, headSize]}
     * @param steps rows, from 1
     * @param headSize elements of a row, from 1
     * @param out receives {@code [steps, headSize]}; none of the others
     * @throws IllegalArgumentException if a size is below 1, an array has another length, or out is an input
     */
    public static void rectifiedSoftpick(float[] q, float[] k, float[] v, int steps, int headSize, float[] out) {
        attend(q, k, v, steps, headSize, new ScoreNormalizer.RectifiedSoftpick(), out);
    }

    private static void attend(
            float[] q, float[] k, float[] v, int steps, int headSize, ScoreNormalizer normalizer, float[] out) {
        Arguments.atLeast("steps", steps, 1);
        Arguments.atLeast("headSize", headSize, 1);
        long size = (long) steps * headSize;
        Arguments.length("q", q, size);
        Arguments.length("k", k, size);
        Arguments.length("v", v, size);
        Arguments.length("out", out, size);
        if (out == q || out == k || out == v) {
            throw new IllegalArgumentException("out is one of the inputs; give another array");
        }
        Backend backend = Backends.current();
        AttentionScratch scratch = new AttentionScratch(headSize, backend.panelWidth());
        KeyValueCache cache = normalizer.isLinear()
                ? KeyValueCache.forSoftpick(scratch, steps, headSize, headSize)
                : KeyValueCache.forAllValues(scratch, steps, headSize, headSize);
        for (int start = 0; start < steps; start += cache.chunk()) {
            int rows = Math.min(cache.chunk(), steps - start);
            if (start > 0 && cache.keepsState()) {
                backend.attention().absorb(cache);
            }
            cache.append(k, start * headSize, v, start * headSize, rows);
            normalizer.attend(backend.attention(), cache, q, start * headSize, rows, out, start * headSize);
        }
    }
}
