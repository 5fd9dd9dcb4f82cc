package dev.softpick.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class R2Test {

    @Test
    void ofOneOutput() {
        float[] labels = {1, 2, 3, 6};
        assertThat(R2.of(labels, labels)).isEqualTo(1);
        assertThat(R2.of(new float[] {3, 3, 3, 3}, labels)).isEqualTo(0);
        assertThat(R2.of(new float[] {1, 2, 4, 8}, labels)).isCloseTo(1 - 5.0 / 14, within(1e-12));
    }

    @Test
    void theMeanOverOutputsInPiecesOfAnySize() {
        R2 r2 = new R2(new double[] {1, 10, 2, 20, 3, 30, 6, 60}, 2);
        r2.add(0, 1, new float[] {1, 10});
        r2.add(1, 3, new float[] {2, 20, 4, 30, 8, 60});
        assertThat(r2.value()).isCloseTo((1 - 5.0 / 14 + 1) / 2, within(1e-12));
    }

    @Test
    void labelsAllAlikeHaveNone() {
        assertThat(R2.of(new float[] {1, 2}, new float[] {3, 3})).isNegative().isInfinite();
    }
}
