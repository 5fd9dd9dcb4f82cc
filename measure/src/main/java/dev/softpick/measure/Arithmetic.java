package dev.softpick.measure;

import dev.softpick.kernels.CausalAttention;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;

/** Operations that an output needs: a multiplication and an addition are two. */
public final class Arithmetic {

    private Arithmetic() {}

    /**
     * A forward pass: every row of all blocks but the last, where all rows need keys and values and one row everything
     * else. Softpick's numerators come from the running state behind a chunk of keys.
     */
    public static double forward(SoftpickConfig config, int batch, int steps) {
        return forward(config, batch, steps, config.normalizer() == Normalizer.SOFTPICK);
    }

    /** The same with or without the state, whatever the normalizer is. */
    public static double forward(SoftpickConfig config, int batch, int steps, boolean state) {
        double h = config.hiddenSize();
        double t = steps;
        double ffn = 2 * h * config.ffnSize();
        double block = 2 * t * (4 * h * h + ffn) + config.numHeads() * attention(steps, config.headSize(), state);
        double last = 2 * t * 2 * h * h + 2 * (2 * h * h + ffn) + config.numHeads() * 4.0 * config.headSize() * t;
        double projection = config.inputProjection() ? 2 * t * config.embedDim() * h : 0;
        return batch * (projection + (config.numLayers() - 1) * block + last);
    }

    /**
     * Every window of a series of so many steps, one step apart, where projection and first queries, keys and values
     * are computed once a step. With one layer, a window needs one query, its own.
     */
    public static double windows(SoftpickConfig config, int steps) {
        double h = config.hiddenSize();
        double projection = config.inputProjection() ? 2 * config.embedDim() * h : 0;
        double shared = projection + (config.numLayers() > 1 ? 6 : 4) * h * h;
        int window = config.windowSize();
        return (steps - window + 1) * (forward(config, 1, window) - window * shared) + steps * shared;
    }

    /** Causal attention of one head. */
    public static double attention(int steps, int headSize, boolean state) {
        return state ? withState(steps, headSize) : 4.0 * headSize * pairs(steps);
    }

    /** Values only in the current chunk, and the state of those before: read by each row, extended by each chunk. */
    private static double withState(int steps, int headSize) {
        int chunk = CausalAttention.chunk(headSize);
        double operations = 2.0 * headSize * pairs(steps);
        for (int start = 0; start < steps; start += chunk) {
            int rows = Math.min(chunk, steps - start);
            operations += 2.0 * headSize * pairs(rows);
            operations += start == 0 ? 0 : 2.0 * headSize * headSize * (rows + chunk);
        }
        return operations;
    }

    /** Of a query and a key that it sees. */
    private static double pairs(int steps) {
        return steps * (steps + 1.0) / 2;
    }
}
