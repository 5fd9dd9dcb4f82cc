package dev.softpick.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.softpick.model.Normalizer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rounding by columns, and what it does to a bundled model. */
class RoundingTest {

    @Test
    void everyColumnHasItsOwnScale() {
        float[] kernel = {127, 0, -1f, 12.7f, 0, 0.4f, -63.4f, 0, 1f};
        Rounding.round(kernel, 3, 8);
        assertThat(kernel[0]).isEqualTo(127);
        assertThat(kernel[3]).isEqualTo(13);
        assertThat(kernel[6]).isEqualTo(-63);
        assertThat(new float[] {kernel[1], kernel[4], kernel[7]}).containsExactly(0, 0, 0);
        assertThat(kernel[2]).isEqualTo(-1);
        assertThat(kernel[5]).isCloseTo(51 / 127f, within(1e-7f));
    }

    @Test
    void twoBitsLeaveThreeValuesAColumn() {
        float[] kernel = {1, 0.6f, 0.4f, -0.5f, -0.51f, -1};
        Rounding.round(kernel, 1, 2);
        assertThat(kernel).containsExactly(1, 1, 0, -0f, -1, -1);
    }

    @Test
    void fewerBitsMakeALargerError() throws IOException {
        Rounding rounding = Rounding.measure(
                TrainedModel.TestSet.open("digits"), Normalizer.SOFTPICK, List.of(8, 6, 4, 2));
        assertThat(rounding.unrounded()).isCloseTo(353 / 360.0, within(1e-12));
        assertThat(rounding.points()).extracting(Rounding.Point::error).isSorted();
        assertThat(rounding.points().getFirst().value()).isCloseTo(rounding.unrounded(), within(0.003));
        assertThat(rounding.points().getFirst().error()).isBetween(1e-3, 0.03);
        assertThat(rounding.points().getLast().error()).isGreaterThan(0.2);
    }
}
