package dev.softpick.model;

import dev.softpick.kernels.select.Backends;
import dev.softpick.model.forward.BlockPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.weights.BlockWeights;

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
     * @param attentionNorm before attention
     * @param attention whose input has its hidden size
     * @param ffnNorm before the feed-forward half
     * @param ffn the feed-forward half
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

    TransformerBlock(BlockWeights weights) {
        this(new LayerNorm(weights.attentionNorm()), new MultiHeadAttention(weights.attention()),
                new LayerNorm(weights.ffnNorm()), new FeedForward(weights.ffn()));
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
        BlockPass pass = new BlockPass(
                new BlockWeights(attentionNorm.weights(), attention.weights(), ffnNorm.weights(), ffn.weights()));
        Scratch s = pass.newScratch(1, 1, steps);
        for (int sequence = 0; sequence < batch; sequence++) {
            int at = sequence * steps * h;
            s.begin(sequence, 1, steps, null);
            s.hidden.put(0, steps, x.values(), at);
            pass.all(Backends.current(), s, null);
            s.hidden.get(0, steps, y.values(), at);
        }
        return y;
    }

    /** {@return the norm before attention} */
    public LayerNorm attentionNorm() {
        return attentionNorm;
    }

    /** {@return the attention} */
    public MultiHeadAttention attention() {
        return attention;
    }

    /** {@return the norm before the feed-forward half} */
    public LayerNorm ffnNorm() {
        return ffnNorm;
    }

    /** {@return the feed-forward half} */
    public FeedForward ffn() {
        return ffn;
    }
}
