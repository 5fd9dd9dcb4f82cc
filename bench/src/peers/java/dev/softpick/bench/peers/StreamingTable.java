package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a frame costs, one at a time, on one thread: sliding, exact and unbounded sessions of the default model, and
 * ONNX Runtime's pruned graph run on the whole window for every frame. All in turns, with the time of reading what a
 * step must read. Then, in tables of their own, many sessions together, and every window of a series that is there.
 */
@Command(
        name = "streaming",
        header = "Steps of sessions, alone and together, beside ONNX Runtime's rerun of the window.",
        mixinStandardHelpOptions = true)
final class StreamingTable implements Callable<Integer> {

    private static final int ROUNDS = 15;
    private static final int EMBED = 64;
    private static final int WINDOW = 60;
    private static final int HISTORY = 8192;

    /** An unbounded session goes back to its history after so many steps. */
    private static final int FORK_EVERY = 64;

    private static final int WARM_UP_MILLIS = 2000;
    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final SoftpickConfig CONFIG = SoftpickConfig.builder().embedDim(EMBED).build();

    private enum Subject { STEPS, TOGETHER, KEYS_AND_VALUES, WINDOWS }

    @Mixin
    private Peers.Common common;

    @Option(names = "--only", split = ",", paramLabel = "SUBJECT", description = "Some of ${COMPLETION-CANDIDATES}.")
    private List<Subject> only = List.of(Subject.values());

    @Override
    public Integer call() throws IOException, OrtException {
        int rounds = common.rounds(ROUNDS);
        Result result = Result.here(
                "streaming", "One frame at a time", Peers.commands("streaming --rounds " + rounds),
                "Default model, one thread, all works of a table in turns, medians.", rounds);
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 1);
        for (Subject subject : Subject.values()) {
            if (only.contains(subject)) {
                switch (subject) {
                    case STEPS -> steps(result, model, rounds);
                    case TOGETHER -> SessionTable.measure(result, model, rounds);
                    case KEYS_AND_VALUES -> KeyValueTable.measure(result, model, rounds);
                    case WINDOWS -> WindowTable.measure(result, CONFIG, rounds);
                }
            }
        }
        result.write(common.out());
        return 0;
    }

    private static void steps(Result result, SoftpickTransformer model, int rounds) throws IOException, OrtException {
        float[] windowed = Gaussian.of(2, WINDOW * EMBED);
        float[] y = new float[model.outputSize()];
        byte[] graph = OnnxTransformer.graph(CONFIG, OnnxTransformer.weights(model), 1, WINDOW, true);
        try (OnnxSession onnx = new OnnxSession(
                graph, windowed, new long[] {1, WINDOW, EMBED}, new long[] {1, model.outputSize()}, 1)) {
            onnx.run();
            StreamingSession exact = model.newSession(Window.EXACT);
            exact.feed(windowed, WINDOW - 1);
            exact.step(Arrays.copyOfRange(windowed, (WINDOW - 1) * EMBED, WINDOW * EMBED), y);
            Outputs.same("ONNX Runtime, pruned, and ours", onnx.output(), y, ALLOWED_DIFFERENCE);
            StreamingSession sliding = full(model, Window.SLIDING, windowed);
            float[] frame = Gaussian.of(4, EMBED);
            Unbounded softpick = new Unbounded(Normalizer.SOFTPICK);
            Unbounded softmax = new Unbounded(Normalizer.SOFTMAX);
            float[] weights = new float[weights(CONFIG)];
            float[] all = new float[weights.length + Math.toIntExact(softpick.bytes / Float.BYTES)];
            Arrays.fill(all, 1f); // untouched pages are all the same one
            List<Runnable> works = List.of(
                    () -> sliding.step(frame, y),
                    () -> model.forward(windowed, 1, WINDOW, y),
                    () -> exact.step(frame, y),
                    softpick::step, softmax::step, onnx::run);
            List<DoubleSupplier> ceilings = List.of(
                    () -> weights.length * 4.0 / Ceilings.read(weights), () -> all.length * 4.0 / Ceilings.read(all));
            Rounds.warmUp(() -> Ceilings.read(weights), 300);
            double[] t = new Rounds(rounds).medians(works, ceilings, WARM_UP_MILLIS);
            report(result, t, softpick.bytes, softmax.bytes);
        }
    }

    private static StreamingSession full(SoftpickTransformer model, Window window, float[] frames) {
        StreamingSession session = model.newSession(window);
        session.feed(frames, WINDOW);
        return session;
    }

    /** A session with a long history, and a fork of it that is stepped. */
    private static final class Unbounded {
        final StreamingSession history;
        final long bytes;
        final float[] frame = Gaussian.of(6, EMBED);
        final float[] answer = new float[CONFIG.hiddenSize()];
        StreamingSession fork;

        Unbounded(Normalizer normalizer) {
            SoftpickTransformer model =
                    SoftpickTransformer.random(CONFIG.toBuilder().normalizer(normalizer).build(), 1);
            history = model.newSession(Window.UNBOUNDED);
            history.feed(Gaussian.of(7, HISTORY * EMBED), HISTORY);
            bytes = history.stateBytes();
            fork = history.fork();
        }

        void step() {
            if (fork.position() == HISTORY + FORK_EVERY) {
                fork = history.fork();
            }
            fork.step(frame, answer);
        }
    }

    /** Floats of all packed matrices; none needs padding at these sizes. */
    static int weights(SoftpickConfig config) {
        int h = config.hiddenSize();
        return config.embedDim() * h + config.numLayers() * (4 * h * h + 2 * h * config.ffnSize());
    }

    private static void report(Result result, double[] t, long softpickBytes, long softmaxBytes) {
        double sliding = t[0];
        double forward = t[1];
        double exact = t[2];
        double softpick = t[3];
        double softmax = t[4];
        double rerun = t[5];
        double read = t[6];
        double readAll = t[7];
        double bytes = 4.0 * weights(CONFIG);
        Table table = result.add(new Table(
                "streaming", "What a frame costs",
                String.format(Locale.ROOT, "Reading: %.1f GB/s at 19 MB, %.1f GB/s at the %.0f MB of weights, keys and"
                        + " states of an unbounded session.", bytes / read, (bytes + softpickBytes) / readAll,
                        (bytes + softpickBytes) / 1e6),
                Column.key("work", "work"), Column.figure("us", "µs", "%,.0f"), Column.key("beside", "beside it"),
                Column.figure("beside_us", "µs", "%,.0f"), Column.followed("ratio", "ratio", "%.2f")));
        row(table, "sliding step, window 60", sliding, "reading 19 MB of weights once", read);
        row(table, "forward on a window", forward, "exact step on a full window", exact);
        row(table, "unbounded step at 8,192, softmax", softmax, "softpick", softpick);
        row(table, "unbounded step at 8,192, softpick", softpick, "reading weights, keys and states once", readAll);
        row(table, "ONNX Runtime, pruned, window rerun", rerun, "sliding step", sliding);
        Table state = result.add(new Table(
                "state", "Bytes of state at 8,192 frames", "", Column.figure("softpick", "softpick", "%,d"),
                Column.figure("softmax", "softmax", "%,d"), Column.followed("ratio", "ratio", "%.4f")));
        state.row(softpickBytes, softmaxBytes, softpickBytes / (double) softmaxBytes);
        result.goal(Goals.SLIDING, sliding / read);
        result.goal(Goals.EXACT, forward / exact);
        result.goal(Goals.UNBOUNDED, softmax / softpick);
        result.goal(Goals.UNBOUNDED_READ, softpick / readAll);
        result.goal(Goals.WINDOW_RERUN, rerun / sliding);
        result.goal(Goals.STATE, softpickBytes / (double) softmaxBytes);
    }

    private static void row(Table table, String work, double nanos, String other, double otherNanos) {
        table.row(work, nanos / 1e3, other, otherNanos / 1e3, nanos / otherNanos);
    }
}
