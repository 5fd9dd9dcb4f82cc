package dev.softpick.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.CausalAttention;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArithmeticTest {

    @ParameterizedTest
    @CsvSource({"8, 192", "64, 192", "96, 192", "97, 384", "192, 384", "256, 576"})
    void attentionCountedKeyByKey(int head, int chunk) {
        assertThat(CausalAttention.chunk(head)).isEqualTo(chunk).isEqualTo(KeyValueCache.chunkFor(head));
        for (int steps : new int[] {1, 60, 192, 193, 384, 385, 400, 1000}) {
            double direct = 0;
            double state = 0;
            for (int row = 0; row < steps; row++) {
                int start = row / chunk * chunk;
                direct += 2 * head * 2 * (row + 1);
                state += 2 * head * (row + 1) + 2 * head * (row + 1 - start) + (start > 0 ? 2 * head * head : 0);
                state += start > 0 && row % chunk == 0 ? (double) chunk * 2 * head * head : 0;
            }
            assertThat(Arithmetic.attention(steps, head, false)).as("%d steps", steps).isEqualTo(direct);
            assertThat(Arithmetic.attention(steps, head, true)).as("%d steps", steps).isEqualTo(state);
        }
    }

    @Test
    void theDefaultModelCountedMatrixByMatrix() {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(64).normalizer(Normalizer.SOFTMAX).build();
        double row = 4 * 256.0 * 256 + 2 * 256.0 * 1024;
        double keys = 60 * 61 / 2.0 * 256;
        double block = 60 * row + 2 * keys;
        double last = 60 * 2 * 256.0 * 256 + 2 * 256.0 * 256 + 2 * 256.0 * 1024 + 2 * 60 * 256.0;
        double macs = 60 * 64 * 256.0 + 5 * block + last;
        assertThat(Arithmetic.forward(config, 1, 60)).isEqualTo(2 * macs);
        assertThat(Arithmetic.forward(config, 8, 60)).isEqualTo(16 * macs);
        // what it is known for: 0.59 GFLOP with all of the last block
        assertThat(Arithmetic.forward(config, 1, 60)).isBetween(0.47e9, 0.59e9);
    }

    @Test
    void windowsShareTheirFirstProjections() {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(64).numLayers(2).build();
        double row = 2 * (64 * 256.0 + 3 * 256.0 * 256);
        assertThat(Arithmetic.windows(config, 60)).isEqualTo(Arithmetic.forward(config, 1, 60));
        assertThat(Arithmetic.windows(config, 100))
                .isEqualTo(Arithmetic.forward(config, 41, 60) - (41 * 60 - 100) * row);
    }
}
