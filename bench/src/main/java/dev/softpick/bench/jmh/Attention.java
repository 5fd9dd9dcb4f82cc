package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.kernels.CausalAttention;
import dev.softpick.measure.Gaussian;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Causal attention of one head: softpick with its running state against softmax, both vectorized. */
public class Attention extends OnBackend {

    private static final float FACTOR = 0.4f;
    private static final int CHECKED_STEPS = 600;

    /** A short window, the model's, an odd one beyond a chunk, and long ones. */
    @Param({"16", "60", "509", "512", "1024", "2048", "4096", "8192"})
    public int steps;

    /** The default model's. */
    @Param("64")
    public int headSize;

    private float[] q;
    private float[] k;
    private float[] v;
    private float[] out;

    /** Softpick and softmax against their formulas in double, on the first steps, which do not depend on the rest. */
    @Setup
    public void setup() {
        q = Gaussian.of(1, steps * headSize);
        k = Gaussian.of(2, steps * headSize);
        v = Gaussian.of(3, steps * headSize);
        out = new float[steps * headSize];
        Outputs.same("softpick attention and its formula", softpick(), exact(false), 5e-6);
        Outputs.same("softmax attention and its formula", softmax(), exact(true), 5e-6);
    }

    private float[] exact(boolean softmax) {
        float[] exact = new float[Math.min(steps, CHECKED_STEPS) * headSize];
        double[] weights = new double[steps];
        for (int row = 0; row < exact.length / headSize; row++) {
            double sum = softmax ? 0 : 1;
            for (int key = 0; key <= row; key++) {
                double score = 0;
                for (int i = 0; i < headSize; i++) {
                    score += (double) q[row * headSize + i] * k[key * headSize + i];
                }
                score /= Math.sqrt(headSize);
                weights[key] = softmax ? Math.exp(score) : score;
                sum += Math.abs(weights[key]);
            }
            for (int i = 0; i < headSize; i++) {
                double value = 0;
                for (int key = 0; key <= row; key++) {
                    value += weights[key] * v[key * headSize + i];
                }
                exact[row * headSize + i] = (float) (value / sum);
            }
        }
        return exact;
    }

    /** Edifice's softpick. */
    @Benchmark
    public float[] softpick() {
        CausalAttention.softpick(q, k, v, steps, headSize, out);
        return out;
    }

    /** Softmax. */
    @Benchmark
    public float[] softmax() {
        CausalAttention.softmax(q, k, v, steps, headSize, out);
        return out;
    }

    /** Scalable softmax. */
    @Benchmark
    public float[] ssmax() {
        CausalAttention.ssmax(q, k, v, steps, headSize, FACTOR, out);
        return out;
    }

    /** Zuhri's softpick. */
    @Benchmark
    public float[] rectifiedSoftpick() {
        CausalAttention.rectifiedSoftpick(q, k, v, steps, headSize, out);
        return out;
    }
}
