package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.Rows;
import java.util.Arrays;

/**
 * Causal multi-head attention: Edifice's {@code build_softpick_attention}, with any {@link Normalizer}.
 *
 * <pre>
 *   q, k, v = x·W_q + b_q, x·W_k + b_k, x·W_v + b_v          heads are consecutive chunks of headSize columns
 *   s_ij    = q_i · k_j / √headSize                          for j ≤ i, in each head
 *   y       = concat(normalizer(s) · v) · W_out + b_out
 * </pre>
 *
 * {@code x} is {@code [batch, steps, inputSize]}, {@code y} is {@code [batch, steps, hiddenSize]}:
 *
 * {@snippet :
 * var attention = new MultiHeadAttention(q, k, v, out, 4, Normalizer.SOFTPICK, 1f);
 * Tensor y = attention.forward(x);
 * Tensor w = attention.weights(x);                              // what forward gave to which key
 * }
 *
 * <p>Special cases:
 * <ul>
 * <li>Keys after a query are not read, so a NaN there does not reach it.
 * <li>A NaN in a query, or in a key or value that it sees, makes the query's row NaN.
 * <li>A score that overflows to −∞ has the weight 0 with softmax, SSMax and rectified softpick; with softpick it
 *     makes the row NaN.
 * <li>SSMax gives the first position of a sequence, which sees one key, the weight 1.
 * </ul>
 *
 * <p>Immutable, thread-safe, the same bits everywhere.
 */
public final class MultiHeadAttention implements Layer {

    private final AttentionWeights weights;

    /**
     * Packs the weights; queries, keys and values become one matrix.
     *
     * @param q projection of the queries, {@code [inputSize, hiddenSize]}
     * @param k of the keys, alike
     * @param v of the values, alike
     * @param out projection {@code [hiddenSize, hiddenSize]}
     * @param heads number of heads; divides hiddenSize
     * @param normalizer what turns scores into weights
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
            if (!(parts[part].weights() instanceof Panels floats)) {
                throw new IllegalArgumentException(
                        "q, k or v is the layer of a model with rounded weights;"
                                + " allowed are layers with float weights");
            }
            floats.unpack(kernel, part * hidden, 3 * hidden);
            System.arraycopy(floats.bias(), 0, bias, part * hidden, hidden);
        }
        return Panels.pack(kernel, input, 3 * hidden, bias, q.weights().width());
    }

    private static void same(String name, Dense dense, int input, int output) {
        if (dense.inputSize() != input || dense.outputSize() != output) {
            throw new IllegalArgumentException(name + " is [" + dense.inputSize() + ", " + dense.outputSize()
                    + "]; it must be [" + input + ", " + output + "]");
        }
    }

    /** {@return how many elements an input row has} */
    public int inputSize() {
        return weights.inputSize();
    }

    /** {@return how many elements an output row has} */
    public int hiddenSize() {
        return weights.hiddenSize();
    }

    /** {@return the number of heads} */
    public int heads() {
        return weights.heads();
    }

    /** {@return how many elements a head has} */
    public int headSize() {
        return weights.headSize();
    }

    /** {@return what turns scores into weights} */
    public Normalizer normalizer() {
        return weights.normalizer();
    }

    /** {@return the learned scale of SSMax} */
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
        weights.project(backend, new Rows(x.values(), 0, inputSize()), 0, rows, projected);
        for (int sequence = 0; sequence < batch; sequence++) {
            for (int head = 0; head < heads(); head++) {
                weights.attend(backend, cache, head, projected, sequence * steps, steps, attended);
            }
        }
        Tensor y = Tensor.zeros(Shapes.withLast(x, h));
        backend.matMul().multiply(attended.values(), 0, h, rows, weights.out(), y.values(), 0, h);
        return y;
    }

    /**
     * The weights that {@link #forward} gives to the values, bit for bit, for those who want to see what a model
     * attends to: column j of row i is what forward's own kernel returns for a value that is 1 at key j and 0
     * elsewhere. Takes ⌈steps / headSize⌉ times as long as the attention in forward, which never stores its
     * weights.
     *
     * @param x {@code [batch, steps, inputSize]}
     * @return {@code [batch, heads, steps, steps]}, row i the weights of query i; 0 for keys after it
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor weights(Tensor x) {
        Shapes.sequence(x, inputSize());
        Backend backend = Backends.current();
        int batch = x.size(0);
        int steps = x.size(1);
        int h = hiddenSize();
        Rows projected = new Rows(new float[Math.multiplyExact(batch * steps, 3 * h)], 0, 3 * h);
        Rows attended = new Rows(new float[batch * steps * h], 0, h);
        Tensor shown = Tensor.zeros(batch, heads(), steps, steps);
        KeyValueCache cache = weights.newCache(steps);
        weights.project(backend, new Rows(x.values(), 0, inputSize()), 0, batch * steps, projected);
        for (int i = 0; i < batch * heads(); i++) {
            int row = i / heads() * steps;
            int head = i % heads();
            for (int key = 0; key < steps; key += headSize()) {
                putUnitValues(projected, head, row, steps, key);
                weights.attend(backend, cache, head, projected, row, steps, attended);
                for (int query = key; query < steps; query++) {
                    System.arraycopy(
                            attended.values(), attended.at(row + query) + head * headSize(), shown.values(),
                            (i * steps + query) * steps + key, Math.min(headSize(), query + 1 - key));
                }
            }
        }
        return shown;
    }

    /** The values of a head: 1 in column c of the key {@code first} + c, else 0. */
    private void putUnitValues(Rows projected, int head, int row, int steps, int first) {
        for (int key = 0; key < steps; key++) {
            int value = projected.at(row + key) + 2 * hiddenSize() + head * headSize();
            Arrays.fill(projected.values(), value, value + headSize(), 0f);
            if (key >= first && key < first + headSize()) {
                projected.values()[value + key - first] = 1f;
            }
        }
    }

    AttentionWeights weights() {
        return weights;
    }
}
