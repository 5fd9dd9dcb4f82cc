package dev.softpick.bench.peers;

import com.google.gson.Gson;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Fork;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.BackendInfo;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Gaussian;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One product at other vector widths, beside the plain loop nest and each width's own peak: a JVM for each. */
final class WidthTable {

    private static final int M = 60;
    private static final int K = 256;
    private static final int N = 1024;
    private static final String[] FLAGS = {"", "-XX:UseAVX=2", "-XX:MaxVectorSize=16", "-Dsoftpick.backend=scalar"};
    private static final int WARM_UP_MILLIS = 2000;
    private static final Gson JSON = new Gson();

    private WidthTable() {}

    /** What one JVM says: GFLOP/s of ours, of the loop and of the peak. */
    private record Row(int bits, double ours, double loop, double fma) {}

    static void measure(Result result, int rounds) throws IOException {
        Table table = result.add(new Table(
                "width", "Matmul " + M + "×" + K + "×" + N + " at other vector widths",
                "GFLOP/s. *Loop*: the plain loop nest, which C2 vectorizes. The peak is that of the JVM's vectors; for"
                        + " the scalar backend it is not a ceiling but a comparison.",
                Column.key("flags", "flags"), Column.number("bits", "bits"),
                Column.figure("ours_gflops", "ours", "%.1f"),
                Column.figure("loop_gflops", "loop", "%.1f"), Column.figure("fma_gflops", "FMA peak", "%.1f"),
                Column.followed("percent", "of peak", "%.0f %%")));
        for (String flag : FLAGS) {
            Fork fork = Fork.run(
                    WidthTable.class, flag.isEmpty() ? List.of() : List.of("-XX:+IgnoreUnrecognizedVMOptions", flag),
                    Map.of(), Integer.toString(rounds));
            Row row = JSON.fromJson(fork.lines().getLast(), Row.class);
            double percent = 100 * row.ours() / row.fma();
            table.row(flag.isEmpty() ? "none" : flag, row.bits(), row.ours(), row.loop(), row.fma(), percent);
            if (row.bits() == 0) {
                result.goal(Goals.SCALAR_MATMUL, row.ours() / row.loop());
                result.goal(Goals.SCALAR_GFLOPS, row.ours());
            } else if (row.bits() < 512) {
                result.goal(Goals.width(row.bits()), percent);
            }
        }
    }

    /** One of the JVMs. Takes the number of rounds. */
    public static void main(String[] args) {
        float[] a = Gaussian.of(1, M * K);
        float[] b = Gaussian.of(2, K * N);
        float[] ours = new float[M * N];
        float[] theirs = new float[M * N];
        PackedMatrix packed = PackedMatrix.pack(b, K, N);
        Runnable kernel = () -> MatMul.multiply(a, M, packed, ours);
        Runnable loop = () -> loop(a, b, theirs);
        kernel.run();
        loop.run();
        Outputs.same("the loop nest and ours", theirs, ours, 0);
        Rounds.warmUp(() -> Ceilings.fma(1), 1000);
        double[] medians = new Rounds(Integer.parseInt(args[0]))
                .medians(List.of(kernel, loop), List.of(() -> Ceilings.fma(1)), WARM_UP_MILLIS);
        double flop = 2.0 * M * K * N;
        System.out.println(JSON.toJson(
                new Row(BackendInfo.current().width(), flop / medians[0], flop / medians[1], medians[2])));
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
}
