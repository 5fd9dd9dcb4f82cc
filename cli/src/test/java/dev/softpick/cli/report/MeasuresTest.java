package dev.softpick.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The figures behind the charts, against values that can be had another way. */
class MeasuresTest {

    @Test
    void weightStatisticsOfRowsThatCanBeCounted() {
        WeightStatistics statistics = new WeightStatistics();
        statistics.add(new float[] {9, 0.5f, 0.5f, 0, 0, 9}, 1, 4);
        statistics.add(new float[] {-0.25f, 0.25f, 0.25f, -0.25f}, 0, 4);
        statistics.add(new float[4], 0, 4);
        statistics.add(new float[] {0.0005f, 0, 0, 0}, 0, 4);
        WeightStatistics all = new WeightStatistics();
        all.addAll(statistics);
        WeightStatistics.Summary s = all.summary();
        assertThat(s.rows()).isEqualTo(4);
        assertThat(s.keys()).isEqualTo(4);
        assertThat(s.smallest()).isEqualTo(-0.25);
        assertThat(s.largest()).isEqualTo(0.5);
        assertThat(s.smallestSum()).isEqualTo(0);
        assertThat(s.largestSum()).isEqualTo(1);
        assertThat(s.magnitude()).isCloseTo(2.0005 / 4, within(1e-9));
        assertThat(s.negative()).isEqualTo(2 / 16.0);
        assertThat(s.zero()).isEqualTo(9 / 16.0);
        assertThat(s.small()).isEqualTo(10 / 16.0);
        assertThat(s.empty()).isEqualTo(0.25);
        assertThat(s.effectiveKeys()).as("2, 4 and 1 keys").isCloseTo(7 / 3.0, within(1e-9));
    }

    @ParameterizedTest
    @EnumSource
    void jacobianNormIsThatOfFiniteDifferences(Normalizer normalizer) {
        float[] x = Gaussian.of(3, 24, 1.3);
        double squares = 0;
        float h = 0x1p-7f;
        for (int j = 0; j < x.length; j++) {
            float[] above = x.clone();
            float[] below = x.clone();
            above[j] += h;
            below[j] -= h;
            float[] high = Rows.weights(normalizer, above);
            float[] low = Rows.weights(normalizer, below);
            for (int i = 0; i < x.length; i++) {
                squares += Math.pow((high[i] - low[i]) / ((double) above[j] - below[j]), 2);
            }
        }
        assertThat(Saturation.jacobianNorm(normalizer, x)).isCloseTo(Math.sqrt(squares), withinPercentage(0.1));
    }

    @Test
    void dilutionFollowsTheFormulas() {
        Dilution dilution = Dilution.measure(3);
        assertThat(dilution.keys()).startsWith(8, 16).endsWith(65_536);
        int last = dilution.keys().size() - 1;
        // among n keys of noise Σ|x| is n·√(2/π), Σe^x is n·√e
        assertThat(dilution.weights().get("softpick")[last])
                .isCloseTo(5 / (6 + 65_535 * Math.sqrt(2 / Math.PI)), withinPercentage(1));
        assertThat(dilution.weights().get("softmax")[last])
                .isCloseTo(Math.exp(5) / (Math.exp(5) + 65_535 * Math.exp(0.5)), withinPercentage(2));
    }

    @Test
    void kurtosisOfKnownValues() {
        assertThat(TrainedModel.kurtosis(new float[] {1, -1, 1, -1})).isEqualTo(1);
        assertThat(TrainedModel.kurtosis(Gaussian.of(1, 1_000_000, 2))).isCloseTo(3, within(0.02));
        assertThat(TrainedModel.kurtosis(new float[] {5, 5, 5, 5, 5, 5, 5, 5, 5, 15})).isCloseTo(8.11, within(0.01));
    }
}
