package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** A step of an unbounded session of the default model with a long history. */
public class StreamingHistory extends OnBackend {

    private static final int EMBED = 64;
    private static final int STEPS = 64;

    /** Frames before those that are measured. */
    @Param({"256", "8192"})
    public int position;

    /** Softpick keeps keys, softmax keys and values. */
    @Param({"softpick", "softmax"})
    public String normalizer;

    private StreamingSession history;
    private StreamingSession session;
    private float[] frame;
    private float[] answer;

    /** The history, in blocks; its last answer is that of the batch. */
    @Setup
    public void setup() {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(EMBED).normalizer(Normalizer.fromId(normalizer)).build(), 1);
        history = model.newSession(Window.UNBOUNDED);
        float[] frames = Gaussian.of(1, position * EMBED);
        float[] answers = new float[position * model.outputSize()];
        history.step(frames, position, answers);
        answer = new float[model.outputSize()];
        model.forward(frames, 1, position, answer);
        float[] last = new float[answer.length];
        System.arraycopy(answers, answers.length - last.length, last, 0, last.length);
        Outputs.same("answers in a session and as a batch", last, answer, 0);
        frame = Gaussian.of(2, EMBED);
    }

    /** Every invocation goes on from the same position. */
    @Setup(Level.Invocation)
    public void fork() {
        session = history.fork();
    }

    /** One frame. */
    @Benchmark
    @OperationsPerInvocation(STEPS)
    public float[] step() {
        for (int i = 0; i < STEPS; i++) {
            session.step(frame, answer);
        }
        return answer;
    }
}
