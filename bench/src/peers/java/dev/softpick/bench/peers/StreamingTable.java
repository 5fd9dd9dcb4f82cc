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
import dev.softpick.model.SessionGroup;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What a frame costs, one at a time, on one thread: sliding, exact and unbounded sessions of the default model, many
 * sessions together, and ONNX Runtime's pruned graph run on the whole window for every frame. All in turns, with the
 * time of reading as many floats as the model has packed weights.
 */
@Command(
        name = "streaming",
        header = "Steps of sessions, alone and together, beside ONNX Runtime's rerun of the window.",
        mixinStandardHelpOptions = true)
final class StreamingTable implements Callable<Integer> {

    private static final int ROUNDS = 15;
    private static final int EMBED = 64;
    private static final int WINDOW = 60;
    private static final int SESSIONS = 32;
    private static final int HISTORY = 8192;

    /** An unbounded session goes back to its history after so many steps. */
    private static final int FORK_EVERY = 64;

    private static final int WARM_UP_MILLIS = 2000;
    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final SoftpickConfig CONFIG = SoftpickConfig.builder().embedDim(EMBED).build();

    @Mixin
    private Peers.Common common;

    @Override
    public Integer call() throws IOException, OrtException {
        int rounds = common.rounds(ROUNDS);
        Result result = Result.here(
                "streaming", "One frame at a time", Peers.commands("streaming --rounds " + rounds),
                "Default model, one thread, all works in turns, medians.", rounds);
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 1);
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
            List<StreamingSession> many = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                many.add(full(model, Window.SLIDING, windowed));
            }
            SessionGroup group = SessionGroup.of(many);
            float[] frame = Gaussian.of(4, EMBED);
            float[] frames = Gaussian.of(5, SESSIONS * EMBED);
            float[] answers = new float[SESSIONS * y.length];
            Unbounded softpick = new Unbounded(Normalizer.SOFTPICK);
            Unbounded softmax = new Unbounded(Normalizer.SOFTMAX);
            float[] weights = new float[weights()];
            List<Runnable> works = List.of(
                    () -> sliding.step(frame, y),
                    () -> many.forEach(session -> session.step(frame, y)),
                    () -> group.step(frames, answers),
                    () -> model.forward(windowed, 1, WINDOW, y),
                    () -> exact.step(frame, y),
                    softpick::step, softmax::step, onnx::run);
            List<DoubleSupplier> ceilings = List.of(
                    () -> weights.length * 4.0 / Ceilings.read(weights), () -> Ceilings.fma(1));
            double[] t = new Rounds(rounds).medians(works, ceilings, WARM_UP_MILLIS);
            report(result, t, softpick.bytes, softmax.bytes);
        }
        result.write(common.out());
        return 0;
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
    private static int weights() {
        int h = CONFIG.hiddenSize();
        return EMBED * h + CONFIG.numLayers() * (h * 3 * h + h * h + 2 * h * CONFIG.ffnSize());
    }

    private static void report(Result result, double[] t, long softpickBytes, long softmaxBytes) {
        double sliding = t[0];
        double together = t[2];
        double read = t[8];
        double fma = t[9];
        double products = SESSIONS * 2.0 * weights() / fma;
        Table table = result.add(new Table(
                "streaming", "What a frame costs",
                String.format(Locale.ROOT, "Reading: %.1f GB/s at 19 MB. FMA peak %.0f GFLOP/s, so 32 rows'"
                        + " products take at"
                        + " least %.0f µs; the step together may be at most %.1f times as fast as 32 that take"
                        + " the time of"
                        + " reading.", 4.0 * weights() / read, fma, products / 1e3, 32 * read / products),
                Column.key("work", "work"), Column.figure("us", "µs", "%,.0f"), Column.key("beside", "beside it"),
                Column.figure("beside_us", "µs", "%,.0f"), Column.followed("ratio", "ratio", "%.2f")));
        row(table, "sliding step, window 60", sliding, "reading 19 MB of weights once", read, sliding / read);
        row(table, "32 sliding sessions, one by one", t[1], "stepped together", together, t[1] / together);
        row(table, "forward on a window", t[3], "exact step on a full window", t[4], t[3] / t[4]);
        row(table, "unbounded step at 8,192, softmax", t[6], "softpick", t[5], t[6] / t[5]);
        row(table, "ONNX Runtime, pruned, window rerun", t[7], "sliding step", sliding, t[7] / sliding);
        Table state = result.add(new Table(
                "state", "Bytes of state at 8,192 frames", "", Column.figure("softpick", "softpick", "%,d"),
                Column.figure("softmax", "softmax", "%,d"), Column.followed("ratio", "ratio", "%.4f")));
        state.row(softpickBytes, softmaxBytes, softpickBytes / (double) softmaxBytes);
        result.goal(Goals.SLIDING, sliding / read);
        result.goal(Goals.TOGETHER, t[1] / together);
        result.goal(Goals.EXACT, t[3] / t[4]);
        result.goal(Goals.UNBOUNDED, t[6] / t[5]);
        result.goal(Goals.WINDOW_RERUN, t[7] / sliding);
        result.goal(Goals.STATE, softpickBytes / (double) softmaxBytes);
    }

    private static void row(Table table, String work, double nanos, String other, double otherNanos, double ratio) {
        table.row(work, nanos / 1e3, other, otherNanos / 1e3, ratio);
    }
}
