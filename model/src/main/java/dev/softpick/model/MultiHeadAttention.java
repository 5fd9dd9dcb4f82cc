package dev.softpick.model;

import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;

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

    private final Panels qkv;
    private final Panels[] perHead;
    private final Panels queries;
    private final Panels keysAndValues;
    private final Dense out;
    private final int heads;
    private final Normalizer normalizer;
    private final float ssmaxScale;

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
        this(sideBySide(q, k, v), out, heads, normalizer, ssmaxScale);
    }

    /** {@code qkv} is {@code [inputSize, 3·hiddenSize]}: queries, keys, values. */
    MultiHeadAttention(Panels qkv, Dense out, int heads, Normalizer normalizer, float ssmaxScale) {
        int hidden = qkv.n() / 3;
        same("out", out, hidden, hidden);
        if (heads < 1 || hidden % heads != 0) {
            throw new IllegalArgumentException("heads is " + heads + "; it must divide the hidden size " + hidden);
        }
        if (normalizer == null) {
            throw new IllegalArgumentException("normalizer is null; give one of Normalizer's constants");
        }
        this.qkv = qkv;
        this.out = out;
        this.heads = heads;
        this.normalizer = normalizer;
        this.ssmaxScale = ssmaxScale;
        perHead = headsFillPanels() ? perHead(qkv, heads) : null;
        queries = qkv.slice(0, Math.ceilDiv(hidden, qkv.width()));
        keysAndValues = qkv.slice(hidden / qkv.width(), qkv.count());
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

    /** The queries, keys and values of each head, one behind the other, where they stand in panels of their own. */
    private static Panels[] perHead(Panels qkv, int heads) {
        Panels[] slices = new Panels[3 * heads];
        int each = qkv.count() / slices.length;
        for (int head = 0; head < heads; head++) {
            for (int part = 0; part < 3; part++) {
                int panel = (part * heads + head) * each;
                slices[3 * head + part] = qkv.slice(panel, panel + each);
            }
        }
        return slices;
    }

    private static void same(String name, Dense dense, int input, int output) {
        if (dense.inputSize() != input || dense.outputSize() != output) {
            throw new IllegalArgumentException(name + " is [" + dense.inputSize() + ", " + dense.outputSize()
                    + "]; it must be [" + input + ", " + output + "]");
        }
    }

    /** Elements of an input row. */
    public int inputSize() {
        return qkv.k();
    }

    /** Elements of an output row. */
    public int hiddenSize() {
        return out.outputSize();
    }

    /** Number of heads. */
    public int heads() {
        return heads;
    }

    /** Elements of a head. */
    public int headSize() {
        return hiddenSize() / heads;
    }

    /** What turns scores into weights. */
    public Normalizer normalizer() {
        return normalizer;
    }

    /** The learned scale of SSMax. */
    public float ssmaxScale() {
        return ssmaxScale;
    }

    @Override
    public Tensor forward(Tensor x) {
        Shapes.sequence(x, inputSize());
        Backend backend = Backends.current();
        int batch = x.size(0);
        int steps = x.size(1);
        int h = hiddenSize();
        int rows = batch * steps;
        float[] projected = new float[Math.multiplyExact(rows, 3 * h)];
        float[] attended = new float[rows * h];
        KeyValueCache cache = newCache(steps);
        project(backend, x.values(), 0, rows, projected, 0);
        for (int sequence = 0; sequence < batch; sequence++) {
            int row = sequence * steps;
            for (int head = 0; head < heads; head++) {
                attend(backend, cache, head, projected, row * 3 * h, steps, attended, row * h);
            }
        }
        Tensor y = Tensor.zeros(Shapes.withLast(x, h));
        backend.multiply(attended, 0, h, rows, out.weights(), y.values(), 0, h);
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
        project(Backends.current(), x.values(), 0, batch * steps, projected, 0);
        Tensor weights = Tensor.zeros(batch, heads, steps, steps);
        float scale = (float) (1 / Math.sqrt(headSize()));
        for (int i = 0; i < batch * heads * steps; i++) {
            int query = i % steps;
            int first = i / (heads * steps) * steps * stride + i / steps % heads * headSize();
            for (int key = 0; key <= query; key++) {
                int k = first + key * stride + hiddenSize();
                float score = 0;
                for (int d = 0; d < headSize(); d++) {
                    score = Math.fma(projected[first + query * stride + d], projected[k + d], score);
                }
                weights.values()[i * steps + key] = score * scale;
            }
            normalize(weights.values(), i * steps, query + 1);
        }
        return weights;
    }

    private void normalize(float[] scores, int at, int length) {
        switch (normalizer) {
            case SOFTPICK -> Softpick.normalize(scores, at, length, scores, at);
            case SOFTMAX -> Softmax.normalize(scores, at, length, scores, at);
            case SSMAX -> SSMax.normalize(scores, at, length, ssmaxScale, scores, at);
            case RECTIFIED_SOFTPICK -> RectifiedSoftpick.normalize(scores, at, length, scores, at);
        }
    }

    /** Memory for the keys and values of one head. */
    KeyValueCache newCache(int steps) {
        AttentionScratch scratch = new AttentionScratch(headSize(), qkv.width());
        return normalizer == Normalizer.SOFTPICK
                ? KeyValueCache.forSoftpick(scratch, steps, 3 * hiddenSize(), hiddenSize())
                : KeyValueCache.forAllValues(scratch, steps, 3 * hiddenSize(), hiddenSize());
    }

    /** Queries, keys and values, {@code [rows, 3·hidden]}, of dense rows of x. */
    void project(Backend backend, float[] x, int from, int rows, float[] to, int toOffset) {
        backend.multiply(x, from, inputSize(), rows, qkv, to, toOffset, 3 * hiddenSize());
    }

    /** Whether a head's columns are whole panels, so that it can be projected alone. */
    boolean headsFillPanels() {
        return headSize() % qkv.width() == 0;
    }

    /** Queries, keys and values of one head, to their place in {@code [rows, 3·hidden]}. */
    void projectHead(Backend backend, int head, float[] x, int from, int rows, float[] to, int toOffset) {
        for (int part = 0; part < 3; part++) {
            int column = part * hiddenSize() + head * headSize();
            backend.multiply(
                    x, from, inputSize(), rows, perHead[3 * head + part], to, toOffset + column, 3 * hiddenSize());
        }
    }

    /** Only keys and values; in whole panels, so some last columns of the queries may be written as well. */
    void projectKeysAndValues(Backend backend, float[] x, int from, int rows, float[] to, int toOffset) {
        int column = hiddenSize() / qkv.width() * qkv.width();
        backend.multiply(x, from, inputSize(), rows, keysAndValues, to, toOffset + column, 3 * hiddenSize());
    }

    /** Only queries, {@code ldc} floats from row to row; in whole panels, so they may repeat some columns of the keys. */
    void projectQueries(Backend backend, float[] x, int from, int rows, float[] to, int toOffset, int ldc) {
        backend.multiply(x, from, inputSize(), rows, queries, to, toOffset, ldc);
    }

    /** One head of one sequence: {@code projected} rows from {@code from} on, {@code attended} rows from {@code to} on. */
    void attend(
            Backend backend, KeyValueCache cache, int head, float[] projected, int from, int steps,
            float[] attended, int to) {
        cache.clear();
        for (int start = 0; start < steps; start += cache.chunk()) {
            int count = append(backend, cache, head, projected, from, start, steps);
            weigh(
                    backend, cache, projected, from + start * 3 * hiddenSize() + head * headSize(), count,
                    attended, to + start * hiddenSize() + head * headSize());
        }
    }

    /** The same for the last position alone; {@code to} is its row. */
    void attendLast(
            Backend backend, KeyValueCache cache, int head, float[] projected, int from, int steps,
            float[] attended, int to) {
        cache.clear();
        for (int start = 0; start < steps; start += cache.chunk()) {
            append(backend, cache, head, projected, from, start, steps);
        }
        weigh(
                backend, cache, projected, from + (steps - 1) * 3 * hiddenSize() + head * headSize(), 1,
                attended, to + head * headSize());
    }

    /** Appends the keys and values from position {@code start} to the end of its chunk; returns how many. */
    private int append(
            Backend backend, KeyValueCache cache, int head, float[] projected, int from, int start, int steps) {
        int stride = 3 * hiddenSize();
        int count = Math.min(cache.chunk(), steps - start);
        int k = from + start * stride + hiddenSize() + head * headSize();
        if (start > 0 && cache.keepsState()) {
            backend.absorb(cache);
        }
        cache.append(projected, k, projected, k + hiddenSize(), count);
        return count;
    }

    /** The last {@code rows} positions of the cache attend. */
    private void weigh(
            Backend backend, KeyValueCache cache, float[] q, int qOffset, int rows, float[] attended, int to) {
        switch (normalizer) {
            case SOFTPICK -> backend.softpickAttention(cache, q, qOffset, rows, attended, to);
            case SOFTMAX -> backend.softmaxAttention(cache, Float.NaN, q, qOffset, rows, attended, to);
            case SSMAX -> backend.softmaxAttention(cache, ssmaxScale, q, qOffset, rows, attended, to);
            case RECTIFIED_SOFTPICK -> backend.rectifiedSoftpickAttention(cache, q, qOffset, rows, attended, to);
        }
    }

    /**
     * One position of a sequence that goes on, all heads: its keys and values join those of the cache's heads from
     * {@code firstHead} on, its queries attend to what it sees there.
     */
    void attendRow(
            Backend backend, PagedKeyValueCache cache, int firstHead, int row, float[] m, int projected, int attended) {
        int h = hiddenSize();
        for (int i = 0; i < heads; i++) {
            int head = firstHead + i;
            int q = projected + i * headSize();
            int to = attended + i * headSize();
            if (cache.absorbsBefore(row)) {
                backend.absorb(cache, head, row);
            }
            cache.append(head, row, m, q + h, m, q + 2 * h);
            switch (normalizer) {
                case SOFTPICK -> backend.softpickRow(cache, head, row, m, q, m, to);
                case SOFTMAX -> backend.softmaxRow(cache, head, row, Float.NaN, m, q, m, to);
                case SSMAX -> backend.softmaxRow(cache, head, row, ssmaxScale, m, q, m, to);
                case RECTIFIED_SOFTPICK -> backend.rectifiedSoftpickRow(cache, head, row, m, q, m, to);
            }
        }
    }

    /** {@code m[to] = m[residual] + m[from] · W_out + b_out} for dense rows. */
    void addProjected(Backend backend, float[] m, int from, int rows, int residual, int to) {
        backend.multiplyAdd(m, from, rows, out.weights(), m, residual, m, to);
    }

    Panels qkv() {
        return qkv;
    }

    Dense out() {
        return out;
    }
}
