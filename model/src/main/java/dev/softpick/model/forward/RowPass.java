package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.select.BackendWarmUp;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;

/**
 * The way of single positions through the model: each row belongs to a cache, which holds what came before it. Products
 * take all rows at once, attention takes them one by one; the rows may be consecutive positions of one sequence, or one
 * position each of many.
 *
 * @param config the model's options
 * @param weights its weights
 * @param warmUp what decides on what a call runs
 */
public record RowPass(SoftpickConfig config, ModelWeights weights, BackendWarmUp warmUp) {

    /** On what is warm. */
    public RowPass(SoftpickConfig config, ModelWeights weights) {
        this(config, weights, ModelWarmUp.of(config, weights));
    }

    /** Memory for so many rows, at most {@link Scratch#BLOCK_ROWS}. */
    public Scratch newScratch(int rows) {
        return new Scratch(config.hiddenSize(), config.feedForwardSize(), new KeyValueCache[1], 1, rows);
    }

    /** Keys and values of all heads of all layers; a window of 0 is none. */
    public PagedKeyValueCache newCache(int window) {
        AttentionWeights attention = weights.blocks().getFirst().attention();
        return new PagedKeyValueCache(
                Math.multiplyExact(config.numLayers(), config.numHeads()), config.headSize(), attention.qkv().width(),
                window, attention.scores().isLinear());
    }

    /** First hidden states, and the first block's queries, keys and values, of frames. */
    public void embed(Backend backend, Scratch s, float[] frames, int offset, int count) {
        weights.embed(backend, frames, offset, count, s.hidden, 0);
        project(backend, s, 0, count);
    }

    private void project(Backend backend, Scratch s, int layer, int count) {
        BlockWeights block = weights.blocks().get(layer);
        block.attentionNorm().apply(backend, s.hidden, 0, count, s.next);
        block.attention().project(backend, s.next, 0, count, s.qkv);
    }

    /**
     * Embedded rows go on to the last hidden states, before the final norm.
     *
     * @param caches the cache of each row, with room for it
     * @param positions where in it the row stands; rows of one cache are consecutive and in order
     */
    public void run(Backend backend, Scratch s, PagedKeyValueCache[] caches, int[] positions, int count) {
        for (int layer = 0; layer < config.numLayers(); layer++) {
            BlockWeights block = weights.blocks().get(layer);
            if (layer > 0) {
                project(backend, s, layer, count);
            }
            int firstHead = layer * config.numHeads();
            for (int i = 0; i < count; i++) {
                block.attention().attendRow(backend, caches[i], firstHead, positions[i], s.qkv, i, s.attended);
            }
            block.attention().addProjected(backend, s.attended, 0, count, s.hidden, s.next);
            block.ffnNorm().apply(backend, s.next, 0, count, s.attended);
            block.ffn().add(backend, s.attended, s.inner[0], s.next, 0, count, s.hidden);
        }
    }

    /** The final norm of {@code count} rows from {@code row} on, into the caller's array. */
    public void finalNorm(Backend backend, Scratch s, int row, int count, float[] output, int offset) {
        weights.finalNorm(backend, s.hidden, row, count, output, offset);
    }
}
