package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.bench.peers.OnnxLayers.Precision;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Many sliding sessions stepped together and one by one, in each weight format, beside one step of ONNX Runtime for as
 * many streams at once.
 */
final class SessionTable {

    private SessionTable() {}

    static void measure(Result result, SoftpickTransformer model, int rounds) throws IOException, OrtException {
        SoftpickConfig config = model.config();
        RoundedRow row = new RoundedRow();
        List<Runnable> oneByOne = new ArrayList<>();
        RoundedModels.of(model).forEach((format, rounded) -> {
            rounded.warmUp();
            Sessions sessions = new Sessions(rounded);
            row.add("ours, " + format, sessions::together, sessions::answers);
            sessions.compare(format);
            oneByOne.add(sessions::oneByOne);
        });
        SafetensorsFile weights = OnnxTransformer.weights(model);
        try (OnnxStream floats = stream(config, weights, Precision.FLOAT);
                OnnxStream bytes = stream(config, weights, Precision.INT8)) {
            float[] frames = Sessions.frames(config.embedDim());
            row.add(RoundedModels.ONNX_FLOAT, () -> floats.step(frames), floats::answer);
            row.add(RoundedModels.ONNX_INT8, () -> bytes.step(frames), bytes::answer);
            double[] m = row.medians(new Rounds(rounds), oneByOne, List.of(() -> Ceilings.fma(1)));
            report(result, config, row, oneByOne.size(), m);
        }
    }

    /** As many streams, which have seen what the sessions have. */
    private static OnnxStream stream(SoftpickConfig config, SafetensorsFile weights, Precision precision)
            throws IOException, OrtException {
        byte[] graph = OnnxStep.graph(config, weights, Sessions.COUNT, precision);
        OnnxStream stream = new OnnxStream(graph, config, Sessions.COUNT);
        Sessions.history(config.embedDim()).forEach(stream::step);
        return stream;
    }

    private static void report(Result result, SoftpickConfig config, RoundedRow row, int formats, double[] m) {
        double fma = m[m.length - 1];
        double products = 2.0 * Sessions.COUNT * StreamingTable.weights(config) / fma;
        Table table = result.add(new Table(
                "together", Sessions.COUNT + " sliding sessions together and one by one",
                String.format(Locale.ROOT, "Window %d, full; each session has a history of its own. FMA peak %.0f"
                        + " GFLOP/s, at which the products of %d rows take %.0f µs. Together has the bits of one by"
                        + " one. ONNX Runtime: one graph for %d streams, with their caches as inputs and outputs that"
                        + " lie in memory from before; it has all streams at one position, ours may be anywhere. *Off"
                        + " by*: the largest difference from our float model's answers.", config.windowSize(), fma,
                        Sessions.COUNT, products / 1e3, Sessions.COUNT),
                Column.key("who", "who"), Column.figure("alone_us", "one by one, µs", "%,.0f"),
                Column.figure("together_us", "together, µs", "%,.0f"),
                Column.followed("ratio", "one by one / together", "%.2f"),
                Column.followed("of_float", "together: it / our float", "%.2f"),
                Column.followed("onnx_float", "ONNX Runtime float / it", "%.2f"),
                Column.followed("onnx_int8", "ONNX Runtime int8 / it", "%.2f"),
                Column.figure("difference", "off by", "%.1e"), Column.figure("bytes", "bytes a step", "%d")));
        for (int i = 0; i < row.size(); i++) {
            Double alone = i < formats ? m[row.size() + i] : null;
            table.row(
                    row.name(i), alone == null ? null : alone / 1e3, m[i] / 1e3, alone == null ? null : alone / m[i],
                    m[i] / m[0], m[formats] / m[i], m[formats + 1] / m[i], row.difference(i),
                    alone == null ? null : row.bytes(i));
        }
        int int8 = row.indexOf("ours, int8");
        result.goal(Goals.TOGETHER, m[row.size()] / m[0]);
        result.goal(Goals.TOGETHER_INT8, m[int8] / m[0]);
        result.goal(Goals.TOGETHER_INT8_ALONE, m[row.size() + int8] / m[int8]);
        for (int i = 0; i < formats; i++) {
            result.goal(
                    Goals.allocation(Sessions.COUNT + " sliding sessions together, " + row.name(i)), row.bytes(i));
        }
    }
}
