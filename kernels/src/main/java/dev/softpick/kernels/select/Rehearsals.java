package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend.Family;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Calls of every kernel that a workload needs, on shapes just large enough to take all paths: C2 leaves out a branch
 * that it has never seen taken, and would compile again for the first caller who takes it. Loops are short, so that a
 * method is compiled when it has been called often, and not before that in the middle of a long loop; and until then
 * each of their vectors is an object, so that less work is less memory. Kernels are called as models call them: what C2
 * has put inline into one caller it has not compiled for another.
 */
final class Rehearsals {

    /** Calls of one kernel, whose shapes vary with {@code turn}. */
    @FunctionalInterface
    interface Calls {
        void call(int turn);
    }

    /**
     * One kernel.
     *
     * @param what it calls on which shapes; equal for equal calls, so that none is rehearsed twice
     * @param family what it belongs to
     * @param calls how it is called
     */
    record Rehearsal(List<Object> what, Family family, Calls calls) {}

    private static final int TILE_ROWS = BlockSizes.TILE_ROWS;
    private static final int MOST_ROWS = 2 * TILE_ROWS;
    private static final int DEPTH = 16;
    private static final int ROW = 128;

    /** Lanes of a sum, and the parts of them that it masks one by one behind the last whole one. */
    private static final int LANES = VirtualLanes.COUNT;
    private static final int PARTS = 4;

    /** Keys that a row sees where there is a window: less than a group, so that rows soon come around. */
    private static final int WINDOW = 40;

    /** Vectors of columns that a product with few rows goes through at once. */
    private static final int ROW_VECTORS = 8;

    /** One call in so many takes a path that is long or rare. */
    private static final int SELDOM = 32;

    private final List<Rehearsal> all = new ArrayList<>();
    private final Backend backend;
    private final int panelWidth;

    private Rehearsals(Backend backend) {
        this.backend = backend;
        panelWidth = backend.panelWidth();
    }

    /**
     * In the order in which a pass gains most: products, whose epilogue is GELU; attention, which is made of the same
     * tiles; at last what only sessions need.
     */
    static List<Rehearsal> of(Backend backend, Workload workload) {
        Rehearsals rehearsals = new Rehearsals(backend);
        rehearsals.products(workload);
        rehearsals.attention(workload.normalizer(), workload.headSize(), workload.chunks());
        rehearsals.layerNorm(workload.rowWidth());
        rehearsals.rowAttention(workload.normalizer(), workload.headSize());
        return rehearsals.all;
    }

    /** What users of kernels alone call beside that. */
    static List<Rehearsal> ofRows(Backend backend) {
        Rehearsals rehearsals = new Rehearsals(backend);
        rehearsals.rows();
        return rehearsals.all;
    }

    private void add(Family family, Calls calls, Object... what) {
        all.add(new Rehearsal(List.of(what), family, calls));
    }

    private void products(Workload workload) {
        Class<? extends Weights> format = workload.format();
        Weights w = weights(format, DEPTH, 2 * panelWidth);
        float[] a = values(MOST_ROWS * DEPTH);
        float[] c = new float[MOST_ROWS * 2 * panelWidth];
        add(Family.MAT_MUL,
                turn -> backend.matMul().multiply(a, 0, DEPTH, rows(turn), w, c, 0, w.n()), "tiles", format);
        Weights part = w.slice(0, 1);
        add(Family.MAT_MUL,
                turn -> backend.matMul().multiplyGelu(
                        a, 0, DEPTH, rows(turn), turn % 4 == 3 ? part : w, c, 0, w.n()),
                "gelu", format);
        float[] residual = values(MOST_ROWS * w.n());
        if (workload.edges()) {
            edges(format, a, residual, c);
        }
        Weights row = weights(format, DEPTH, rowColumns());
        float[] sums = new float[4 * row.n()];
        add(Family.MAT_MUL,
                turn -> backend.matMul().multiply(a, 0, DEPTH, 1 + turn % 4, row, sums, 0, row.n()), "rows", format);
        if (!workload.deep()) {
            add(Family.MAT_MUL,
                    turn -> backend.matMul().multiplyAdd(a, 0, rows(turn), w, residual, 0, c, 0), "add", format);
            return;
        }
        Weights deep = weights(
                format, BlockSizes.DEPTH + 1, workload.edges() ? panelWidth + backend.panelLanes() + 1 : panelWidth);
        float[] wide = values(MOST_ROWS * deep.k());
        add(Family.MAT_MUL,
                turn -> {
                    if (turn % SELDOM == 0) {
                        backend.matMul().multiplyAdd(wide, 0, rows(turn), deep, residual, 0, c, 0);
                    } else {
                        backend.matMul().multiplyAdd(a, 0, rows(turn), w, residual, 0, c, 0);
                    }
                },
                "deep", format, workload.edges());
    }

    /** Whole panels: as many columns as a row goes through at once, and a panel's that are left behind them. */
    private int rowColumns() {
        return (Math.ceilDiv(ROW_VECTORS * backend.panelLanes(), panelWidth) + 1) * panelWidth;
    }

    /**
     * Parts of a panel: less than a vector, whole vectors, and both, beside a whole panel; where the array goes on
     * behind them and where it ends with them, which masked stores tell apart by a branch.
     */
    private void edges(Class<? extends Weights> format, float[] a, float[] residual, float[] c) {
        int lanes = backend.panelLanes();
        Weights[] edges = {
            weights(format, DEPTH, panelWidth + 3), weights(format, DEPTH, panelWidth + lanes),
            weights(format, DEPTH, 2 * panelWidth - 1), weights(format, DEPTH, lanes / 2 + 1)
        };
        add(Family.MAT_MUL,
                turn -> {
                    Weights w = edges[turn % edges.length];
                    int rows = turn % 8 < 4 ? 1 + turn % 3 : rows(turn);
                    int to = turn / 4 % 3 == 0 ? c.length - rows * w.n() : 0;
                    switch (turn / 8 % 3) {
                        case 0 -> backend.matMul().multiply(a, 0, DEPTH, rows, w, c, to, w.n());
                        case 1 -> backend.matMul().multiplyGelu(a, 0, DEPTH, rows, w, c, to, w.n());
                        default -> backend.matMul().multiplyAdd(a, 0, rows, w, residual, 0, c, to);
                    }
                },
                "edges", format);
    }

    private void attention(ScoreNormalizer normalizer, int size, boolean chunks) {
        int most = MOST_ROWS + (chunks ? KeyValueCache.chunkFor(size) : normalizer.isLinear() ? 0 : LANES);
        AttentionScratch scratch = new AttentionScratch(size, panelWidth);
        KeyValueCache cache = normalizer.isLinear()
                ? KeyValueCache.forSoftpick(scratch, most, size, size)
                : KeyValueCache.forAllValues(scratch, most, size, size);
        float[] x = values(most * size);
        float[] out = new float[MOST_ROWS * size];
        add(Family.ATTENTION,
                turn -> {
                    int steps = turn % 8 == 0 || turn % 8 == 3 ? most - turn / 8 % PARTS * (LANES / PARTS) : rows(turn);
                    attend(normalizer, cache, x, steps, turn % 4 == 3 ? 1 : rows(turn), out);
                },
                "attention", normalizer, size, chunks);
    }

    /** The last rows of a sequence attend, as many as lie in its last chunk and {@code last} at most. */
    private void attend(ScoreNormalizer normalizer, KeyValueCache cache, float[] x, int steps, int last, float[] out) {
        int stride = cache.queryStride();
        cache.clear();
        int count = 0;
        for (int start = 0; start < steps; start += cache.chunk()) {
            count = Math.min(cache.chunk(), steps - start);
            if (start > 0 && cache.keepsState()) {
                backend.attention().absorb(cache);
            }
            cache.append(x, start * stride, x, start * stride, count);
        }
        int rows = Math.min(last, count);
        normalizer.attend(backend.attention(), cache, x, (steps - rows) * stride, rows, out, 0);
    }

    private void layerNorm(int width) {
        float[] gamma = values(width);
        float[] x = values(MOST_ROWS * width);
        float[] out = new float[x.length];
        add(Family.LAYER_NORM,
                turn -> backend.layerNorm().apply(x, 0, MOST_ROWS, gamma, gamma, 1e-5f, out, 0), "layerNorm", width);
    }

    /** Sequences without a window, mostly short, once in a while the first rows behind a chunk; and with a window. */
    private void rowAttention(ScoreNormalizer normalizer, int size) {
        int chunk = KeyValueCache.chunkFor(size);
        PagedKeyValueCache whole = new PagedKeyValueCache(1, size, panelWidth, 0, normalizer.isLinear());
        PagedKeyValueCache sliding = new PagedKeyValueCache(1, size, panelWidth, WINDOW, normalizer.isLinear());
        float[] m = values(4 * size);
        for (int row = 0; row < chunk + LANES; row++) {
            append(whole, row, m);
        }
        add(Family.ROW_ATTENTION,
                turn -> {
                    if (turn % 2 == 0) {
                        step(normalizer, sliding, sliding.row(turn / 2), m);
                        return;
                    }
                    int row = turn % SELDOM < SELDOM - 1 ? turn % LANES : chunk + turn / SELDOM % LANES;
                    if (whole.absorbsBefore(row)) {
                        backend.rowAttention().absorb(whole, 0, row);
                    }
                    step(normalizer, whole, row, m);
                },
                "rowAttention", normalizer, size);
    }

    private static void append(PagedKeyValueCache cache, int row, float[] m) {
        int size = cache.headSize();
        cache.ensurePage(row);
        cache.append(0, row, m, size, m, 2 * size);
    }

    private void step(ScoreNormalizer normalizer, PagedKeyValueCache cache, int row, float[] m) {
        append(cache, row, m);
        normalizer.attendRow(backend.rowAttention(), cache, 0, row, m, 0, m, 3 * cache.headSize());
    }

    private void rows() {
        RowKernels rows = backend.rows();
        float[] x = values(ROW + LANES + 5);
        float[] g = values(x.length);
        float[] out = new float[x.length];
        add(Family.ROWS, turn -> rows.absSum(x, 0, length(turn)), "absSum");
        add(Family.ROWS, turn -> rows.divide(x, 0, 3f, out, 0, length(turn)), "divide by one");
        add(Family.ROWS, turn -> rows.divide(x, 0, g, 0, out, 0, length(turn)), "divide");
        add(Family.ROWS, turn -> rows.gelu(x, 0, out, 0, length(turn)), "gelu row");
        add(Family.ROWS, turn -> rows.softpick(x, 0, out, 0, length(turn)), "softpick");
        add(Family.ROWS, turn -> rows.softmax(x, 0, out, 0, length(turn), 0.5f), "softmax");
        add(Family.ROWS, turn -> rows.rectifiedSoftpick(x, 0, out, 0, length(turn)), "rectified softpick");
        add(Family.ROWS, turn -> rows.softpickBackward(x, 0, g, 0, length(turn), out, 0), "softpick backward");
        add(Family.ROWS, turn -> rows.softmaxBackward(x, 0, g, 0, length(turn), 0.5f, out, 0), "softmax backward");
        add(Family.ROWS,
                turn -> rows.rectifiedSoftpickBackward(x, 0, g, 0, length(turn), out, 0),
                "rectified softpick backward");
    }

    /** Blocks of lanes, and what is left behind them. */
    private static int length(int turn) {
        return turn % 2 == 0 ? ROW : ROW + LANES + 5 - turn % 5;
    }

    /** A whole tile and a part of one, of every height. */
    private static int rows(int turn) {
        return TILE_ROWS + 1 + turn % TILE_ROWS;
    }

    /** Numbers and not zeros: GELU has a branch for each sign, and one for where it has come down to 0. */
    private Weights weights(Class<? extends Weights> format, int k, int n) {
        int lanes = backend.panelLanes();
        float[] values = values(k * n);
        if (format == Panels.class) {
            return Panels.pack(values, k, n, null, panelWidth);
        }
        short[] halves = new short[k * n];
        byte[] bytes = new byte[k * n];
        for (int i = 0; i < values.length; i++) {
            halves[i] = (short) (Float.floatToRawIntBits(values[i]) >>> Short.SIZE);
            bytes[i] = (byte) values[i];
        }
        float[] scales = new float[n];
        Arrays.fill(scales, 1f);
        return format == BFloat16Panels.class
                ? BFloat16Panels.pack(halves, k, n, null, panelWidth, lanes)
                : Int8Panels.pack(bytes, scales, k, n, null, panelWidth, lanes);
    }

    /** Of both signs, and distinct enough for a norm. */
    private static float[] values(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (i % 13 - 6) / 4f;
        }
        return values;
    }
}
