package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.Normalizer;

/**
 * Causal multi-head attention, with any {@link Normalizer}. Heads are consecutive chunks of {@code headSize} columns; the
 * projections of queries, keys and values stand side by side in one matrix. Keys after a query are not read.
 */
public final class AttentionWeights {

    private final Panels qkv;
    private final Panels[] perHead;
    private final Panels queries;
    private final Panels keysAndValues;
    private final Panels out;
    private final int heads;
    private final Normalizer normalizer;
    private float ssmaxScale;

    /**
     * Joins the parts, whose sizes fit.
     *
     * @param qkv {@code [inputSize, 3·hiddenSize]}: queries, keys, values
     * @param out projection {@code [hiddenSize, hiddenSize]}
     * @param heads number of heads; divides hiddenSize
     * @param ssmaxScale the learned scale of SSMax; other normalizers ignore it
     */
    public AttentionWeights(Panels qkv, Panels out, int heads, Normalizer normalizer, float ssmaxScale) {
        int hidden = qkv.n() / 3;
        this.qkv = qkv;
        this.out = out;
        this.heads = heads;
        this.normalizer = normalizer;
        this.ssmaxScale = ssmaxScale;
        perHead = headsFillPanels() ? perHead(qkv, heads) : null;
        queries = qkv.slice(0, Math.ceilDiv(hidden, qkv.width()));
        keysAndValues = qkv.slice(hidden / qkv.width(), qkv.count());
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

    /** Elements of an input row. */
    public int inputSize() {
        return qkv.k();
    }

    /** Elements of an output row. */
    public int hiddenSize() {
        return out.n();
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

    /** While the weights are filled. */
    void ssmaxScale(float scale) {
        ssmaxScale = scale;
    }

    /** The learned scale of SSMax. */
    public float ssmaxScale() {
        return ssmaxScale;
    }

    /** Memory for the keys and values of one head. */
    public KeyValueCache newCache(int steps) {
        AttentionScratch scratch = new AttentionScratch(headSize(), qkv.width());
        return normalizer == Normalizer.SOFTPICK
                ? KeyValueCache.forSoftpick(scratch, steps, 3 * hiddenSize(), hiddenSize())
                : KeyValueCache.forAllValues(scratch, steps, 3 * hiddenSize(), hiddenSize());
    }

    /** Queries, keys and values, {@code [rows, 3·hidden]}, of dense rows of x. */
    public void project(Backend backend, float[] x, int from, int rows, float[] to, int toOffset) {
        backend.multiply(x, from, inputSize(), rows, qkv, to, toOffset, 3 * hiddenSize());
    }

    /** Whether a head's columns are whole panels, so that it can be projected alone. */
    public boolean headsFillPanels() {
        return headSize() % qkv.width() == 0;
    }

    /** Queries, keys and values of one head, to their place in {@code [rows, 3·hidden]}. */
    public void projectHead(Backend backend, int head, float[] x, int from, int rows, float[] to, int toOffset) {
        for (int part = 0; part < 3; part++) {
            int column = part * hiddenSize() + head * headSize();
            backend.multiply(
                    x, from, inputSize(), rows, perHead[3 * head + part], to, toOffset + column, 3 * hiddenSize());
        }
    }

    /** Only keys and values; in whole panels, so some last columns of the queries may be written as well. */
    public void projectKeysAndValues(Backend backend, float[] x, int from, int rows, float[] to, int toOffset) {
        int column = hiddenSize() / qkv.width() * qkv.width();
        backend.multiply(x, from, inputSize(), rows, keysAndValues, to, toOffset + column, 3 * hiddenSize());
    }

    /** Only queries, {@code ldc} floats from row to row; in whole panels, so they may repeat some columns of the keys. */
    public void projectQueries(Backend backend, float[] x, int from, int rows, float[] to, int toOffset, int ldc) {
        backend.multiply(x, from, inputSize(), rows, queries, to, toOffset, ldc);
    }

    /** One head of one sequence: {@code projected} rows from {@code from} on, {@code attended} rows from {@code to} on. */
    public void attend(
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
    public void attendLast(
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
    public void attendRow(
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
    public void addProjected(Backend backend, float[] m, int from, int rows, int residual, int to) {
        backend.multiplyAdd(m, from, rows, out, m, residual, m, to);
    }

    /** Queries, keys and values side by side. */
    public Panels qkv() {
        return qkv;
    }

    /** The projection behind the heads. */
    public Panels out() {
        return out;
    }
}
