package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One frame at a time gives the bits of all at once: in any blocks, forked, grouped, saved and restored. */
class StreamingTest {

    private static SoftpickTransformer model(int embed, int hidden, int heads, int layers, int window, Normalizer normalizer) {
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
            float[] frames = Fixtures.gaussian(size, steps * 9);
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
            float[] frames = Fixtures.gaussian(hidden, steps * hidden);
            float[] expected = batch(model, window, frames, steps);
            float[] answer = new float[hidden];
            StreamingSession session = model.newSession(window);
            for (int step = 0; step < steps; step++) {
                session.step(row(frames, step, hidden), answer);
                assertThat(answer).as("%s, step %d", window, step).isEqualTo(row(expected, step, hidden));
            }
        }
    }
}
