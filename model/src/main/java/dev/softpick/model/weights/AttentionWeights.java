package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.model.Normalizer;

/**
 * Causal multi-head attention, with any {@link Normalizer}. Heads are consecutive chunks of {@code headSize} columns;
 * the projections of queries, keys and values stand side by side in one matrix. Keys after a query are not read.
 */
public final class AttentionWeights {

    private final Weights qkv;
    private final Weights[] perHead;
    private final Weights queries;
    private final Weights keysAndValues;
    private final Weights out;
    private final int heads;
    private final Normalizer normalizer;
    private float ssmaxScale;
    private ScoreNormalizer scores;

    /**
     * Joins the parts, whose sizes fit.
     *
     * @param qkv {@code [inputSize, 3·hiddenSize]}: queries, keys, values
     * @param out projection {@code [hiddenSize, hiddenSize]}
     * @param heads number of heads; divides hiddenSize
     * @param ssmaxScale the learned scale of SSMax; other normalizers ignore it
     */
    public AttentionWeights(Weights qkv, Weights out, int heads, Normalizer normalizer, float ssmaxScale) {
        int hidden = qkv.n() / 3;
        this.qkv = qkv;
        this.out = out;
        this.heads = heads;
        this.normalizer = normalizer;
        ssmaxScale(ssmaxScale);
        perHead = headsFillPanels() ? perHead(qkv, heads) : new Weights[0];
        queries = qkv.slice(0, Math.ceilDiv(hidden, qkv.width()));
        keysAndValues = qkv.slice(hidden / qkv.width(), qkv.count());
    }

    /** What the kernels know a normalizer by; only SSMax has a scale. */
    public static ScoreNormalizer scores(Normalizer normalizer, float ssmaxScale) {
        return switch (normalizer) {
            case SOFTPICK -> new ScoreNormalizer.Softpick();
            case SOFTMAX -> new ScoreNormalizer.Softmax();
            case SSMAX -> new ScoreNormalizer.SSMax(ssmaxScale);
            case RECTIFIED_SOFTPICK -> new ScoreNormalizer.RectifiedSoftpick();
        };
    }

    /** The queries, keys and values of each head, one behind the other, where they stand in panels of their own. */
    private static Weights[] perHead(Weights qkv, int heads) {
        Weights[] slices = new Weights[3 * heads];
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
        scores = scores(normalizer, scale);
    }

    /** The learned scale of SSMax. */
    public float ssmaxScale() {
        return ssmaxScale;
    }

    /** What the kernels know the normalizer by. */
    public ScoreNormalizer scores() {
        return scores;
    }

    /** Memory for the keys and values of one head. */
    public KeyValueCache newCache(int steps) {
        AttentionScratch scratch = new AttentionScratch(headSize(), qkv.width());
        return scores.isLinear()
                ? KeyValueCache.forSoftpick(scratch, steps, 3 * hiddenSize(), hiddenSize())
                : KeyValueCache.forAllValues(scratch, steps, 3 * hiddenSize(), hiddenSize());
    }

    /** Queries, keys and values of {@code count} rows from {@code row} on, to the same ones. */
    public void project(Backend backend, Rows x, int row, int count, Rows projected) {
        multiply(backend, x, row, count, qkv, projected, row, 0);
    }

    /** Whether a head's columns are whole panels, so that it can be projected alone. */
    public boolean headsFillPanels() {
        return headSize() % qkv.width() == 0;
    }

    /** Queries, keys and values of one head, of the first rows. */
    public void projectHead(Backend backend, int head, Rows x, int count, Rows projected) {
        for (int part = 0; part < 3; part++) {
            int column = part * hiddenSize() + head * headSize();
            multiply(backend, x, 0, count, perHead[3 * head + part], projected, 0, column);
        }
    }

    /** Only keys and values; in whole panels, so some last columns of the queries may be written as well. */
    public void projectKeysAndValues(Backend backend, Rows x, int row, int count, Rows projected) {
        multiply(backend, x, row, count, keysAndValues, projected, row, hiddenSize() / qkv.width() * qkv.width());
    }

    /** Only the queries of one row of x; in whole panels, so they may repeat some columns of the keys. */
    public void projectQueries(Backend backend, Rows x, int from, Rows projected, int row) {
        multiply(backend, x, from, 1, queries, projected, row, 0);
    }

    private static void multiply(
            Backend backend, Rows x, int from, int count, Weights w, Rows y, int row, int column) {
        backend.matMul().multiply(
                x.values(), x.at(from), x.length(), count, w, y.values(), y.at(row) + column, y.length());
    }

    /** One head of one sequence, whose {@code steps} rows begin at {@code row}. */
    public void attend(
            Backend backend, KeyValueCache cache, int head, Rows projected, int row, int steps, Rows attended) {
        cache.clear();
        for (int start = 0; start < steps; start += cache.chunk()) {
            int count = Math.min(cache.chunk(), steps - start);
            append(backend, cache, head, projected, row + start, count);
            weigh(backend, cache, head, projected, row + start, count, attended, row + start);
        }
    }

    /** The same for the last position alone, to row {@code to}. */
    public void attendLast(
            Backend backend, KeyValueCache cache, int head, Rows projected, int row, int steps, Rows attended, int to) {
        cache.clear();
        for (int start = 0; start < steps; start += cache.chunk()) {
            append(backend, cache, head, projected, row + start, Math.min(cache.chunk(), steps - start));
        }
        weigh(backend, cache, head, projected, row + steps - 1, 1, attended, to);
    }

    /** Appends the keys and values of the next chunk's rows. */
    private void append(Backend backend, KeyValueCache cache, int head, Rows projected, int row, int count) {
        int k = projected.at(row) + hiddenSize() + head * headSize();
        if (cache.length() > 0 && cache.keepsState()) {
            backend.attention().absorb(cache);
        }
        cache.append(projected.values(), k, projected.values(), k + hiddenSize(), count);
    }

    /** The last {@code count} positions of the cache attend. */
    private void weigh(
            Backend backend, KeyValueCache cache, int head, Rows projected, int row, int count, Rows attended, int to) {
        float[] q = projected.values();
        int qOffset = projected.at(row) + head * headSize();
        float[] y = attended.values();
        int offset = attended.at(to) + head * headSize();
        scores.attend(backend.attention(), cache, q, qOffset, count, y, offset);
    }

    /**
     * One position of a sequence that goes on, all heads: its keys and values join those of the cache's heads from
     * {@code firstHead} on, its queries attend to what it sees there.
     *
     * @param position of the row in the cache
     * @param row of {@code projected} and {@code attended}
     */
    public void attendRow(
            Backend backend, PagedKeyValueCache cache, int firstHead, int position, Rows projected, int row,
            Rows attended) {
        int h = hiddenSize();
        float[] m = projected.values();
        float[] y = attended.values();
        for (int i = 0; i < heads; i++) {
            int head = firstHead + i;
            int q = projected.at(row) + i * headSize();
            int to = attended.at(row) + i * headSize();
            if (cache.absorbsBefore(position)) {
                backend.rowAttention().absorb(cache, head, position);
            }
            cache.append(head, position, m, q + h, m, q + 2 * h);
            scores.attendRow(backend.rowAttention(), cache, head, position, m, q, y, to);
        }
    }

    /**
     * {@code to = residual + attended · W_out + b_out} for {@code count} rows from {@code row} on, the same of each.
     */
    public void addProjected(Backend backend, Rows attended, int row, int count, Rows residual, Rows to) {
        backend.matMul().multiplyAdd(
                attended.values(), attended.at(row), count, out, residual.values(), residual.at(row), to.values(),
                to.at(row));
    }

    /** Queries, keys and values side by side. */
    public Weights qkv() {
        return qkv;
    }

    /** The projection behind the heads. */
    public Weights out() {
        return out;
    }
}
