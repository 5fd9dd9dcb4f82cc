package dev.softpick.bench;

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
import java.util.Locale;

/**
 * Streams the electrocardiogram that comes with the trained models, again and again, and prints for each window R² of
 * the streamed predictions beside the batch's, steps per second, and the time that one step in a hundred and one in a thousand exceeds.
 *
 * <pre>
 *   java --add-modules jdk.incubator.vector -cp bench/target/benchmarks.jar dev.softpick.bench.StreamLatency
 *        [folder, models] [steps, 200000]
 * </pre>
 *
 * Every pass over the stretch begins anew, so that an unbounded session remembers at most its 2,000 frames. The first tenth
 * of the steps warms up and is not counted.
 */
public final class StreamLatency {

    private StreamLatency() {}

    /** Streams with each normalizer's model. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args.length > 0 ? args[0] : "models");
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 200_000;
        SafetensorsFile data;
        try (InputStream in = Files.newInputStream(folder.resolve("ecg-test.safetensors"))) {
            data = SafetensorsFile.read(in);
        }
        float[] frames = data.floats("stream");
        float[] labels = data.floats("stream_label");
        System.out.println("| model | window | R² streamed | R² batch | steps per second | median, µs | 99 %, µs | 99.9 %, µs |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (Normalizer normalizer : new Normalizer[] {Normalizer.SOFTPICK, Normalizer.SOFTMAX}) {
            Path file = folder.resolve("ecg-" + normalizer.id() + ".safetensors");
            SoftpickTransformer model = SoftpickTransformer.load(file);
            for (Window window : Window.values()) {
                double batch = determination(
                        window == Window.SLIDING ? banded(file, frames) : windows(model, window, frames), labels);
                row(model, window, frames, labels, steps, batch);
            }
        }
    }

    private static void row(SoftpickTransformer model, Window window, float[] frames, float[] labels, int steps, double batch) {
        float[] streamed = new float[labels.length];
        long[] nanos = new long[steps];
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
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT, "| %s | %s | %.4f | %.4f | %,.0f | %.1f | %.1f | %.1f |%n",
                model.config().normalizer().id(), window.name().toLowerCase(Locale.ROOT), determination(streamed, labels),
                batch, steps * 1e9 / Arrays.stream(nanos).sum(),
                nanos[steps / 2] / 1e3, nanos[(int) (steps * 0.99)] / 1e3, nanos[(int) (steps * 0.999)] / 1e3);
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

    private static double determination(float[] predicted, float[] labels) {
        double mean = 0;
        for (float label : labels) {
            mean += label / (double) labels.length;
        }
        double residual = 0;
        double spread = 0;
        for (int i = 0; i < labels.length; i++) {
            residual += Math.pow((double) predicted[i] - labels[i], 2);
            spread += Math.pow(labels[i] - mean, 2);
        }
        return 1 - residual / spread;
    }
}
