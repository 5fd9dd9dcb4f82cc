package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SessionGroup;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sliding sessions of one model, each with a history and a next frame of its own, whose windows are full. */
final class Sessions {

    static final int COUNT = 32;

    /** Steps after which a window of 60 has been full for long. */
    private static final int FULL = 130;

    private final List<StreamingSession> sessions = new ArrayList<>();
    private final SessionGroup group;
    private final float[] frames;
    private final float[] answers;
    private final float[][] frameOf;
    private final float[][] answerOf;

    Sessions(SoftpickTransformer model) {
        int embed = model.config().embedDim();
        for (int i = 0; i < COUNT; i++) {
            sessions.add(model.newSession(Window.SLIDING));
        }
        group = SessionGroup.of(sessions);
        answers = new float[COUNT * model.outputSize()];
        for (float[] step : history(embed)) {
            group.step(step, answers);
        }
        frames = frames(embed);
        frameOf = rows(frames, embed);
        answerOf = new float[COUNT][model.outputSize()];
    }

    /** What all sessions have seen: for each step a frame of each. */
    static List<float[]> history(int embed) {
        return List.of(rows(Gaussian.of(11, FULL * COUNT * embed), COUNT * embed));
    }

    /** The next frame of each. */
    static float[] frames(int embed) {
        return Gaussian.of(12, COUNT * embed);
    }

    private static float[][] rows(float[] values, int length) {
        float[][] rows = new float[values.length / length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(values, i * length, (i + 1) * length);
        }
        return rows;
    }

    void together() {
        group.step(frames, answers);
    }

    void oneByOne() {
        step(sessions);
    }

    private void step(List<StreamingSession> alone) {
        for (int i = 0; i < COUNT; i++) {
            alone.get(i).step(frameOf[i], answerOf[i]);
        }
    }

    /** Steps them together; throws unless the answers have the bits of stepping forks one by one. */
    void compare(String name) {
        List<StreamingSession> forks = sessions.stream().map(StreamingSession::fork).toList();
        step(forks);
        forks.forEach(StreamingSession::close);
        together();
        int each = answers.length / COUNT;
        for (int i = 0; i < COUNT; i++) {
            float[] answer = Arrays.copyOfRange(answers, i * each, (i + 1) * each);
            Outputs.same(name + ", together and one by one,", answer, answerOf[i], 0);
        }
    }

    /** Of the last step together. */
    float[] answers() {
        return answers;
    }

    /** What one of them remembers. */
    long stateBytes() {
        return sessions.getFirst().stateBytes();
    }
}
