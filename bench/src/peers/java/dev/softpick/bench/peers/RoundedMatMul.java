package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.select.Backends;
import dev.softpick.measure.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/** One row times the weights of a model, matrix after matrix, against reading as many bytes. */
final class RoundedMatMul {

    private static final int K = 256;
    private static final int N = 1024;

    /** Matrices that are used in turns: 19 MB of floats, which no L2 holds. */
    private static final int COPIES = 18;

    private static final int WARM_UP_MILLIS = 1500;
    private static final int LARGEST = 127;
    private static final double ALLOWED_DIFFERENCE = 1;

    /** A weight format's bytes for a float. */
    private record Format(String name, double bytes, List<Weights> matrices) {}

    private RoundedMatMul() {}

    static void measure(Result result, Rounds rounds) {
        Backend backend = Backends.current();
        List<Format> formats = List.of(
                new Format("float32", 4, new ArrayList<>()), new Format("bfloat16", 2, new ArrayList<>()),
                new Format("int8", 1, new ArrayList<>()));
        for (int i = 0; i < COPIES; i++) {
            float[] w = Gaussian.of(i, K * N);
            formats.get(0).matrices().add(Panels.pack(w, K, N, null, backend.panelWidth()));
            formats.get(1).matrices().add(bfloat16(w, backend));
            formats.get(2).matrices().add(int8(w, backend));
        }
        float[] a = Gaussian.of(99, K);
        List<Runnable> works = new ArrayList<>();
        List<DoubleSupplier> ceilings = new ArrayList<>();
        float[] expected = null;
        for (Format format : formats) {
            float[] y = new float[N];
            int[] turn = {0};
            works.add(() -> backend.matMul().multiply(
                    a, 0, K, 1, format.matrices().get(turn[0]++ % COPIES), y, 0, N));
            works.getLast().run();
            expected = expected == null ? y.clone() : expected;
            Outputs.same(format.name() + " and float", y, expected, ALLOWED_DIFFERENCE);
            ceilings.add(ceiling(format));
        }
        double[] m = rounds.medians(works, ceilings, WARM_UP_MILLIS);
        Table table = result.add(new Table(
                "matmul", String.format(Locale.ROOT, "One row times %d×%d, %d matrices in turns", K, N, COPIES),
                "GB/s of the weights' own bytes; beside it reading as many bytes, and where that takes longer, making"
                        + " floats of them.", Column.key("format", "weights"),
                Column.figure("us", "µs", "%.2f"), Column.figure("gbs", "GB/s", "%.1f"),
                Column.figure("read_gbs", "ceiling, GB/s", "%.1f"),
                Column.followed("percent", "of it", "%.0f %%"),
                Column.followed("of_float", "float / it", "%.2f")));
        for (int i = 0; i < formats.size(); i++) {
            Format format = formats.get(i);
            double gbs = K * N * format.bytes() / m[i];
            double percent = 100 * gbs / m[formats.size() + i];
            table.row(format.name(), m[i] / 1e3, gbs, m[formats.size() + i], percent, m[0] / m[i]);
            if (i > 0) {
                result.goal(Goals.roundedRow(format.name()), percent);
            }
        }
    }

    private static DoubleSupplier ceiling(Format format) {
        if (format.bytes() == 1) {
            byte[] bytes = new byte[COPIES * K * N];
            Arrays.fill(bytes, (byte) 1); // untouched pages are all the same one
            Rounds.warmUp(() -> Ceilings.decode(bytes), 200);
            return () -> Ceilings.decode(bytes);
        }
        float[] floats = new float[(int) (COPIES * K * N * format.bytes() / Float.BYTES)];
        Arrays.fill(floats, 1f);
        Rounds.warmUp(() -> Ceilings.read(floats), 200);
        return () -> Ceilings.read(floats);
    }

    /** Cut off, not rounded: only the time counts here. */
    private static Weights bfloat16(float[] w, Backend backend) {
        short[] upper = new short[w.length];
        for (int i = 0; i < w.length; i++) {
            upper[i] = (short) (Float.floatToRawIntBits(w[i]) >>> 16);
        }
        return BFloat16Panels.pack(upper, K, N, null, backend.panelWidth(), backend.panelLanes());
    }

    private static Weights int8(float[] w, Backend backend) {
        float[] scales = new float[N];
        for (int i = 0; i < w.length; i++) {
            scales[i % N] = Math.max(scales[i % N], Math.abs(w[i]) / LARGEST);
        }
        byte[] rounded = new byte[w.length];
        for (int i = 0; i < w.length; i++) {
            rounded[i] = (byte) Math.rint(w[i] / scales[i % N]);
        }
        return Int8Panels.pack(rounded, scales, K, N, null, backend.panelWidth(), backend.panelLanes());
    }
}
