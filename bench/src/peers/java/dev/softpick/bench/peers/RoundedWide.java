package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.bench.peers.OnnxLayers.Precision;
import dev.softpick.measure.Arithmetic;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A window through a model whose weights no cache holds, in each format, beside ONNX Runtime's three graphs. */
final class RoundedWide {

    /** 100 MB of weights. */
    private static final SoftpickConfig CONFIG =
            SoftpickConfig.builder().embedDim(64).hiddenSize(512).numLayers(8).build();

    private RoundedWide() {}

    static void measure(Result result, Rounds rounds) throws IOException, OrtException {
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 1);
        Map<String, SoftpickTransformer> ours = RoundedModels.of(model);
        SafetensorsFile weights = OnnxTransformer.weights(model);
        int steps = CONFIG.windowSize();
        float[] x = Gaussian.of(2, steps * CONFIG.embedDim());
        RoundedRow row = new RoundedRow();
        ours.forEach((format, rounded) -> {
            rounded.warmUp();
            float[] y = new float[CONFIG.hiddenSize()];
            row.add("ours, " + format, () -> rounded.forward(x, 1, steps, y), () -> y);
        });
        float[] read = new float[StreamingTable.weights(CONFIG)];
        try (OnnxSession full = session(OnnxTransformer.graph(CONFIG, weights, 1, steps, false), x);
                OnnxSession pruned = session(OnnxTransformer.pruned(CONFIG, weights, 1, steps, Precision.FLOAT), x);
                OnnxSession bytes = session(OnnxTransformer.pruned(CONFIG, weights, 1, steps, Precision.INT8), x)) {
            row.add(RoundedModels.ONNX_FULL, full::run, full::output);
            row.add(RoundedModels.ONNX_FLOAT, pruned::run, pruned::output);
            row.add(RoundedModels.ONNX_INT8, bytes::run, bytes::output);
            Rounds.warmUp(() -> Ceilings.read(read), 300);
            double[] m = row.medians(rounds, List.of(), List.of(() -> Ceilings.fma(1), () -> Ceilings.read(read)));
            report(result, row, ours.size(), m);
        }
    }

    private static OnnxSession session(byte[] graph, float[] x) throws OrtException {
        return new OnnxSession(
                graph, x, new long[] {1, CONFIG.windowSize(), CONFIG.embedDim()},
                new long[] {1, CONFIG.hiddenSize()}, 1);
    }

    private static void report(Result result, RoundedRow row, int formats, double[] m) {
        double fma = m[row.size()];
        double arithmetic = Arithmetic.forward(CONFIG, 1, CONFIG.windowSize());
        double weights = 4.0 * StreamingTable.weights(CONFIG);
        Table table = result.add(new Table(
                "wide", String.format(Locale.ROOT, "Forward 1×%d, hidden %d, %d layers", CONFIG.windowSize(),
                        CONFIG.hiddenSize(), CONFIG.numLayers()),
                String.format(Locale.ROOT, "%d heads. FMA peak %.0f GFLOP/s, at which the arithmetic takes %.1f ms;"
                        + " reading %.1f GB/s at the %.0f MB of the float weights, which take %.1f ms.",
                        CONFIG.numHeads(), fma, arithmetic / fma / 1e6, m[row.size() + 1], weights / 1e6,
                        weights / m[row.size() + 1] / 1e6),
                Column.key("who", "who"), Column.figure("ms", "ms", "%.2f"),
                Column.followed("of_float", "our float / it", "%.2f"),
                Column.followed("onnx_full", "ONNX Runtime float, full / it", "%.2f"),
                Column.followed("onnx_pruned", "ONNX Runtime float, pruned / it", "%.2f"),
                Column.followed("onnx_int8", "ONNX Runtime int8 / it", "%.2f"),
                Column.followed("percent", "of peak", "%.0f %%"),
                Column.figure("difference", "off by", "%.1e"), Column.figure("bytes", "bytes a call", "%d")));
        for (int i = 0; i < row.size(); i++) {
            boolean us = i < formats;
            table.row(
                    row.name(i), m[i] / 1e6, m[0] / m[i], m[formats] / m[i], m[formats + 1] / m[i],
                    m[formats + 2] / m[i], us ? 100 * arithmetic / m[i] / fma : null, row.difference(i),
                    us ? row.bytes(i) : null);
        }
        result.goal(Goals.wide(false), m[formats] / m[0]);
        result.goal(Goals.wide(true), m[formats + 1] / m[0]);
        for (int i = 1; i < formats; i++) {
            result.goal(Goals.roundedWide(row.name(i)), m[0] / m[i]);
        }
    }
}
