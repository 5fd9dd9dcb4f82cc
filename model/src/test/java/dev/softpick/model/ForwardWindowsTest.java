package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every window of a series at once has the bits of {@code forward} on each. */
class ForwardWindowsTest {

    private static SoftpickTransformer model(int window, int layers, Normalizer normalizer, OutputMode mode) {
        return SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(5).hiddenSize(24).numHeads(2).numLayers(layers).windowSize(window)
                        .normalizer(normalizer).outputMode(mode).build(), 3);
    }

    /** Windows of one frame, some to a block of rows, one to a block; series of one window, of a block and beyond. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1", "1, 2, 500", "7, 1, 7", "7, 3, 100", "60, 2, 61", "60, 2, 150", "250, 1, 260"
    })
    void eachWindowHasTheBitsOfForward(int window, int layers, int steps) {
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickTransformer model = model(window, layers, normalizer, OutputMode.LAST_TIMESTEP);
            float[] series = Gaussian.floats(window, steps * 5);
            int windows = steps - window + 1;
            float[] output = new float[windows * 24];
            model.forwardWindows(series, steps, output);
            float[] expected = new float[24];
            for (int i = 0; i < windows; i++) {
                model.forward(Arrays.copyOfRange(series, i * 5, (i + window) * 5), 1, window, expected);
                assertThat(Arrays.copyOfRange(output, i * 24, (i + 1) * 24))
                        .as("%s, window %d", normalizer, i).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({"7, 3, 300", "60, 2, 400", "100, 2, 349"})
    void longSeriesToo(int window, int layers, int steps) {
        eachWindowHasTheBitsOfForward(window, layers, steps);
    }

    @Test
    void whatCannotBeIsRefusedAndNothingWritten() {
        SoftpickTransformer model = model(7, 1, Normalizer.SOFTPICK, OutputMode.ALL);
        float[] output = new float[48];
        assertThatThrownBy(() -> model.forwardWindows(new float[30], 6, output))
                .hasMessage("steps is 6; allowed is windowSize, 7, or more");
        assertThatThrownBy(() -> model.forwardWindows(new float[39], 8, output))
                .hasMessage("series has 39 elements; 40 are needed");
        assertThatThrownBy(() -> model.forwardWindows(new float[45], 9, output))
                .hasMessage("output has 48 elements; 72 are needed");
        assertThatThrownBy(() -> model.forwardWindows(output, 8, output))
                .hasMessage("output is the input array; give another one");
        SoftpickTransformer mean = model(7, 1, Normalizer.SOFTPICK, OutputMode.MEAN_POOL);
        assertThatThrownBy(() -> mean.forwardWindows(output, 8, output))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("mean_pool");
        assertThat(output).containsOnly(0f);
    }
}
