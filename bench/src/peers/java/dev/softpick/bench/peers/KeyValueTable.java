package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.LayerNormalization;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What attention costs in a step of many sessions: all of the step but its products and norms, beside reading what the
 * sessions remember.
 */
final class KeyValueTable {

    private static final int WARM_UP_MILLIS = 2000;

    /** Readings of a round, each from caches that hold other things. */
    private static final int REPEATS = 5;

    private KeyValueTable() {}

    static void measure(Result result, SoftpickTransformer model, int rounds) {
        model.warmUp();
        Sessions sessions = new Sessions(model);
        Products products = new Products(model.config(), Sessions.COUNT);
        int each = Math.toIntExact(sessions.stateBytes() / Float.BYTES);
        float[][] states = new float[Sessions.COUNT][each];
        for (float[] state : states) {
            Arrays.fill(state, 1f); // untouched pages are all the same one
        }
        float[] weights = new float[StreamingTable.weights(model.config())];
        Arrays.fill(weights, 1f);
        Rounds.warmUp(() -> reading(states, weights), 500);
        Rounds.warmUp(() -> multiplying(products, states), 1000);
        double[] m = new Rounds(rounds).medians(
                List.of(sessions::together),
                List.of(() -> multiplying(products, states), () -> reading(states, weights)), WARM_UP_MILLIS);
        double attention = m[0] - m[1];
        Table table = result.add(new Table(
                "keys-and-values", "Attention in a step of " + Sessions.COUNT + " sliding sessions",
                String.format(Locale.ROOT, "*Attention* is the step less its products and norms, which are the same"
                        + " kernels at the same shapes with weights of their own. Those run each time after the"
                        + " memory of the sessions was read, and that is read, %d arrays one after the other, after"
                        + " as many bytes as the weights have: in a step too, each pushes the other out of the"
                        + " caches. What sessions remember is in groups of 64 positions, of which the window uses"
                        + " %d.", Sessions.COUNT, model.config().windowSize()),
                Column.key("sessions", "sessions"), Column.figure("step_us", "step, µs", "%,.0f"),
                Column.figure("products_us", "products and norms, µs", "%,.0f"),
                Column.figure("attention_us", "attention, µs", "%,.0f"),
                Column.figure("mb", "what they remember, MB", "%.1f"),
                Column.figure("reading_us", "reading it, µs", "%,.0f"),
                Column.followed("ratio", "attention / reading", "%.2f")));
        table.row(
                Integer.toString(Sessions.COUNT), m[0] / 1e3, m[1] / 1e3, attention / 1e3,
                Sessions.COUNT * sessions.stateBytes() / 1e6, m[2] / 1e3, attention / m[2]);
        result.goal(Goals.KEYS_AND_VALUES, attention / m[2]);
    }

    private static double reading(float[][] states, float[] weights) {
        double nanos = 0;
        for (int i = 0; i < REPEATS; i++) {
            Ceilings.once(weights);
            nanos += Ceilings.once(states);
        }
        return nanos / REPEATS;
    }

    private static double multiplying(Products products, float[][] states) {
        double nanos = 0;
        for (int i = 0; i < REPEATS; i++) {
            Ceilings.once(states);
            long start = System.nanoTime();
            products.run();
            nanos += System.nanoTime() - start;
        }
        return nanos / REPEATS;
    }

    /** A step of a number of rows without its attention. */
    private static final class Products {

        private static final float EPSILON = 1e-5f;

        private final int rows;
        private final int embed;
        private final int h;
        private final int inner;
        private final float[] frames;
        private final PackedMatrix projection;
        private final PackedMatrix[] qkv;
        private final PackedMatrix[] out;
        private final PackedMatrix[] up;
        private final PackedMatrix[] down;
        private final float[] ones;
        private final float[] hidden;
        private final float[] next;
        private final float[] normed;
        private final float[] wide;

        Products(SoftpickConfig config, int rows) {
            this.rows = rows;
            embed = config.embedDim();
            h = config.hiddenSize();
            inner = config.ffnSize();
            frames = Gaussian.of(20, rows * embed);
            projection = packed(21, 1, embed, h)[0];
            qkv = packed(30, config.numLayers(), h, 3 * h);
            out = packed(50, config.numLayers(), h, h);
            up = packed(70, config.numLayers(), h, inner);
            down = packed(90, config.numLayers(), inner, h);
            ones = new float[h];
            Arrays.fill(ones, 1f);
            hidden = new float[rows * h];
            next = new float[rows * h];
            normed = new float[rows * h];
            wide = new float[rows * Math.max(inner, 3 * h)];
        }

        private static PackedMatrix[] packed(int seed, int layers, int k, int n) {
            PackedMatrix[] packed = new PackedMatrix[layers];
            for (int i = 0; i < layers; i++) {
                packed[i] = PackedMatrix.pack(
                        Gaussian.of(seed + i, k * n, 1 / Math.sqrt(k)), k, n, Gaussian.of(seed, n));
            }
            return packed;
        }

        void run() {
            MatMul.multiply(frames, 0, embed, rows, projection, hidden, 0, h);
            for (int layer = 0; layer < qkv.length; layer++) {
                LayerNormalization.normalize(hidden, ones, ones, EPSILON, normed);
                MatMul.multiply(normed, 0, h, rows, qkv[layer], wide, 0, 3 * h);
                MatMul.multiplyAdd(normed, 0, rows, out[layer], hidden, 0, next, 0);
                LayerNormalization.normalize(next, ones, ones, EPSILON, normed);
                MatMul.multiplyGelu(normed, 0, h, rows, up[layer], wide, 0, inner);
                MatMul.multiplyAdd(wide, 0, rows, down[layer], next, 0, hidden, 0);
            }
            LayerNormalization.normalize(hidden, ones, ones, EPSILON, normed);
        }
    }
}
