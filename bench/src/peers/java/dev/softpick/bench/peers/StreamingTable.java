package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SessionGroup;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * What a frame costs, one at a time, on one thread: sliding, exact and unbounded sessions of the default model, many
 * sessions together, and ONNX Runtime's pruned graph run on the whole window for every frame. All in turns, with the time of
 * reading as many floats as the model has packed weights. Prints a table and writes it as {@code <date>-<cpu>-streaming.md}.
 *
 * <pre>
 *   java --add-modules jdk.incubator.vector -cp bench/target/peers.jar dev.softpick.bench.peers.StreamingTable
 *        [rounds, 15] [folder, bench/results]
 * </pre>
 */
public final class StreamingTable {

    private static final int EMBED = 64;
    private static final int WINDOW = 60;
    private static final int SESSIONS = 32;
    private static final int HISTORY = 8192;

    /** An unbounded session goes back to its history after so many steps. */
    private static final int FORK_EVERY = 64;

    private static final int WARM_UP_MILLIS = 2000;
    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final SoftpickConfig CONFIG = SoftpickConfig.builder().embedDim(EMBED).build();

    private StreamingTable() {}

    /** Measures and writes. */
    public static void main(String[] args) throws IOException, OrtException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        Path folder = Path.of(args.length > 1 ? args[1] : "bench/results");
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 1);
        float[] windowed = gaussian(2, WINDOW * EMBED);
        float[] y = new float[model.outputSize()];
        byte[] graph = OnnxTransformer.graph(CONFIG, ForwardRow.saved(model), 1, WINDOW, true);
        try (OnnxSession onnx = new OnnxSession(
                graph, windowed, new long[] {1, WINDOW, EMBED}, new long[] {1, model.outputSize()}, 1)) {
            onnx.run();
            StreamingSession exact = model.newSession(Window.EXACT);
            exact.feed(windowed, WINDOW - 1);
            exact.step(Arrays.copyOfRange(windowed, (WINDOW - 1) * EMBED, WINDOW * EMBED), y);
            Turns.same("ONNX Runtime, pruned", onnx.output(), y, ALLOWED_DIFFERENCE);
            StreamingSession sliding = full(model, Window.SLIDING, windowed);
            List<StreamingSession> many = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                many.add(full(model, Window.SLIDING, windowed));
            }
            SessionGroup group = SessionGroup.of(many);
            float[] frame = gaussian(4, EMBED);
            float[] frames = gaussian(5, SESSIONS * EMBED);
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
            double[] t = Turns.medians(works, ceilings, rounds, WARM_UP_MILLIS);
            String table = table(t, softpick.bytes, softmax.bytes);
            System.out.print(table);
            Machine machine = Machine.read(rounds);
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(machine.fileName() + "-streaming.md"), document(machine, table));
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
        final float[] frame = gaussian(6, EMBED);
        final float[] answer = new float[CONFIG.hiddenSize()];
        StreamingSession fork;

        Unbounded(Normalizer normalizer) {
            SoftpickTransformer model =
                    SoftpickTransformer.random(CONFIG.toBuilder().normalizer(normalizer).build(), 1);
            history = model.newSession(Window.UNBOUNDED);
            history.feed(gaussian(7, HISTORY * EMBED), HISTORY);
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

    private static String table(double[] t, long softpickBytes, long softmaxBytes) {
        double sliding = t[0];
        double alone = t[1];
        double together = t[2];
        double read = t[8];
        double fma = t[9];
        double fastest = SESSIONS * 2.0 * weights() / fma;
        StringBuilder text = new StringBuilder();
        text.append("| work | µs | beside it | µs | ratio | wanted |\n|---|---|---|---|---|---|\n");
        row(text, "sliding step, window 60", sliding, "reading 19 MB of weights once", read, sliding / read, "≤ 1.3");
        row(text, "32 sliding sessions, one by one", alone, "stepped together", together, alone / together, "≥ 8");
        row(text, "32 single steps' worth of the sliding step above", 32 * sliding, "stepped together", together,
                32 * sliding / together, "≥ 8");
        row(text, "forward on a window", t[3], "exact step on a full window", t[4], t[3] / t[4], "≥ 1");
        row(text, "unbounded step at 8,192, softmax", t[6], "softpick", t[5], t[6] / t[5], "≥ 1.5");
        row(text, "ONNX Runtime, pruned, window rerun", t[7], "sliding step", sliding, t[7] / sliding, "≥ 8");
        text.append(String.format(Locale.ROOT, "%nState at 8,192 frames: softpick %,d bytes, softmax %,d; ratio %.4f, wanted "
                + "≤ 0.55.%n", softpickBytes, softmaxBytes, softpickBytes / (double) softmaxBytes));
        text.append(String.format(Locale.ROOT, "Reading: %.1f GB/s at 19 MB. FMA peak %.0f GFLOP/s, so 32 rows' products take at "
                + "least %.0f µs; the step together may be at most %.1f times as fast as 32 that take the time of reading.%n",
                4.0 * weights() / read, fma, fastest / 1e3, 32 * read / fastest));
        return text.toString();
    }

    private static void row(
            StringBuilder text, String work, double nanos, String other, double otherNanos, double ratio, String wanted) {
        text.append(String.format(Locale.ROOT, "| %s | %,.0f | %s | %,.0f | %.2f | %s |%n",
                work, nanos / 1e3, other, otherNanos / 1e3, ratio, wanted));
    }

    private static String document(Machine machine, String table) {
        StringBuilder text = new StringBuilder("# One frame at a time\n\nDefault model, one thread, all works in turns, medians.\n\n");
        text.append(table).append('\n');
        for (Map.Entry<String, String> fact : machine.facts().entrySet()) {
            text.append("- ").append(fact.getKey()).append(": ").append(fact.getValue()).append('\n');
        }
        return text.toString();
    }

    private static float[] gaussian(long seed, int length) {
        Random random = new Random(seed);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
