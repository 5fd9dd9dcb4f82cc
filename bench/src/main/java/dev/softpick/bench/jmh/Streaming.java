package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SessionGroup;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.Window;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** One frame for each of some sessions of the default model, whose windows of 60 are full. */
public class Streaming extends OnBackend {

    private static final int EMBED = 64;
    private static final int WINDOW = 60;

    @Param({"SLIDING", "EXACT"})
    public Window window;

    /** One stream, and a service with many. */
    @Param({"1", "32"})
    public int sessions;

    @Param({"softpick", "softmax"})
    public String normalizer;

    /** Of the kernels; bfloat16 and int8 work as well. */
    @Param("float32")
    public String weights;

    private List<StreamingSession> streams;
    private SessionGroup group;
    private float[] frames;
    private float[] answers;
    private float[] frame;
    private float[] answer;

    /** Both ways give the bits of the batch: here that of the first session. */
    @Setup
    public void setup() {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(EMBED).normalizer(Normalizer.fromId(normalizer)).build(), 1)
                .withWeights(WeightFormat.fromId(weights));
        int h = model.outputSize();
        streams = Stream.generate(() -> model.newSession(window)).limit(sessions).toList();
        group = SessionGroup.of(streams);
        frames = Gaussian.of(1, sessions * EMBED);
        answers = new float[sessions * h];
        frame = new float[EMBED];
        answer = new float[h];
        float[] history = new float[(2 * WINDOW + 1) * EMBED];
        for (int step = 0; step < 2 * WINDOW; step++) {
            alone();
            System.arraycopy(frames, 0, history, step * EMBED, EMBED);
        }
        together();
        System.arraycopy(frames, 0, history, 2 * WINDOW * EMBED, EMBED);
        float[] expected = new float[h];
        if (window == Window.EXACT) {
            model.forward(Arrays.copyOfRange(history, (WINDOW + 1) * EMBED, history.length), 1, WINDOW, expected);
        } else {
            model.forwardBanded(history, 1, 2 * WINDOW + 1, expected);
        }
        Outputs.same("answers one at a time and as a batch", Arrays.copyOf(answers, h), expected, 0);
    }

    /** Session by session. */
    @Benchmark
    public float[] alone() {
        for (int i = 0; i < sessions; i++) {
            System.arraycopy(frames, i * EMBED, frame, 0, EMBED);
            streams.get(i).step(frame, answer);
        }
        return answer;
    }

    /** As one batch. */
    @Benchmark
    public float[] together() {
        group.step(frames, answers);
        return answers;
    }
}
