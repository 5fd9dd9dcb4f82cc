package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The banded mask against its formula in double, against forward where the two are the same, and in every mode. */
class BandedForwardTest {

    private static SoftpickTransformer model(int layers, int window, Normalizer normalizer, OutputMode mode) {
        return SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(6).hiddenSize(24).numHeads(3).numLayers(layers).windowSize(window)
                        .normalizer(normalizer).outputMode(mode).build(), 11);
    }

    @ParameterizedTest
    @CsvSource({"1, 30", "5, 30", "29, 70", "200, 230"})
    void isTheFormulaInDouble(int window, int steps) {
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickTransformer model = model(2, window, normalizer, OutputMode.ALL);
            float[] x = Gaussian.floats(window, steps * 6);
            float[] y = new float[steps * 24];
            model.forwardBanded(x, 1, steps, y);
            double[] expected = new NaiveModel(model, Naive.DOUBLE, window).forward(x);
            assertThat(Fixtures.worst(y, expected)).as("%s", normalizer).isLessThanOrEqualTo(1e-5);
        }
    }

    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void withinTheWindowItIsForward(Normalizer normalizer) {
        for (int steps : new int[] {1, 63, 64, 65, 192, 250}) {
            if (normalizer == Normalizer.SOFTPICK && steps > 192) {
                continue;
            }
            SoftpickTransformer model = model(2, steps, normalizer, OutputMode.ALL);
            float[] x = Gaussian.floats(steps, steps * 6);
            float[] y = new float[steps * 24];
            model.forwardBanded(x, 1, steps, y);
            assertThat(y).isEqualTo(model.forward(Tensor.of(x, 1, steps, 6)).values());
        }
    }

    /** With one layer a position sees nothing but its window: forward on the window has the same bits. */
    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void withOneLayerARowIsForwardOnItsWindow(Normalizer normalizer) {
        int window = normalizer == Normalizer.SOFTPICK ? 190 : 230;
        SoftpickTransformer banded = model(1, window, normalizer, OutputMode.ALL);
        SoftpickTransformer last = model(1, window, normalizer, OutputMode.LAST_TIMESTEP);
        int steps = window + 140;
        float[] x = Gaussian.floats(1, steps * 6);
        float[] y = new float[steps * 24];
        banded.forwardBanded(x, 1, steps, y);
        for (int end = window; end <= steps; end += 3) {
            float[] row = new float[24];
            last.forward(Arrays.copyOfRange(x, (end - window) * 6, end * 6), 1, window, row);
            assertThat(Arrays.copyOfRange(y, (end - 1) * 24, end * 24)).as("%s, end %d", normalizer, end)
                    .isEqualTo(row);
        }
    }

    @Test
    void everyModeOfABatch() {
        int steps = 300;
        float[] x = Gaussian.floats(4, 2 * steps * 6);
        float[] all = new float[2 * steps * 24];
        model(2, 9, Normalizer.SOFTPICK, OutputMode.ALL).forwardBanded(x, 2, steps, all);
        float[] last = new float[2 * 24];
        model(2, 9, Normalizer.SOFTPICK, OutputMode.LAST_TIMESTEP).forwardBanded(x, 2, steps, last);
        float[] mean = new float[2 * 24];
        model(2, 9, Normalizer.SOFTPICK, OutputMode.MEAN_POOL).forwardBanded(x, 2, steps, mean);
        for (OutputMode mode : OutputMode.values()) {
            Tensor y = model(2, 9, Normalizer.SOFTPICK, mode).forwardBanded(Tensor.of(x, 2, steps, 6));
            assertThat(y.rank()).isEqualTo(mode == OutputMode.ALL ? 3 : 2);
            assertThat(y.values()).isEqualTo(switch (mode) {
                case LAST_TIMESTEP -> last;
                case ALL -> all;
                case MEAN_POOL -> mean;
            });
        }
        for (int sequence = 0; sequence < 2; sequence++) {
            for (int i = 0; i < 24; i++) {
                double sum = 0;
                for (int step = 0; step < steps; step++) {
                    sum += all[(sequence * steps + step) * 24 + i];
                }
                assertThat(mean[sequence * 24 + i]).isEqualTo((float) (sum / steps));
                assertThat(last[sequence * 24 + i]).isEqualTo(all[(sequence * steps + steps - 1) * 24 + i]);
            }
        }
    }

    @Test
    void aCallThatCannotBeIsRefused() {
        SoftpickTransformer model = model(1, 9, Normalizer.SOFTPICK, OutputMode.ALL);
        assertThatThrownBy(() -> model.forwardBanded(new float[12], 1, 2, new float[47]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("output has 47 elements; 48 are needed");
    }
}
