package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.stream.SessionState;
import dev.softpick.model.stream.StepPass;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.NormWeights;
import dev.softpick.oracle.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One frame at a time gives the bits of all at once: in any blocks, forked, grouped, saved and restored. */
class StreamingTest {

    private static SoftpickTransformer model(
            int embed, int hidden, int heads, int layers, int window, Normalizer normalizer) {
        return SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(embed).hiddenSize(hidden).numHeads(heads).numLayers(layers)
                        .windowSize(window).normalizer(normalizer).outputMode(OutputMode.ALL).build(),
                window * 31L + hidden);
    }

    /** The answer to each frame as the batch gives it, {@code [steps, hidden]}. */
    static float[] batch(SoftpickTransformer model, Window window, float[] frames, int steps) {
        int embed = model.config().embedDim();
        int h = model.outputSize();
        float[] expected = new float[steps * h];
        switch (window) {
            case SLIDING -> model.forwardBanded(frames, 1, steps, expected);
            case UNBOUNDED -> model.forward(frames, 1, steps, expected);
            case EXACT -> {
                int w = model.config().windowSize();
                int first = Math.min(steps, w);
                model.forward(frames, 1, first, expected);
                float[] all = new float[w * h];
                for (int step = first; step < steps; step++) {
                    model.forward(Arrays.copyOfRange(frames, (step + 1 - w) * embed, (step + 1) * embed), 1, w, all);
                    System.arraycopy(all, (w - 1) * h, expected, step * h, h);
                }
            }
        }
        return expected;
    }

    static float[] row(float[] x, int row, int width) {
        return Arrays.copyOfRange(x, row * width, (row + 1) * width);
    }

    @ParameterizedTest
    @CsvSource({
        "EXACT, 7, 2", "EXACT, 60, 1", "EXACT, 70, 3", "SLIDING, 1, 2", "SLIDING, 7, 2", "SLIDING, 60, 2",
        "SLIDING, 64, 1", "SLIDING, 200, 2", "SLIDING, 450, 1", "UNBOUNDED, 60, 2"
    })
    void aStepHasTheBitsOfTheBatch(Window window, int size, int layers) {
        for (Normalizer normalizer : Normalizer.values()) {
            int steps = window == Window.EXACT ? 2 * size + 5 : 2 * Math.max(size, 210) + 70;
            SoftpickTransformer model = model(9, 40, 2, layers, size, normalizer);
            float[] frames = Gaussian.floats(size, steps * 9);
            float[] expected = batch(model, window, frames, steps);
            float[] answer = new float[40];
            try (StreamingSession session = model.newSession(window)) {
                for (int step = 0; step < steps; step++) {
                    session.step(row(frames, step, 9), answer);
                    assertThat(answer).as("%s, step %d", normalizer, step).isEqualTo(row(expected, step, 40));
                }
                assertThat(session.position()).isEqualTo(steps);
            }
        }
    }

    /** Head sizes around panels and chunks, no input projection, no final norm. */
    @ParameterizedTest
    @CsvSource({"64, 1, 210", "130, 1, 400", "3, 3, 70", "96, 1, 200", "66, 2, 200"})
    void headSizesAndModelsWithoutProjectionOrNorm(int hidden, int heads, int steps) {
        for (Window window : List.of(Window.SLIDING, Window.UNBOUNDED)) {
            SoftpickTransformer model = SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(hidden).hiddenSize(hidden).numHeads(heads).numLayers(2)
                            .windowSize(steps - 60).finalNorm(false).outputMode(OutputMode.ALL).build(), 5);
            float[] frames = Gaussian.floats(hidden, steps * hidden);
            float[] expected = batch(model, window, frames, steps);
            float[] answer = new float[hidden];
            StreamingSession session = model.newSession(window);
            for (int step = 0; step < steps; step++) {
                session.step(row(frames, step, hidden), answer);
                assertThat(answer).as("%s, step %d", window, step).isEqualTo(row(expected, step, hidden));
            }
        }
    }

    /** Sessions that are stepped, fed, forked, grouped, saved, restored and reset at random, in blocks of any size. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyWalkHasTheBitsOfTheBatch(long seed) throws SessionFormatException {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        Window window = Window.values()[(int) (seed % 3)];
        Normalizer normalizer = Normalizer.values()[random.nextInt(8) % 5 % 4];
        int heads = 1 + random.nextInt(3);
        int size = window == Window.EXACT ? 1 + random.nextInt(40) : 1 + random.nextInt(260);
        SoftpickTransformer model = model(1 + random.nextInt(20), heads * (1 + random.nextInt(30)), heads,
                1 + random.nextInt(3), size, normalizer);
        int steps = size + 100 + random.nextInt(200);
        System.out.println("walk %d: %s, %s, %d steps".formatted(seed, window, model.config(), steps));
        List<Walker> walkers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            float[] frames = Gaussian.floats(seed * 100 + i, steps * model.config().embedDim());
            walkers.add(new Walker(model, window, frames, steps));
        }
        for (int turn = 0; turn < 60; turn++) {
            Walker walker = walkers.get(random.nextInt(4));
            switch (random.nextInt(10)) {
                case 0 -> walker.session = walker.session.fork();
                case 1 -> {
                    StreamingSession other = walker.session.fork();
                    other.step(Gaussian.floats(turn, 7 * walker.embed), 7, new float[7 * walker.h]);
                }
                case 2 -> walker.restored(model.newSession(window));
                case 3 -> walker.restored(walkers.get(random.nextInt(4)).session.fork());
                case 4 -> {
                    if (random.nextInt(4) == 0) {
                        walker.session.reset();
                        walker.at = 0;
                    }
                }
                case 5, 6 -> together(walkers, 1 + random.nextInt(4));
                case 7 -> walker.feed(random.nextInt(30));
                default -> walker.step(1 + random.nextInt(turn % 7 == 0 ? 250 : 20));
            }
        }
    }

    @ParameterizedTest
    @Tag("long")
    @ValueSource(longs = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void moreWalksToo(long seed) throws SessionFormatException {
        anyWalkHasTheBitsOfTheBatch(seed);
    }

    private static void together(List<Walker> walkers, int count) {
        List<Walker> members = new ArrayList<>(walkers.subList(0, count));
        members.removeIf(walker -> walker.at + 5 > walker.steps);
        if (members.isEmpty()) {
            return;
        }
        SessionGroup group = SessionGroup.of(members.stream().map(walker -> walker.session).toList());
        int embed = members.getFirst().embed;
        int h = members.getFirst().h;
        float[] frames = new float[members.size() * embed];
        float[] output = new float[members.size() * h];
        for (int step = 0; step < 5; step++) {
            for (int i = 0; i < members.size(); i++) {
                System.arraycopy(members.get(i).frames, members.get(i).at * embed, frames, i * embed, embed);
            }
            group.step(frames, output);
            for (int i = 0; i < members.size(); i++) {
                members.get(i).took(1, row(output, i, h));
            }
        }
    }

    /** A session and the frames that it is led along. */
    private static final class Walker {
        final int embed;
        final int h;
        final int steps;
        final float[] frames;
        final float[] expected;
        StreamingSession session;
        int at;

        Walker(SoftpickTransformer model, Window window, float[] frames, int steps) {
            embed = model.config().embedDim();
            h = model.outputSize();
            this.frames = frames;
            this.steps = steps;
            expected = batch(model, window, frames, steps);
            session = model.newSession(window);
        }

        void step(int most) {
            int count = Math.min(most, steps - at);
            if (count > 0) {
                float[] output = new float[count * h];
                session.step(Arrays.copyOfRange(frames, at * embed, (at + count) * embed), count, output);
                took(count, output);
            }
        }

        void feed(int most) {
            int count = Math.min(most, steps - at);
            if (count > 0) {
                session.feed(Arrays.copyOfRange(frames, at * embed, (at + count) * embed), count);
                at += count;
            }
        }

        void restored(StreamingSession other) throws SessionFormatException {
            other.restore(session.save());
            assertThat(other.save()).isEqualTo(session.save());
            session.close();
            session = other;
        }

        void took(int count, float[] output) {
            assertThat(output).as("frames %d to %d", at, at + count).isEqualTo(
                    Arrays.copyOfRange(expected, at * h, (at + count) * h));
            at += count;
            assertThat(session.position()).isEqualTo(at);
        }
    }

    /** Many at once, at different positions, some of them sliding: more than a block of rows. */
    @ParameterizedTest
    @EnumSource(Window.class)
    void aLargeGroupHasTheBitsOfEachAlone(Window window) {
        SoftpickTransformer model = model(3, 16, 2, 2, 5, Normalizer.SOFTPICK);
        int size = Scratch.BLOCK_ROWS + 13;
        List<StreamingSession> sessions = new ArrayList<>();
        List<StreamingSession> alone = new ArrayList<>();
        Random random = new Random(4);
        for (int i = 0; i < size; i++) {
            StreamingSession session = model.newSession(window);
            int before = random.nextInt(9);
            if (before > 0) {
                session.feed(Gaussian.floats(i, before * 3), before);
            }
            sessions.add(session);
            alone.add(session.fork());
        }
        SessionGroup group = SessionGroup.of(sessions);
        assertThat(group.size()).isEqualTo(size);
        float[] output = new float[size * 16];
        float[] answer = new float[16];
        for (int step = 0; step < 3; step++) {
            float[] frames = Gaussian.floats(1000 + step, size * 3);
            group.step(frames, output);
            for (int i = 0; i < size; i++) {
                alone.get(i).step(row(frames, i, 3), answer);
                assertThat(row(output, i, 16)).as("session %d, step %d", i, step).isEqualTo(answer);
            }
        }
    }

    /** What an exact window keeps is not computed again: NaN weights in its place are not read once it slides. */
    @Test
    void anExactWindowComputesNoFirstLayerRowTwice() {
        SoftpickTransformer model = model(4, 16, 2, 2, 10, Normalizer.SOFTPICK);
        ModelWeights weights = model.weights();
        BlockWeights first = weights.blocks().getFirst();
        AttentionWeights attention = first.attention();
        BlockWeights poisoned = new BlockWeights(
                new NormWeights(nan(16), nan(16)),
                new AttentionWeights(
                        nan(attention.qkv()), attention.out(), 2, Normalizer.SOFTPICK, attention.ssmaxScale()),
                first.ffnNorm(), first.ffn());
        ForwardPass windows = new ForwardPass(model.config(), new ModelWeights(
                nan(weights.inputProjection()), List.of(poisoned, weights.blocks().getLast()), weights.finalNorm(),
                null, weights.withoutBias()));
        StepPass steps = new StepPass(new RowPass(model.config(), weights), windows);
        SessionState state = steps.newState(Window.EXACT);
        float[] frames = Gaussian.floats(6, 35 * 4);
        float[] answers = new float[35 * 16];
        steps.step(state, frames, 35, answers);
        assertThat(answers).isEqualTo(batch(model, Window.EXACT, frames, 35));
    }

    private static Panels nan(Weights weights) {
        return Panels.pack(nan(weights.k() * weights.n()), weights.k(), weights.n(), nan(weights.n()), weights.width());
    }

    private static float[] nan(int length) {
        float[] values = new float[length];
        Arrays.fill(values, Float.NaN);
        return values;
    }

    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void aNaNReachesWhatAttendsToItAndNothingElse(Normalizer normalizer) {
        int size = 5;
        int layers = 3;
        for (Window window : Window.values()) {
            SoftpickTransformer model = model(4, 16, 2, layers, size, normalizer);
            int steps = 40;
            int at = 9;
            float[] frames = Gaussian.floats(8, steps * 4);
            float[] clean = batch(model, window, frames, steps);
            float[] poisoned = frames.clone();
            poisoned[at * 4 + 2] = Float.NaN;
            int lasts = switch (window) {
                case EXACT -> size;
                case SLIDING -> layers * (size - 1) + 1;
                case UNBOUNDED -> steps;
            };
            StreamingSession session = model.newSession(window);
            float[] answer = new float[16];
            for (int step = 0; step < steps; step++) {
                session.step(row(poisoned, step, 4), answer);
                if (step < at || step >= at + lasts) {
                    assertThat(answer).as("%s, step %d", window, step).isEqualTo(row(clean, step, 16));
                } else {
                    for (float value : answer) {
                        assertThat(value).as("%s, step %d", window, step).isNaN();
                    }
                }
            }
        }
    }

    /** The end of a long run: a fresh session fed the receptive field alone has the same bits. */
    @ParameterizedTest
    @CsvSource({"5, 3, SOFTPICK", "60, 2, SOFTMAX", "200, 1, SOFTPICK", "17, 4, SSMAX"})
    void aSlidingSessionDoesNotDrift(int size, int layers, Normalizer normalizer) {
        SoftpickTransformer model = model(4, 16, 2, layers, size, normalizer);
        int field = layers * (size - 1) + 1;
        int steps = 2_000 + field;
        float[] frames = Gaussian.floats(3, steps * 4);
        StreamingSession session = model.newSession(Window.SLIDING);
        float[] answer = new float[16];
        for (int step = 0; step < steps; step++) {
            session.step(row(frames, step, 4), answer);
        }
        float[] fresh = new float[field * 16];
        model.newSession(Window.SLIDING).step(Arrays.copyOfRange(frames, (steps - field) * 4, steps * 4), field, fresh);
        assertThat(row(fresh, field - 1, 16)).isEqualTo(answer);
    }

    @Test
    void logitsAreThoseOfTheBatch() throws Exception {
        SoftpickTransformer model = SoftpickTransformer.load(Fixtures.path("models/ecg-softpick.safetensors"));
        int embed = model.config().embedDim();
        int steps = 40;
        float[] frames = Gaussian.floats(2, steps * embed);
        StreamingSession session = model.newSession(Window.EXACT);
        session.step(frames, steps, new float[steps * model.outputSize()]);
        float[] logits = new float[model.classes()];
        session.logits(logits);
        assertThat(logits).isEqualTo(model.logits(Tensor.of(frames, 1, steps, embed)).values());
    }

    /** Real data, against a float64 pass of the trained models: recomputed on each window, and on the whole history. */
    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void anElectrocardiogramHasTheExpectedLogits(Normalizer normalizer) throws Exception {
        electrocardiogram(normalizer, 100);
    }

    @ParameterizedTest
    @Tag("long")
    @EnumSource(Normalizer.class)
    void aLongerOneToo(Normalizer normalizer) throws Exception {
        electrocardiogram(normalizer, 300);
    }

    /** So many steps of the exact window, which has 60, and all of the other. */
    private static void electrocardiogram(Normalizer normalizer, int steps) throws Exception {
        SoftpickTransformer model = SoftpickTransformer.load(
                Fixtures.path("models/ecg-%s.safetensors".formatted(normalizer.id())));
        SafetensorsFile test = Fixtures.file("models/ecg-test.safetensors");
        float[] frames = test.floats("stream");
        double[] windowed = test.doubles("stream_expected_logits_" + normalizer.id());
        double[] whole = test.doubles("stream_full_expected_logits_" + normalizer.id());
        float[] exact = logits(model.newSession(Window.EXACT), frames, steps);
        assertThat(Fixtures.worst(exact, Arrays.copyOf(windowed, steps))).isLessThanOrEqualTo(5e-6);
        assertThat(Fixtures.worst(logits(model.newSession(Window.UNBOUNDED), frames, whole.length), whole))
                .isLessThanOrEqualTo(5e-6);
    }

    private static float[] logits(StreamingSession session, float[] frames, int steps) {
        float[] logits = new float[steps];
        float[] answer = new float[session.model().outputSize()];
        float[] logit = new float[1];
        for (int step = 0; step < steps; step++) {
            session.step(row(frames, step, 4), answer);
            session.logits(logit);
            logits[step] = logit[0];
        }
        return logits;
    }
}
