package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.CausalAttention;
import dev.softpick.kernels.LayerNormalization;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Arithmetic;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Where the time of one block goes: each kernel alone at the shapes of the default model, its weights streaming as six
 * layers' do, beside the time that its arithmetic takes at the FMA peak and its bytes at the read bandwidth.
 */
final class PartTable {

    private static final int LAYERS = 6;
    private static final int WARM_UP_MILLIS = 1000;
    private static final float EPSILON = 1e-5f;

    private PartTable() {}

    /**
     * A part of a block.
     *
     * @param flop that it needs
     * @param bytes of weights and rows that it reads and writes, each once
     */
    private record Part(String name, double nanos, double flop, double bytes) {

        /** The longer of the arithmetic at the FMA peak and the bytes at the read bandwidth, in nanoseconds. */
        double floor(Block block) {
            return Math.max(flop / block.fma(), bytes / block.read());
        }

        double gap(Block block) {
            return nanos - floor(block);
        }
    }

    /** All parts of a block for a batch, the FMA peak in GFLOP/s and the read bandwidth in GB/s. */
    private record Block(List<Part> parts, double fma, double read) {}

    static void measure(Result result, SoftpickConfig config, int batch, int rounds) {
        int steps = config.windowSize();
        Block block = measured(config, batch, steps, rounds);
        Table table = result.add(new Table(
                "parts-" + batch + "x" + steps, "Where a block's time goes, " + batch + "×" + steps + ", one thread",
                String.format(Locale.ROOT, "The floor is the longer of the arithmetic at the FMA peak (%.0f"
                        + " GFLOP/s) and the bytes"
                        + " at the read bandwidth (%.0f GB/s); the biggest gap first.", block.fma(), block.read()),
                Column.key("part", "part"), Column.figure("mflop", "MFLOP", "%.1f"), Column.figure("mb", "MB", "%.2f"),
                Column.figure("floor_us", "floor, µs", "%.1f"), Column.figure("measured_us", "measured, µs", "%.1f"),
                Column.figure("gap_us", "gap, µs", "%.1f"), Column.figure("gflops", "GFLOP/s", "%.0f")));
        block.parts().stream()
                .sorted(Comparator.comparingDouble((Part part) -> part.gap(block)).reversed())
                .forEach(part -> table.row(
                        part.name(), part.flop() / 1e6, part.bytes() / 1e6, part.floor(block) / 1e3, part.nanos() / 1e3,
                        part.gap(block) / 1e3, part.flop() / part.nanos()));
    }

    private static Block measured(SoftpickConfig config, int batch, int steps, int rounds) {
        int h = config.hiddenSize();
        int inner = config.ffnSize();
        int heads = config.numHeads();
        int size = config.headSize();
        int rows = batch * steps;
        float[] x = Gaussian.of(2, rows * h);
        float[] wide = Gaussian.of(3, rows * inner);
        float[] y = new float[rows * Math.max(inner, 3 * h)];
        float[] normed = new float[rows * h];
        float[] gamma = Gaussian.of(4, h);
        float[] head = Gaussian.of(5, steps * size);
        float[] headOut = new float[steps * size];
        float[] weights = new float[LAYERS * (4 * h * h + 2 * h * inner)];
        PackedMatrix[] qkv = packed(15, h, 3 * h);
        PackedMatrix[] out = packed(25, h, h);
        PackedMatrix[] up = packed(35, h, inner);
        PackedMatrix[] down = packed(45, inner, h);
        int[] turn = new int[4];
        List<Runnable> works = List.of(
                () -> {
                    LayerNormalization.normalize(x, gamma, gamma, EPSILON, normed);
                    LayerNormalization.normalize(x, gamma, gamma, EPSILON, normed);
                },
                () -> MatMul.multiply(x, 0, h, rows, qkv[turn[0]++ % LAYERS], y, 0, 3 * h),
                () -> {
                    for (int i = 0; i < batch * heads; i++) {
                        CausalAttention.softpick(head, head, head, steps, size, headOut);
                    }
                },
                () -> MatMul.multiplyAdd(wide, 0, rows, out[turn[1]++ % LAYERS], x, 0, y, 0),
                () -> MatMul.multiplyGelu(x, 0, h, rows, up[turn[2]++ % LAYERS], y, 0, inner),
                () -> MatMul.multiplyAdd(wide, 0, rows, down[turn[3]++ % LAYERS], x, 0, y, 0));
        Rounds.warmUp(() -> Ceilings.fma(1), 500);
        Rounds.warmUp(() -> Ceilings.read(weights), 300);
        double[] m = new Rounds(rounds)
                .medians(works, List.of(() -> Ceilings.fma(1), () -> Ceilings.read(weights)), WARM_UP_MILLIS);
        double r = rows;
        double attention = (double) batch * heads * Arithmetic.attention(steps, size, true);
        List<Part> parts = new ArrayList<>();
        parts.add(new Part("two layer norms", m[0], 0, 16 * r * h));
        parts.add(new Part("queries, keys, values", m[1], 6 * r * h * h, 4 * (3.0 * h * h + 4 * r * h)));
        parts.add(new Part("attention, its scratch memory made anew", m[2], attention, 16 * r * h));
        parts.add(new Part("out projection, residual", m[3], 2 * r * h * h, 4 * (1.0 * h * h + 3 * r * h)));
        parts.add(new Part("up, GELU", m[4], 2 * r * h * inner, 4 * (1.0 * h * inner + r * (h + inner))));
        parts.add(new Part("down, residual", m[5], 2 * r * h * inner, 4 * (1.0 * h * inner + r * (2 * h + inner))));
        return new Block(parts, m[6], m[7]);
    }

    private static PackedMatrix[] packed(int seed, int k, int n) {
        PackedMatrix[] layers = new PackedMatrix[LAYERS];
        for (int i = 0; i < LAYERS; i++) {
            layers[i] = PackedMatrix.pack(Gaussian.of(seed + i, k * n), k, n);
        }
        return layers;
    }
}
