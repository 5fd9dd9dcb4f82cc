package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backend.Family;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.NormWeights;
import dev.softpick.model.weights.Rows;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls of every kernel that a model needs, on shapes just large enough to take all paths: C2 leaves out a branch that it
 * has never seen taken, and would compile again for the first caller who takes it. Loops are short, so that a method is
 * compiled when it has been called often, and not before that in the middle of a long loop.
 */
final class Rehearsal {

    /** Calls of one kernel, whose shapes vary with {@code turn}. */
    @FunctionalInterface
    interface Play {
        void play(int turn);
    }

    /** A kernel that is rehearsed, and what may move to vectors then; null where another scene belongs to it. */
    record Scene(Play play, Family ready) {}

    private static final int DEPTH = 16;
    private static final int TILE_ROWS = 6;

    /** Deeper products go in two blocks. */
    private static final int DEEP = 960;

    private static final int MOST_ROWS = 2 * TILE_ROWS;
    private static final int LANES = 64;
    private static final int GELU_LENGTH = 128;
    private static final int SHORT_ROWS = 40;

    private final List<Scene> scenes = new ArrayList<>();
    private final Backend backend;
    private final int panelWidth;

    Rehearsal(Backend backend, SoftpickConfig config, int classes) {
        this.backend = backend;
        panelWidth = backend.panelWidth();
        int hidden = config.hiddenSize();
        float[] x = values(GELU_LENGTH + hidden % LANES);
        scenes.add(new Scene(turn -> backend.rows().gelu(x, 0, x, 0, turn % 2 == 0 ? GELU_LENGTH : x.length), null));
        products(config, classes);
        attention(config);
        // A whole block of lanes, and what is left behind it.
        int width = hidden < LANES ? hidden : LANES + hidden % LANES;
        float[] gamma = values(width);
        float[] rows = values(MOST_ROWS * width);
        float[] normed = new float[rows.length];
        scenes.add(new Scene(
                turn -> backend.layerNorm().apply(rows, 0, MOST_ROWS, gamma, gamma, NormWeights.EPSILON, normed, 0),
                Family.LAYER_NORM));
        rowAttention(config);
    }

    /**
     * In the order in which a pass gains most: products, whose epilogue is GELU; attention, which is made of the same
     * tiles; at last what only sessions need.
     */
    List<Scene> scenes() {
        return scenes;
    }

    private void products(SoftpickConfig config, int classes) {
        Panels w = panels(DEPTH, 2 * panelWidth);
        float[] a = values(MOST_ROWS * LANES);
        float[] c = new float[MOST_ROWS * 3 * panelWidth];
        scenes.add(new Scene(turn -> backend.matMul().multiply(a, 0, DEPTH, rows(turn), w, c, 0, w.n()), null));
        if (config.hiddenSize() % panelWidth != 0 || classes % panelWidth != 0) {
            Panels hidden = panels(LANES, panelWidth + config.hiddenSize() % panelWidth);
            Panels head = panels(LANES, panelWidth + classes % panelWidth);
            scenes.add(new Scene(
                    turn -> {
                        Panels edge = turn % 2 == 0 ? hidden : head;
                        backend.matMul().multiply(a, 0, LANES, turn % 8 == 0 ? 1 : rows(turn), edge, c, 0, edge.n());
                    },
                    null));
        }
        scenes.add(new Scene(turn -> backend.matMul().multiply(a, 0, DEPTH, 1 + turn % 2, w, c, 0, w.n()), null));
        float[] residual = values(MOST_ROWS * w.n());
        if (config.feedForwardSize() <= DEEP) {
            scenes.add(new Scene(
                    turn -> backend.matMul().multiplyAdd(a, 0, rows(turn), w, residual, 0, c, 0), Family.MAT_MUL));
            return;
        }
        Panels deep = panels(DEEP + 1, panelWidth);
        float[] wide = values(MOST_ROWS * deep.k());
        scenes.add(new Scene(
                turn -> {
                    if (turn % 32 == 0) {
                        backend.matMul().multiplyAdd(wide, 0, rows(turn), deep, residual, 0, c, 0);
                    } else {
                        backend.matMul().multiplyAdd(a, 0, rows(turn), w, residual, 0, c, 0);
                    }
                },
                Family.MAT_MUL));
    }

    private void attention(SoftpickConfig config) {
        int size = config.headSize();
        int chunk = KeyValueCache.chunkFor(size);
        // Windows beyond a chunk also read its state.
        int longSteps = config.windowSize() > chunk ? chunk + TILE_ROWS : MOST_ROWS;
        AttentionWeights attention = new AttentionWeights(
                panels(DEPTH, 3 * size), panels(size, size), 1, config.normalizer(), 1f);
        KeyValueCache cache = attention.newCache(longSteps);
        Rows projected = new Rows(values(longSteps * 3 * size), 0, 3 * size);
        Rows attended = new Rows(new float[longSteps * size], 0, size);
        scenes.add(new Scene(
                turn -> {
                    int steps = turn % 32 == 0 ? longSteps : rows(turn);
                    if (turn % 4 == 3) {
                        attention.attendLast(backend, cache, 0, projected, 0, steps, attended, 0);
                    } else {
                        attention.attend(backend, cache, 0, projected, 0, steps, attended);
                    }
                },
                Family.ATTENTION));
    }

    /** Mostly short sequences, and once in a while the first rows behind a chunk. */
    private void rowAttention(SoftpickConfig config) {
        int size = config.headSize();
        int chunk = KeyValueCache.chunkFor(size);
        AttentionWeights attention = new AttentionWeights(
                panels(DEPTH, 3 * size), panels(size, size), 1, config.normalizer(), 1f);
        PagedKeyValueCache cache =
                new PagedKeyValueCache(1, size, panelWidth, 0, config.normalizer() == Normalizer.SOFTPICK);
        float[] m = values(4 * size);
        Rows projected = new Rows(m, 0, 3 * size);
        Rows attended = new Rows(m, 3 * size, size);
        for (int row = 0; row < chunk + SHORT_ROWS; row++) {
            cache.ensurePage(row);
            cache.append(0, row, m, size, m, 2 * size);
        }
        scenes.add(new Scene(
                turn -> {
                    int row = turn % 32 < 31 ? turn % SHORT_ROWS : chunk + turn / 32 % SHORT_ROWS;
                    attention.attendRow(backend, cache, 0, row, projected, 0, attended);
                },
                Family.ROW_ATTENTION));
    }

    /** A whole tile and a part of one, of every height. */
    private static int rows(int turn) {
        return TILE_ROWS + 1 + turn % TILE_ROWS;
    }

    private Panels panels(int k, int n) {
        return Panels.pack(new float[k * n], k, n, null, panelWidth);
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
