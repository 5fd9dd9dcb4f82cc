package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backends;

/**
 * One pre-norm block of Edifice's transformer.
 *
 * <pre>
 *   h = x + attention(layerNorm(x))
 *   y = h + ffn(layerNorm(h))
 * </pre>
 *
 * {@code x} and {@code y} are {@code [batch, steps, hiddenSize]}. Immutable, thread-safe, the same bits everywhere.
 */
public final class TransformerBlock implements Layer {

    private final LayerNorm attentionNorm;
    private final MultiHeadAttention attention;
    private final LayerNorm ffnNorm;
    private final FeedForward ffn;

    /**
     * Joins the four parts.
     *
     * @throws IllegalArgumentException unless all of them have the same size
     */
    public TransformerBlock(
            LayerNorm attentionNorm, MultiHeadAttention attention, LayerNorm ffnNorm, FeedForward ffn) {
        int size = attention.hiddenSize();
        same("attention's input", attention.inputSize(), size);
        same("attentionNorm", attentionNorm.size(), size);
        same("ffnNorm", ffnNorm.size(), size);
        same("ffn", ffn.size(), size);
        this.attentionNorm = attentionNorm;
        this.attention = attention;
        this.ffnNorm = ffnNorm;
        this.ffn = ffn;
    }

    private static void same(String part, int size, int expected) {
        if (size != expected) {
            throw new IllegalArgumentException(
                    part + " has size " + size + "; the hidden size of attention is " + expected);
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        int h = attention.hiddenSize();
        Shapes.sequence(x, h);
        int batch = x.size(0);
        int steps = x.size(1);
        Tensor y = Tensor.zeros(x.shape());
        Scratch s = newScratch(1, steps);
        s.starts[1] = steps;
        for (int sequence = 0; sequence < batch; sequence++) {
            int at = sequence * steps * h;
            System.arraycopy(x.values(), at, s.m, s.hidden, steps * h);
            all(Backends.current(), s, 1);
            System.arraycopy(s.m, s.hidden, y.values(), at, steps * h);
        }
        return y;
    }

    /** Scratch memory for a group of sequences. */
    Scratch newScratch(int sequences, int steps) {
        return new Scratch(
                attention.hiddenSize(), ffn.up().outputSize(), attention.newCache(steps), sequences, steps);
    }

    /** Every position: {@code hidden} to {@code hidden}. */
    void all(Backend backend, Scratch s, int sequences) {
        int h = attention.hiddenSize();
        int rows = s.starts[sequences];
        for (int row = 0; row < rows; row += Scratch.BLOCK_ROWS) {
            int count = Math.min(Scratch.BLOCK_ROWS, rows - row);
            norm(backend, attentionNorm, s, s.hidden + row * h, count);
            attention.project(backend, s.m, s.norm, count, s.m, s.qkv + row * 3 * h);
        }
        for (int sequence = 0; sequence < sequences; sequence++) {
            int row = s.starts[sequence];
            int steps = s.starts[sequence + 1] - row;
            for (int head = 0; head < attention.heads(); head++) {
                attention.attend(
                        backend, s.cache, head, s.m, s.qkv + row * 3 * h, steps, s.m, s.attended + row * h);
            }
        }
        for (int row = 0; row < rows; row += Scratch.BLOCK_ROWS) {
            int count = Math.min(Scratch.BLOCK_ROWS, rows - row);
            int at = row * h;
            attention.addProjected(backend, s.m, s.attended + at, count, s.hidden + at, s.next + at);
            norm(backend, ffnNorm, s, s.next + at, count);
            ffn.add(backend, s.m, s.norm, count, s.inner, s.next + at, s.hidden + at);
        }
    }

    /**
     * The last position of each sequence, into the first rows of {@code next}: the last block of a model needs keys and
     * values of every position and everything else of one.
     */
    void last(Backend backend, Scratch s, int sequences) {
        int h = attention.hiddenSize();
        int rows = s.starts[sequences];
        for (int row = 0; row < rows; row += Scratch.BLOCK_ROWS) {
            int count = Math.min(Scratch.BLOCK_ROWS, rows - row);
            norm(backend, attentionNorm, s, s.hidden + row * h, count);
            attention.projectKeysAndValues(backend, s.m, s.norm, count, s.m, s.qkv + row * 3 * h);
        }
        for (int sequence = 0; sequence < sequences; sequence++) {
            int last = s.starts[sequence + 1] - 1;
            System.arraycopy(s.m, s.hidden + last * h, s.m, s.next + sequence * h, h);
        }
        norm(backend, attentionNorm, s, s.next, sequences);
        for (int sequence = 0; sequence < sequences; sequence++) {
            int row = s.starts[sequence];
            int steps = s.starts[sequence + 1] - row;
            int last = s.qkv + (row + steps - 1) * 3 * h;
            attention.projectQueries(backend, s.m, s.norm + sequence * h, 1, s.m, last, 3 * h);
            for (int head = 0; head < attention.heads(); head++) {
                attention.attendLast(
                        backend, s.cache, head, s.m, s.qkv + row * 3 * h, steps, s.m, s.attended + sequence * h);
            }
        }
        attention.addProjected(backend, s.m, s.attended, sequences, s.next, s.hidden);
        norm(backend, ffnNorm, s, s.hidden, sequences);
        ffn.add(backend, s.m, s.norm, sequences, s.inner, s.hidden, s.next);
    }

    private static void norm(Backend backend, LayerNorm norm, Scratch s, int from, int rows) {
        backend.layerNorm(s.m, from, rows, norm.gamma(), norm.beta(), LayerNorm.EPSILON, s.m, s.norm);
    }

    LayerNorm attentionNorm() {
        return attentionNorm;
    }

    MultiHeadAttention attention() {
        return attention;
    }

    LayerNorm ffnNorm() {
        return ffnNorm;
    }

    FeedForward ffn() {
        return ffn;
    }
}
