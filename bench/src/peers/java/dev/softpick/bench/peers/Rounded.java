package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Sizes;
import dev.softpick.bench.harness.Table;
import dev.softpick.bench.peers.OnnxLayers.Precision;
import dev.softpick.measure.Gaussian;
import dev.softpick.measure.Turns;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What rounded weights cost and bring: ours in each format beside ONNX Runtime in float and with dynamic int8, both
 * with the pruned graph; forward passes, steps with full windows, and how far each is from our float model. One thread.
 */
@Command(
        name = "rounded",
        header = "Weights of 16 and 8 bits beside ONNX Runtime in float and int8.",
        mixinStandardHelpOptions = true)
final class Rounded implements Callable<Integer> {

    private static final SoftpickConfig CONFIG = SoftpickConfig.builder().embedDim(64).build();
    private static final int ROUNDS = 15;
    /** Steps after which a window has been full for long. */
    private static final int FULL = 130;

    /** A quarter of a gigabyte. */
    private static final int EVICTING_FLOATS = 1 << 26;

    /** Calls of a round after caches were emptied. */
    private static final int COLD_CALLS = 5;

    private enum Subject { FORWARD, STEP, COLD_CACHE, LOAD, MATMUL, WIDE }

    @Mixin
    private Peers.Common common;

    @Option(names = "--only", split = ",", paramLabel = "SUBJECT", description = "Some of ${COMPLETION-CANDIDATES}.")
    private List<Subject> only = List.of(Subject.values());

    @Option(names = "--shapes", split = ",", paramLabel = "BxT",
            description = "Of the forward pass. Default: ${DEFAULT-VALUE}.")
    private List<String> shapes = List.of("1x60", "8x60", "32x60", "1x512");

    private final SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 1);
    private final Map<String, SoftpickTransformer> ours = RoundedModels.of(model);
    private Rounds rounds;
    private Result result;

    @Override
    public Integer call() throws IOException, OrtException {
        rounds = new Rounds(common.rounds(ROUNDS));
        result = Result.here(
                "rounded", "Rounded weights", Peers.commands("rounded --rounds " + rounds.rounds()),
                "Default model, one thread, all works of a row in turns, medians; outputs compared before. ONNX"
                        + " Runtime with the"
                        + " pruned graph; its int8 is what its own tool makes: weights with a scale a column,"
                        + " inputs with one a"
                        + " tensor, found while it runs. *Off by*: the largest difference of a hidden state from"
                        + " our float model's.",
                rounds.rounds());
        ours.values().forEach(SoftpickTransformer::warmUp);
        SafetensorsFile weights = OnnxTransformer.weights(model);
        for (Subject subject : Subject.values()) {
            if (only.contains(subject)) {
                switch (subject) {
                    case FORWARD -> forward(weights);
                    case STEP -> steps(weights);
                    case COLD_CACHE -> coldCache();
                    case LOAD -> RoundedLoad.measure(result, ours, rounds);
                    case MATMUL -> RoundedMatMul.measure(result, rounds);
                    case WIDE -> RoundedWide.measure(result, rounds);
                }
            }
        }
        result.write(common.out());
        return 0;
    }

    private void forward(SafetensorsFile weights) throws IOException, OrtException {
        Table forward = result.add(new Table(
                "forward", "Forward pass", "", Column.key("shape", "batch×steps"), Column.key("who", "who"),
                Column.figure("ms", "ms", "%.3f"), Column.followed("of_float", "our float / it", "%.2f"),
                Column.followed("onnx_float", "ONNX Runtime float / it", "%.2f"),
                Column.followed("onnx_int8", "ONNX Runtime int8 / it", "%.2f"),
                Column.figure("difference", "off by", "%.1e"), Column.figure("bytes", "bytes a call", "%d"),
                Column.figure("fma_gflops", "FMA peak, GFLOP/s", "%.0f")));
        for (String shape : shapes) {
            int[] sizes = Sizes.parse(shape, 2);
            forward(forward, weights, sizes[0], sizes[1]);
        }
    }

    private void forward(Table table, SafetensorsFile weights, int batch, int steps) throws IOException, OrtException {
        float[] x = Gaussian.of(2, batch * steps * CONFIG.embedDim());
        long[] in = {batch, steps, CONFIG.embedDim()};
        long[] out = {batch, CONFIG.hiddenSize()};
        RoundedRow row = new RoundedRow();
        ours.forEach((format, rounded) -> {
            float[] y = new float[batch * CONFIG.hiddenSize()];
            row.add("ours, " + format, () -> rounded.forward(x, batch, steps, y), () -> y);
        });
        try (OnnxSession floats = new OnnxSession(
                        OnnxTransformer.pruned(CONFIG, weights, batch, steps, Precision.FLOAT), x, in, out, 1);
                OnnxSession bytes = new OnnxSession(
                        OnnxTransformer.pruned(CONFIG, weights, batch, steps, Precision.INT8), x, in, out, 1)) {
            row.add(RoundedModels.ONNX_FLOAT, floats::run, floats::output);
            row.add(RoundedModels.ONNX_INT8, bytes::run, bytes::output);
            double[] m = row.medians(rounds, List.of(), List.of(() -> Ceilings.fma(1)));
            row.write(table, batch + "×" + steps, m);
            goals(batch + "×" + steps, row, m);
        }
    }

    private void goals(String shape, RoundedRow row, double[] m) {
        for (int i = 1; i < ours.size(); i++) {
            result.goal(Goals.roundedForward(shape, row.name(i)), m[i] / m[0]);
            result.goal(Goals.allocation("forward " + shape + ", " + row.name(i)), row.bytes(i));
        }
    }

    /** A step of one stream whose window is full. */
    private void steps(SafetensorsFile weights) throws IOException, OrtException {
        float[] frame = Gaussian.of(4, CONFIG.embedDim());
        float[] history = Gaussian.of(5, FULL * CONFIG.embedDim());
        RoundedRow row = new RoundedRow();
        ours.forEach((format, rounded) -> {
            StreamingSession session = rounded.newSession(Window.SLIDING);
            session.feed(history, FULL);
            float[] y = new float[CONFIG.hiddenSize()];
            row.add("ours, " + format, () -> session.step(frame, y), () -> y);
        });
        try (OnnxStream floats = new OnnxStream(OnnxStep.graph(CONFIG, weights, 1, Precision.FLOAT), CONFIG, 1);
                OnnxStream bytes = new OnnxStream(OnnxStep.graph(CONFIG, weights, 1, Precision.INT8), CONFIG, 1)) {
            for (OnnxStream stream : List.of(floats, bytes)) {
                for (int i = 0; i < FULL; i++) {
                    stream.step(Arrays.copyOfRange(history, i * frame.length, (i + 1) * frame.length));
                }
            }
            row.add(RoundedModels.ONNX_FLOAT, () -> floats.step(frame), floats::answer);
            row.add(RoundedModels.ONNX_INT8, () -> bytes.step(frame), bytes::answer);
            double[] m = row.medians(rounds, List.of(), List.of(() -> Ceilings.fma(1)));
            Table table = result.add(new Table(
                    "step", "A step, window 60, full",
                    "Ours: a sliding session. ONNX Runtime: its caches as inputs and outputs that lie in memory"
                            + " from before.",
                    Column.key("work", "work"), Column.key("who", "who"), Column.figure("ms", "ms", "%.4f"),
                    Column.followed("of_float", "our float / it", "%.2f"),
                    Column.followed("onnx_float", "ONNX Runtime float / it", "%.2f"),
                    Column.followed("onnx_int8", "ONNX Runtime int8 / it", "%.2f"),
                    Column.figure("difference", "off by", "%.1e"), Column.figure("bytes", "bytes a call", "%d"),
                    Column.figure("fma_gflops", "FMA peak, GFLOP/s", "%.0f")));
            row.write(table, "step", m);
            int onnxFloat = ours.size();
            result.goal(Goals.STEP_FLOAT, m[onnxFloat] / m[0]);
            for (int i = 1; i < onnxFloat; i++) {
                result.goal(Goals.roundedStep(row.name(i)), m[0] / m[i]);
                result.goal(Goals.allocation("step, " + row.name(i)), row.bytes(i));
            }
            result.goal(Goals.STEP_INT8, m[onnxFloat + 1] / m[row.indexOf("ours, int8")]);
        }
    }

    /** A window whose weights no cache holds any more: each call comes after reading far more than the caches take. */
    private void coldCache() {
        float[] other = new float[EVICTING_FLOATS];
        Arrays.fill(other, 1f); // untouched pages are all the same one
        float[] x = Gaussian.of(2, CONFIG.windowSize() * CONFIG.embedDim());
        float[] y = new float[CONFIG.hiddenSize()];
        List<SoftpickTransformer> models = List.copyOf(ours.values());
        double[][] nanos = new double[models.size()][rounds.rounds() * COLD_CALLS];
        for (int call = 0; call < nanos[0].length; call++) {
            for (int i = 0; i < models.size(); i++) {
                Ceilings.read(other);
                long start = System.nanoTime();
                models.get(i).forward(x, 1, CONFIG.windowSize(), y);
                nanos[i][call] = System.nanoTime() - start;
            }
        }
        Table table = result.add(new Table(
                "cold-cache", "Forward 1×" + CONFIG.windowSize() + " from a cold cache", "",
                Column.key("format", "weights"),
                Column.figure("ms", "ms", "%.3f"), Column.followed("of_float", "float / it", "%.2f")));
        double floats = Turns.quantile(nanos[0], 0.5);
        int row = 0;
        for (String format : ours.keySet()) {
            double median = Turns.quantile(nanos[row++], 0.5);
            table.row(format, median / 1e6, floats / median);
            if (row > 1) {
                result.goal(Goals.coldCache(format), floats / median);
            }
        }
    }
}
