package dev.softpick.bench;

import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Table;
import dev.softpick.measure.R2;
import dev.softpick.measure.Turns;
import dev.softpick.model.Dense;
import dev.softpick.model.LoadOptions;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Tensor;
import dev.softpick.model.Window;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code softpick bench latency}: streams the electrocardiogram that comes with the trained models, again and again,
 * and writes for each window R² of the streamed predictions beside the batch's, steps per second, and the time that
 * one step in a hundred and one in a thousand exceeds.
 *
 * <p>Every pass over the stretch begins anew, so that an unbounded session remembers at most its 2,000 frames. The
 * first tenth of the steps warms up and is not counted.
 */
@Command(
        name = "latency",
        header = "Streams the electrocardiogram frame by frame: R², steps per second, percentiles.",
        mixinStandardHelpOptions = true)
final class StreamLatency implements Callable<Integer> {

    @Option(names = "--models", paramLabel = "FOLDER", defaultValue = "models",
            description = "Default: ${DEFAULT-VALUE}.")
    private Path folder;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "200000", description = "Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            defaultValue = "bench/results",
            description = "Where results lie. Default: ${DEFAULT-VALUE}.")
    private Path out;

    private final Table table = new Table(
            "latency", "The electrocardiogram, one frame at a time", "R² over the 2,000 frames of the stretch.",
            Column.key("model", "model"), Column.key("window", "window"), Column.figure("r2", "R² streamed", "%.4f"),
            Column.figure("r2_batch", "R² batch", "%.4f"),
            Column.figure("steps_per_second", "steps per second", "%,.0f"),
            Column.followed("median_us", "median, µs", "%.1f"), Column.figure("p99_us", "99 %, µs", "%.1f"),
            Column.figure("p999_us", "99.9 %, µs", "%.1f"));

    @Override
    public Integer call() throws IOException {
        Result result = Result.here(
                "latency", "One frame at a time on the bundled models", List.of("./softpick bench latency"),
                String.format(
                        Locale.ROOT, "Hidden size 64, 3 layers, window 60; %,d steps a row, one thread.", steps),
                1);
        result.add(table);
        SafetensorsFile data;
        try (InputStream in = Files.newInputStream(folder.resolve("ecg-test.safetensors"))) {
            data = SafetensorsFile.read(in);
        }
        float[] frames = data.floats("stream");
        float[] labels = data.floats("stream_label");
        for (Normalizer normalizer : new Normalizer[] {Normalizer.SOFTPICK, Normalizer.SOFTMAX}) {
            Path file = folder.resolve("ecg-" + normalizer.id() + ".safetensors");
            SoftpickTransformer model = SoftpickTransformer.load(file);
            for (Window window : Window.values()) {
                double batch = R2.of(
                        window == Window.SLIDING ? banded(file, frames) : windows(model, window, frames), labels);
                row(model, window, frames, labels, batch);
            }
        }
        result.write(out);
        return 0;
    }

    private void row(SoftpickTransformer model, Window window, float[] frames, float[] labels, double batch) {
        float[] streamed = new float[labels.length];
        double[] nanos = new double[steps];
        int embed = model.config().embedDim();
        float[] frame = new float[embed];
        float[] answer = new float[model.outputSize()];
        float[] logit = new float[1];
        StreamingSession session = model.newSession(window);
        for (int step = -steps / 10; step < steps; step++) {
            int t = Math.floorMod(step, labels.length);
            if (t == 0) {
                session.reset();
            }
            System.arraycopy(frames, t * embed, frame, 0, embed);
            long start = System.nanoTime();
            session.step(frame, answer);
            session.logits(logit);
            long end = System.nanoTime();
            if (step >= 0) {
                nanos[step] = end - start;
                streamed[t] = logit[0];
            }
        }
        table.row(
                model.config().normalizer().id(), window.name().toLowerCase(Locale.ROOT), R2.of(streamed, labels),
                batch,
                steps * 1e9 / Arrays.stream(nanos).sum(), Turns.quantile(nanos, 0.5) / 1e3,
                Turns.quantile(nanos, 0.99) / 1e3, Turns.quantile(nanos, 0.999) / 1e3);
    }

    /** Logits of forward on each frame's window, or on all frames up to it. */
    private static float[] windows(SoftpickTransformer model, Window window, float[] frames) {
        int embed = model.config().embedDim();
        float[] predicted = new float[frames.length / embed];
        float[] logit = new float[1];
        for (int t = 0; t < predicted.length; t++) {
            int first = window == Window.EXACT ? Math.max(0, t + 1 - model.config().windowSize()) : 0;
            model.logits(Arrays.copyOfRange(frames, first * embed, (t + 1) * embed), 1, t + 1 - first, logit);
            predicted[t] = logit[0];
        }
        return predicted;
    }

    /** The head on the hidden states of one banded batch. */
    private static float[] banded(Path file, float[] frames) throws IOException {
        SoftpickTransformer model =
                SoftpickTransformer.load(file, LoadOptions.defaults().outputMode(OutputMode.ALL));
        int embed = model.config().embedDim();
        Tensor hidden = model.forwardBanded(Tensor.of(frames, 1, frames.length / embed, embed));
        try (SafetensorsFile weights = SafetensorsFile.read(file)) {
            Dense head = new Dense(
                    weights.floats("classifier.kernel"), weights.floats("classifier.bias"), model.outputSize(), 1);
            return head.forward(hidden).values();
        }
    }
}
