package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.Reduce;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.measure.Gaussian;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Sums and normalizers of rows, from L2 and from beyond the caches. */
final class RowTable {

    private static final int[][] SIZES = {{16, 4096}, {64, 1021}, {1, 65536}, {4096, 4096}, {4, 1 << 20}};

    /** Floats of input that stay there with the output. */
    private static final int IN_L2 = 1 << 16;

    private static final int WARM_UP_MILLIS = 600;
    private static final float FACTOR = 0.4f;

    /** Keeps the sums, so that they are computed. */
    private static volatile float sink;

    private RowTable() {}

    static void measure(Result result, int rounds) {
        Table table = result.add(new Table(
                "rows", "Sums and normalizers of rows, one thread",
                "GB/s of the bytes that must move: reading for the sum; reading and writing for the others. The"
                        + " ceilings read"
                        + " and copy the same arrays; System.arraycopy writes past the caches beyond 2.5 MB, for"
                        + " which the Vector"
                        + " API has no instruction.",
                Column.key("shape", "rows × length"), Column.key("memory", "memory"),
                Column.figure("abs_sum_gbs", "abs-sum", "%.1f"), Column.figure("read_gbs", "read", "%.1f"),
                Column.followed("abs_sum_percent", "of reading", "%.0f %%"),
                Column.figure("softpick_gbs", "softpick", "%.1f"), Column.figure("copy_gbs", "copy", "%.1f"),
                Column.followed("softpick_percent", "of copying", "%.0f %%"),
                Column.figure("softmax_gbs", "softmax", "%.1f"), Column.figure("ssmax_gbs", "ssmax", "%.1f"),
                Column.figure("rectified_gbs", "rectified softpick", "%.1f"),
                Column.figure("arraycopy_gbs", "arraycopy", "%.1f")));
        for (int[] size : SIZES) {
            String shape = size[0] + "×" + size[1];
            boolean inL2 = size[0] * size[1] <= IN_L2;
            double[] m = medians(size[0], size[1], rounds);
            double bytes = 4.0 * size[0] * size[1];
            double absSum = bytes / m[0];
            double softpick = 2 * bytes / m[1];
            table.row(
                    shape, inL2 ? "L2" : "beyond the caches", absSum, m[5], 100 * absSum / m[5], softpick, m[6],
                    100 * softpick / m[6], 2 * bytes / m[2], 2 * bytes / m[3], 2 * bytes / m[4], m[7]);
            result.goal(Goals.rows(shape, inL2, "abs-sum of reading"), 100 * absSum / m[5]);
            result.goal(Goals.rows(shape, inL2, "softpick of copying"), 100 * softpick / m[6]);
        }
    }

    /** Nanoseconds of sum, softpick, softmax, ssmax and rectified softpick; GB/s of reading, copying and arraycopy. */
    private static double[] medians(int rows, int length, int rounds) {
        float[] x = Gaussian.of(1, rows * length);
        float[] y = new float[x.length];
        List<Runnable> works = List.of(
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        sink = Reduce.absSum(x, i, length);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        Softpick.normalize(x, i, length, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        Softmax.normalize(x, i, length, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        SSMax.normalize(x, i, length, FACTOR, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        RectifiedSoftpick.normalize(x, i, length, y, i);
                    }
                });
        Rounds.warmUp(() -> Ceilings.read(x), 300);
        Rounds.warmUp(() -> Ceilings.copy(x, y), 300);
        List<DoubleSupplier> ceilings =
                List.of(() -> Ceilings.read(x), () -> Ceilings.copy(x, y), () -> Ceilings.arrayCopy(x, y));
        return new Rounds(rounds).medians(works, ceilings, WARM_UP_MILLIS);
    }
}
