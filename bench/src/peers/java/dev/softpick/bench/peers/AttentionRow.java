package dev.softpick.bench.peers;

import dev.softpick.kernels.CausalAttention;
import java.util.List;
import java.util.Random;

/** Causal attention of one head of size 64 with each normalizer, all of them ours: nanoseconds a call. */
record AttentionRow(int steps, double softpick, double softmax, double ssmax, double rectified) {

    private static final int HEAD_SIZE = 64;
    private static final float FACTOR = 0.4f;
    private static final int WARM_UP_MILLIS = 1000;

    static AttentionRow measure(int steps, int rounds) {
        Random random = new Random(1);
        float[] q = WidthTurns.gaussian(random, steps * HEAD_SIZE);
        float[] k = WidthTurns.gaussian(random, steps * HEAD_SIZE);
        float[] v = WidthTurns.gaussian(random, steps * HEAD_SIZE);
        float[] out = new float[steps * HEAD_SIZE];
        double[] m = Turns.medians(
                List.of(
                        () -> CausalAttention.softpick(q, k, v, steps, HEAD_SIZE, out),
                        () -> CausalAttention.softmax(q, k, v, steps, HEAD_SIZE, out),
                        () -> CausalAttention.ssmax(q, k, v, steps, HEAD_SIZE, FACTOR, out),
                        () -> CausalAttention.rectifiedSoftpick(q, k, v, steps, HEAD_SIZE, out)),
                List.of(), rounds, WARM_UP_MILLIS);
        return new AttentionRow(steps, m[0], m[1], m[2], m[3]);
    }
}
