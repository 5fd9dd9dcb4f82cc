package dev.softpick.model;

import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.Rows;

/**
 * Causal multi-head attention: Edifice's {@code build_softpick_attention}, with any {@link Normalizer}.
 *
 * <pre>
 *   q, k, v = x·W_q + b_q, x·W_k + b_k, x·W_v + b_v          heads are consecutive chunks of headSize columns
 *   s_ij    = q_i · k_j / √headSize                          for j ≤ i, in each head
 *   y       = concat(normalizer(s) · v) · W_out + b_out
 * </pre>
 *
 * {@code x} is {@code [batch, steps, inputSize]}, {@code y} is {@code [batch, steps, hiddenSize]}. Immutable,
 * thread-safe, the same bits everywhere; keys after a query are not read, so a NaN there does not reach it.
 */
public final class MultiHeadAttention implements Layer {

    private final AttentionWeights weights;

    /**
     * Packs the weights; queries, keys and values become one matrix.
     *
     * @param q projection {@code [inputSize, hiddenSize]}; {@code k} and {@code v} alike
     * @param out projection {@code [hiddenSize, hiddenSize]}
     * @param heads number of heads; divides hiddenSize
     * @param ssmaxScale the learned scale of SSMax; other normalizers ignore it
     * @throws IllegalArgumentException if sizes do not fit
     */
    public MultiHeadAttention(
            Dense q, Dense k, Dense v, Dense out, int heads, Normalizer normalizer, float ssmaxScale) {
        Panels qkv = sideBySide(q, k, v);
        int hidden = qkv.n() / 3;
        same("out", out, hidden, hidden);
        if (heads < 1 || hidden % heads != 0) {
            throw new IllegalArgumentException("heads is " + heads + "; it must divide the hidden size " + hidden);
        }
        if (normalizer == null) {
            throw new IllegalArgumentException("normalizer is null; give one of Normalizer's constants");
        }
        weights = new AttentionWeights(qkv, out.weights(), heads, normalizer, ssmaxScale);
    }

    MultiHeadAttention(AttentionWeights weights) {
        this.weights = weights;
    }

    private static Panels sideBySide(Dense q, Dense k, Dense v) {
        int input = q.inputSize();
        int hidden = q.outputSize();
        same("k", k, input, hidden);
        same("v", v, input, hidden);
        float[] kernel = new float[Math.multiplyExact(input, 3 * hidden)];
        float[] bias = new float[3 * hidden];
        Dense[] parts = {q, k, v};
        for (int part = 0; part < 3; part++) {
            parts[part].weights().unpack(kernel, part * hidden, 3 * hidden);
            System.arraycopy(parts[part].weights().bias(), 0, bias, part * hidden, hidden);
        }
        return Panels.pack(kernel, input, 3 * hidden, bias, q.weights().width());
    }

    private static void same(String name, Dense dense, int input, int output) {
        if (dense.inputSize() != input || dense.outputSize() != output) {
            throw new IllegalArgumentException(name + " is [" + dense.inputSize() + ", " + dense.outputSize()
                    + "]; it must be [" + input + ", " + output + "]");
        }
    }

    /** Elements of an input row. */
    public int inputSize() {
        return weights.inputSize();
    }

    /** Elements of an output row. */
    public int hiddenSize() {
        return weights.hiddenSize();
    }

    /** Number of heads. */
    public int heads() {
        return weights.heads();
    }

    /** Elements of a head. */
    public int headSize() {
        return weights.headSize();
    }

    /** What turns scores into weights. */
    public Normalizer normalizer() {
        return weights.normalizer();
    }

    /** The learned scale of SSMax. */
    public float ssmaxScale() {
        return weights.ssmaxScale();
    }

    @Override
    public Tensor forward(Tensor x) {
        Shapes.sequence(x, inputSize());
        Backend backend = Backends.current();
        int batch = x.size(0);
        int steps = x.size(1);
        int h = hiddenSize();
        int rows = batch * steps;
        Rows projected = new Rows(new float[Math.multiplyExact(rows, 3 * h)], 0, 3 * h);
        Rows attended = new Rows(new float[rows * h], 0, h);
        KeyValueCache cache = weights.newCache(steps);
        weights.project(backend, new Rows(x.values(), 0, inputSize()), rows, projected, 0);
        for (int sequence = 0; sequence < batch; sequence++) {
            for (int head = 0; head < heads(); head++) {
                weights.attend(backend, cache, head, projected, sequence * steps, steps, attended);
            }
        }
        Tensor y = Tensor.zeros(Shapes.withLast(x, h));
        backend.multiply(attended.values(), 0, h, rows, weights.out(), y.values(), 0, h);
        return y;
    }

    /**
     * The weights that {@link #forward} gives to the values, for those who want to see what a model attends to: each row
     * is the normalizer's kernel on the scores of the keys that it sees, which forward itself never stores.
     *
     * @param x {@code [batch, steps, inputSize]}
     * @return {@code [batch, heads, steps, steps]}, row i the weights of query i; 0 for keys after it
     */
    public Tensor weights(Tensor x) {
        Shapes.sequence(x, inputSize());
        int batch = x.size(0);
        int steps = x.size(1);
        int stride = 3 * hiddenSize();
        float[] projected = new float[Math.multiplyExact(batch * steps, stride)];
        weights.project(
                Backends.current(), new Rows(x.values(), 0, inputSize()), batch * steps, new Rows(projected, 0, stride), 0);
        Tensor shown = Tensor.zeros(batch, heads(), steps, steps);
        float scale = (float) (1 / Math.sqrt(headSize()));
        for (int i = 0; i < batch * heads() * steps; i++) {
            int query = i % steps;
            int first = i / (heads() * steps) * steps * stride + i / steps % heads() * headSize();
            for (int key = 0; key <= query; key++) {
                int k = first + key * stride + hiddenSize();
                float score = 0;
                for (int d = 0; d < headSize(); d++) {
                    score = Math.fma(projected[first + query * stride + d], projected[k + d], score);
                }
                shown.values()[i * steps + key] = score * scale;
            }
            normalize(shown.values(), i * steps, query + 1);
        }
        return shown;
    }

    private void normalize(float[] scores, int at, int length) {
        switch (normalizer()) {
            case SOFTPICK -> Softpick.normalize(scores, at, length, scores, at);
            case SOFTMAX -> Softmax.normalize(scores, at, length, scores, at);
            case SSMAX -> SSMax.normalize(scores, at, length, ssmaxScale(), scores, at);
            case RECTIFIED_SOFTPICK -> RectifiedSoftpick.normalize(scores, at, length, scores, at);
        }
    }

    AttentionWeights weights() {
        return weights;
    }
}
