package dev.softpick.bench.peers;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** One product at the width that this JVM was started with, beside the plain loop nest and that width's own peak. */
final class WidthTurns {

    static final int M = 60;
    static final int K = 256;
    static final int N = 1024;

    private static final int WARM_UP_MILLIS = 2000;

    private WidthTurns() {}

    /** Takes the number of rounds; prints width, and GFLOP/s of ours, of the loop and of the peak. */
    public static void main(String[] args) {
        Random random = new Random(1);
        float[] a = gaussian(random, M * K);
        float[] b = gaussian(random, K * N);
        float[] ours = new float[M * N];
        float[] theirs = new float[M * N];
        PackedMatrix packed = PackedMatrix.pack(b, K, N);
        Runnable kernel = () -> MatMul.multiply(a, M, packed, ours);
        Runnable loop = () -> loop(a, b, theirs);
        kernel.run();
        loop.run();
        Turns.same("the loop nest", theirs, ours, 0);
        Turns.warmUp(() -> Ceilings.fma(1), 1000);
        double[] medians = Turns.medians(
                List.of(kernel, loop), List.of(() -> Ceilings.fma(1)), Integer.parseInt(args[0]), WARM_UP_MILLIS);
        double flop = 2.0 * M * K * N;
        System.out.printf(
                Locale.ROOT, "width\t%d\t%f\t%f\t%f%n", BackendInfo.current().width(), flop / medians[0],
                flop / medians[1], medians[2]);
    }

    /** Row by row; the inner loop runs over columns, a form that C2 vectorizes. */
    private static void loop(float[] a, float[] b, float[] c) {
        Arrays.fill(c, 0);
        for (int row = 0; row < M; row++) {
            for (int i = 0; i < K; i++) {
                addScaled(a[row * K + i], b, i * N, c, row * N);
            }
        }
    }

    private static void addScaled(float factor, float[] b, int from, float[] c, int to) {
        for (int column = 0; column < N; column++) {
            c[to + column] = Math.fma(factor, b[from + column], c[to + column]);
        }
    }

    static float[] gaussian(Random random, int length) {
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
