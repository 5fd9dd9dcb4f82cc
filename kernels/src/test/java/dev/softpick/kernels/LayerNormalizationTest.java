package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LayerNormalizationTest {

    private static final float EPSILON = 1e-5f;

    @Test
    void rowsAgreeWithDoubleAndBetweenBackendsAtEveryWidth() {
        Kernels.lengths().filter(width -> width > 0).forEach(width -> {
            int rows = width < 100 ? 3 : 2;
            float[] gamma = Gaussian.floats(width, width);
            float[] beta = Gaussian.floats(width + 1, width);
            float[] x = Gaussian.floats(width + 2, rows * width);
            for (int i = 0; i < x.length; i++) {
                x[i] = 3 * x[i] + i / width;
            }
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " width " + width;
                float[] framed = Kernels.framed(x);
                float[] out = Kernels.framed(new float[x.length]);
                backend.layerNorm().apply(framed, Kernels.GAP, rows, gamma, beta, EPSILON, out, Kernels.GAP);
                float[] y = Kernels.unframed(what, out);
                assertClose(what, y, x, gamma, beta);
                backend.layerNorm().apply(framed, Kernels.GAP, rows, gamma, beta, EPSILON, framed, Kernels.GAP);
                Bits.assertEqual(what + " in place", Kernels.unframed(what, framed), y);
                first = first == null ? y : first;
                Bits.assertEqual(what, y, first);
            }
        });
    }

    @Test
    void aRowHasTheSameBitsAlone() {
        int width = 77;
        float[] gamma = Gaussian.floats(1, width);
        float[] beta = Gaussian.floats(2, width);
        float[] x = Gaussian.floats(3, 5 * width);
        for (Backend backend : Kernels.backends()) {
            float[] all = new float[x.length];
            backend.layerNorm().apply(x, 0, 5, gamma, beta, EPSILON, all, 0);
            for (int row = 0; row < 5; row++) {
                float[] one = new float[width];
                backend.layerNorm().apply(x, row * width, 1, gamma, beta, EPSILON, one, 0);
                Bits.assertEqual(
                        backend.name() + " row " + row, one, Arrays.copyOfRange(all, row * width, (row + 1) * width));
            }
        }
    }

    @Test
    void specialValues() {
        float[] gamma = new float[70];
        Arrays.fill(gamma, 2f);
        float[] beta = Gaussian.floats(4, 70);
        for (Backend backend : Kernels.backends()) {
            for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] x = Gaussian.floats(5, 3 * 70);
                x[70 + 69] = value;
                float[] y = new float[x.length];
                backend.layerNorm().apply(x, 0, 3, gamma, beta, EPSILON, y, 0);
                for (int i = 0; i < y.length; i++) {
                    assertThat(Float.isNaN(y[i])).as("%s %s element %d", backend.name(), value, i)
                            .isEqualTo(i / 70 == 1);
                }
            }
            float[] constant = new float[70];
            Arrays.fill(constant, 0.75f);
            backend.layerNorm().apply(constant, 0, 1, gamma, beta, EPSILON, constant, 0);
            assertThat(constant).as("a constant row becomes beta").containsExactly(beta);
        }
    }

    @Test
    void theDoorChecks() {
        float[] x = Gaussian.floats(6, 12);
        float[] gamma = {1, 2, 3, 4};
        float[] beta = {0, 1, 0, 1};
        float[] y = new float[12];
        LayerNormalization.normalize(x, gamma, beta, EPSILON, y);
        float[] last = new float[5];
        LayerNormalization.normalize(x, 8, 1, gamma, beta, EPSILON, last, 1);
        assertThat(Arrays.copyOfRange(last, 1, 5)).containsExactly(Arrays.copyOfRange(y, 8, 12));

        assertThatThrownBy(() -> LayerNormalization.normalize(x, new float[0], new float[0], EPSILON, y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the length of gamma is 0");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, gamma, new float[3], EPSILON, y))
                .hasMessageContaining("beta has 3 elements; 4 are needed");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, new float[5], new float[5], EPSILON, y))
                .hasMessageContaining("x has 12 elements; whole rows of 5");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, gamma, beta, -1f, y))
                .hasMessageContaining("epsilon is -1");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, gamma, beta, Float.NaN, y))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, 4, 3, gamma, beta, EPSILON, y, 0))
                .hasMessageContaining("x has 12 elements; offset 4 and length 12");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, 0, -1, gamma, beta, EPSILON, y, 0))
                .hasMessageContaining("rows is -1");
        assertThatThrownBy(() -> LayerNormalization.normalize(x, 0, 2, gamma, beta, EPSILON, x, 4))
                .hasMessageContaining("outOffset is 4");
    }

    private static void assertClose(String what, float[] y, float[] x, float[] gamma, float[] beta) {
        int width = gamma.length;
        for (int row = 0; row < x.length / width; row++) {
            double mean = 0;
            for (int i = 0; i < width; i++) {
                mean += x[row * width + i] / (double) width;
            }
            double variance = 0;
            for (int i = 0; i < width; i++) {
                variance += (x[row * width + i] - mean) * (x[row * width + i] - mean) / width;
            }
            double inverse = 1 / Math.sqrt(variance + EPSILON);
            for (int i = 0; i < width; i++) {
                double deviation = x[row * width + i] - mean;
                double expected = gamma[i] * inverse * deviation + beta[i];
                double tolerance = 2e-6 * Math.abs(gamma[i]) * (inverse * Math.abs(deviation) + 0.5)
                        + 2e-6 * Math.abs(beta[i])
                        + Math.abs(gamma[i]) * inverse * Math.ulp((float) mean);
                if (!(Math.abs(y[row * width + i] - expected) <= tolerance)) {
                    fail(what + " row " + row + " element " + i + ": " + y[row * width + i] + ", expected " + expected);
                }
            }
        }
    }
}
