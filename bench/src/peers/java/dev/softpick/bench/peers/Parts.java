package dev.softpick.bench.peers;

import dev.softpick.kernels.CausalAttention;
import dev.softpick.kernels.LayerNormalization;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Where the time of one block goes: each kernel alone at the shapes of the default model, its weights streaming as six
 * layers' do, beside the time that its arithmetic takes at the FMA peak and its bytes at the read bandwidth.
 *
 * @param name of the part
 * @param nanos of one block
 * @param flop that it needs
 * @param bytes of weights and rows that it reads and writes, each once
 */
record Parts(String name, double nanos, double flop, double bytes) {

    private static final int LAYERS = 6;
    private static final int WARM_UP_MILLIS = 1000;
    private static final float EPSILON = 1e-5f;

    /** All parts of a block for a batch, and last the FMA peak in GFLOP/s and the read bandwidth in GB/s. */
    record Block(List<Parts> parts, double fma, double read) {}

    /** The longer of the arithmetic at the FMA peak and the bytes at the read bandwidth, in nanoseconds. */
    double floor(Block block) {
        return Math.max(flop / block.fma(), bytes / block.read());
    }

    double gap(Block block) {
        return nanos - floor(block);
    }

    static Block measure(SoftpickConfig config, int batch, int steps, int rounds) {
        int h = config.hiddenSize();
        int inner = config.ffnSize();
        int heads = config.numHeads();
        int size = config.headSize();
        int rows = batch * steps;
        Random random = new Random(1);
        float[] x = WidthTurns.gaussian(random, rows * h);
        float[] wide = WidthTurns.gaussian(random, rows * inner);
        float[] y = new float[rows * Math.max(inner, 3 * h)];
        float[] normed = new float[rows * h];
        float[] gamma = WidthTurns.gaussian(random, h);
        float[] head = WidthTurns.gaussian(random, steps * size);
        float[] headOut = new float[steps * size];
        float[] weights = new float[LAYERS * (4 * h * h + 2 * h * inner)];
        PackedMatrix[] qkv = packed(random, h, 3 * h);
        PackedMatrix[] out = packed(random, h, h);
        PackedMatrix[] up = packed(random, h, inner);
        PackedMatrix[] down = packed(random, inner, h);
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
        Turns.warmUp(() -> Ceilings.fma(1), 500);
        Turns.warmUp(() -> Ceilings.read(weights), 300);
        double[] m = Turns.medians(
                works, List.of(() -> Ceilings.fma(1), () -> Ceilings.read(weights)), rounds, WARM_UP_MILLIS);
        double r = rows;
        double attention = ForwardRow.attention(config, batch, steps);
        List<Parts> parts = new ArrayList<>();
        parts.add(new Parts("two layer norms", m[0], 0, 16 * r * h));
        parts.add(new Parts("queries, keys, values", m[1], 6 * r * h * h, 4 * (3.0 * h * h + 4 * r * h)));
        parts.add(new Parts("attention, its scratch memory made anew", m[2], attention, 16 * r * h));
        parts.add(new Parts("out projection, residual", m[3], 2 * r * h * h, 4 * (1.0 * h * h + 3 * r * h)));
        parts.add(new Parts("up, GELU", m[4], 2 * r * h * inner, 4 * (1.0 * h * inner + r * (h + inner))));
        parts.add(new Parts("down, residual", m[5], 2 * r * h * inner, 4 * (1.0 * h * inner + r * (2 * h + inner))));
        return new Block(parts, m[6], m[7]);
    }

    private static PackedMatrix[] packed(Random random, int k, int n) {
        PackedMatrix[] layers = new PackedMatrix[LAYERS];
        for (int i = 0; i < LAYERS; i++) {
            layers[i] = PackedMatrix.pack(WidthTurns.gaussian(random, k * n), k, n);
        }
        return layers;
    }
}
