package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReduceTest {

    @Test
    void sumsAreTheLanesOfTheContractAtEveryLengthAndOffset() {
        Kernels.lengths().forEach(n -> {
            float[] x = Gaussian.floats(n, n);
            double expected = lanes(x);
            double exact = 0;
            for (float value : x) {
                exact += Math.abs(value);
            }
            for (Backend backend : Kernels.backends()) {
                for (int offset = 0; offset < 4; offset++) {
                    float[] shifted = new float[offset + n + 3];
                    Arrays.fill(shifted, Float.NaN);
                    System.arraycopy(x, 0, shifted, offset, n);
                    double sum = backend.rows().absSum(shifted, offset, n);
                    if (sum != expected || Math.abs(sum - exact) > 3e-7 * exact) {
                        fail(backend.name() + " length " + n + " offset " + offset + ": " + sum + ", by lanes "
                                + expected + ", exact " + exact);
                    }
                }
            }
        });
    }

    /** The definition, with an array of lanes. */
    private static double lanes(float[] x) {
        double sum = 0;
        for (int block = 0; block < x.length; block += VirtualLanes.BLOCK) {
            float[] lanes = new float[VirtualLanes.COUNT];
            for (int i = block; i < Math.min(x.length, block + VirtualLanes.BLOCK); i++) {
                lanes[(i - block) % lanes.length] += Math.abs(x[i]);
            }
            for (int half = lanes.length / 2; half > 0; half /= 2) {
                for (int l = 0; l < half; l++) {
                    lanes[l] += lanes[l + half];
                }
            }
            sum += lanes[0];
        }
        return sum;
    }

    @Test
    void specialValues() {
        assertThat(Reduce.absSum(new float[0])).isEqualTo(0f);
        assertThat(Reduce.absSum(new float[] {-0f, -1, 2})).isEqualTo(3f);
        float[] x = new float[100];
        x[77] = Float.NaN;
        assertThat(Reduce.absSum(x)).isNaN();
        x[77] = Float.NEGATIVE_INFINITY;
        assertThat(Reduce.absSum(x)).isEqualTo(Float.POSITIVE_INFINITY);
        Arrays.fill(x, Float.MAX_VALUE);
        assertThat(Reduce.absSum(x)).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void aMillionEqualElementsLoseNothing() {
        float[] x = new float[1_000_003];
        Arrays.fill(x, 0.1f);
        double exact = 0.1f * (double) x.length;
        assertThat((double) Reduce.absSum(x)).isBetween(exact * (1 - 3e-6), exact * (1 + 3e-6));
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> Reduce.absSum(null)).hasMessage("x is null");
        assertThatThrownBy(() -> Reduce.absSum(new float[3], 1, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x has 3 elements; offset 1 and length 3 do not lie within it");
        assertThatThrownBy(() -> Reduce.absSum(new float[3], -1, 1)).hasMessageContaining("offset -1");
        assertThatThrownBy(() -> Reduce.absSum(new float[3], 2, Integer.MAX_VALUE)).hasMessageContaining("2147483647");
        assertThatThrownBy(() -> Reduce.absSum(new float[3], 0, -1)).hasMessageContaining("length -1");
    }
}
