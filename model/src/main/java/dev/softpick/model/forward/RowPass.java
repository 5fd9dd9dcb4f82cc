package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.NormWeights;

/**
 * The way of single positions through the model: each row belongs to a cache, which holds what came before it. Products take
 * all rows at once, attention takes them one by one; the rows may be consecutive positions of one sequence, or one position each
 * of many.
 *
 * @param config the model's options
 * @param weights its weights
 */
public record RowPass(SoftpickConfig config, ModelWeights weights) {

    /** Memory for so many rows, at most {@link Scratch#BLOCK_ROWS}. */
    public Scratch newScratch(int rows) {
        return new Scratch(config.hiddenSize(), config.feedForwardSize(), new KeyValueCache[1], 1, rows);
    }

    /** Keys and values of all heads of all layers; a window of 0 is none. */
    public PagedKeyValueCache newCache(int window) {
        AttentionWeights attention = weights.blocks().getFirst().attention();
        return new PagedKeyValueCache(
                Math.multiplyExact(config.numLayers(), config.numHeads()), config.headSize(), attention.qkv().width(),
                window, config.normalizer() == Normalizer.SOFTPICK);
    }

    /** First hidden states, and the first block's queries, keys and values, of frames. */
    public void embed(Backend backend, Scratch s, float[] frames, int from, int rows) {
        int h = config.hiddenSize();
        if (weights.inputProjection() == null) {
            System.arraycopy(frames, from, s.m, s.hidden, rows * h);
        } else {
            backend.multiply(
                    frames, from, config.embedDim(), rows, weights.inputProjection(), s.m, s.hidden, h);
        }
        project(backend, s, 0, rows);
    }

    private void project(Backend backend, Scratch s, int layer, int rows) {
        BlockWeights block = weights.blocks().get(layer);
        norm(backend, block.attentionNorm(), s, s.hidden, rows, s.m, s.norm[0]);
        block.attention().project(backend, s.m, s.norm[0], rows, s.m, s.qkv);
    }

    /**
     * Embedded rows go on to the last hidden states, before the final norm.
     *
     * @param caches the cache of each row, with room for it
     * @param positions where in it the row stands; rows of one cache are consecutive and in order
     */
    public void run(Backend backend, Scratch s, PagedKeyValueCache[] caches, int[] positions, int rows) {
        int h = config.hiddenSize();
        for (int layer = 0; layer < config.numLayers(); layer++) {
            BlockWeights block = weights.blocks().get(layer);
            if (layer > 0) {
                project(backend, s, layer, rows);
            }
            for (int i = 0; i < rows; i++) {
                block.attention().attendRow(
                        backend, caches[i], layer * config.numHeads(), positions[i], s.m, s.qkv + i * 3 * h,
                        s.attended + i * h);
            }
            block.attention().addProjected(backend, s.m, s.attended, rows, s.hidden, s.next);
            norm(backend, block.ffnNorm(), s, s.next, rows, s.m, s.norm[0]);
            block.ffn().add(backend, s.m, s.norm[0], rows, s.inner[0], s.next, s.hidden);
        }
    }

    /** The final norm of rows {@code first} to {@code first + rows − 1}, into the caller's array. */
    public void finalNorm(Backend backend, Scratch s, int first, int rows, float[] output, int to) {
        int h = config.hiddenSize();
        if (weights.finalNorm() == null) {
            System.arraycopy(s.m, s.hidden + first * h, output, to, rows * h);
        } else {
            norm(backend, weights.finalNorm(), s, s.hidden + first * h, rows, output, to);
        }
    }

    private static void norm(
            Backend backend, NormWeights norm, Scratch s, int from, int rows, float[] output, int to) {
        norm.apply(backend, s.m, from, rows, output, to);
    }
}
