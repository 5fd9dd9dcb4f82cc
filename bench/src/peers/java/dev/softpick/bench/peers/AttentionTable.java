package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.CausalAttention;
import dev.softpick.measure.Gaussian;
import java.util.ArrayList;
import java.util.List;

/** Causal attention of one head with each normalizer, all of them ours. */
final class AttentionTable {

    private static final int[] STEPS = {60, 512, 1024, 2048, 4096, 8192};

    /** From here on softpick is to be faster. */
    private static final int LONG = 1024;

    private static final int HEAD_SIZE = 64;
    private static final float FACTOR = 0.4f;
    private static final int WARM_UP_MILLIS = 1000;

    private AttentionTable() {}

    static void measure(Result result, int rounds) {
        Table table = result.add(new Table(
                "attention", "Causal attention of one head of size " + HEAD_SIZE + ", one thread, all ours",
                "Microseconds, scratch memory included. Softmax is as vectorized as softpick.",
                Column.number("steps", "T"), Column.figure("softpick_us", "softpick", "%.1f"),
                Column.figure("softmax_us", "softmax", "%.1f"), Column.figure("ssmax_us", "ssmax", "%.1f"),
                Column.figure("rectified_us", "rectified softpick", "%.1f"),
                Column.followed("ratio", "softmax / softpick", "%.2f")));
        List<Double> ratios = new ArrayList<>();
        for (int steps : STEPS) {
            double[] m = medians(steps, rounds);
            table.row(steps, m[0] / 1e3, m[1] / 1e3, m[2] / 1e3, m[3] / 1e3, m[1] / m[0]);
            if (steps >= LONG) {
                ratios.add(m[1] / m[0]);
            }
        }
        result.goal(Goals.ATTENTION, ratios.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static double[] medians(int steps, int rounds) {
        float[] q = Gaussian.of(1, steps * HEAD_SIZE);
        float[] k = Gaussian.of(2, steps * HEAD_SIZE);
        float[] v = Gaussian.of(3, steps * HEAD_SIZE);
        float[] out = new float[steps * HEAD_SIZE];
        return new Rounds(rounds).medians(
                List.of(
                        () -> CausalAttention.softpick(q, k, v, steps, HEAD_SIZE, out),
                        () -> CausalAttention.softmax(q, k, v, steps, HEAD_SIZE, out),
                        () -> CausalAttention.ssmax(q, k, v, steps, HEAD_SIZE, FACTOR, out),
                        () -> CausalAttention.rectifiedSoftpick(q, k, v, steps, HEAD_SIZE, out)),
                List.of(), WARM_UP_MILLIS);
    }
}
