package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.oracle.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MatMulTest {

    private static final int GAP = 3;
    private static final int CANARY = 0x7fc0dead;

    /** Every shape around the tile (6 rows, 64, 32 or 16 columns), primes, one, and the model's own. */
    static List<int[]> shapes() {
        List<int[]> shapes = new ArrayList<>();
        for (int m : new int[] {1, 2, 3, 5, 6, 7, 13}) {
            for (int n : new int[] {1, 7, 15, 16, 17, 31, 33, 63, 64, 65, 97, 128, 131}) {
                for (int k : new int[] {1, 2, 5, 16, 37}) {
                    shapes.add(new int[] {m, k, n});
                }
            }
        }
        shapes.add(new int[] {60, 256, 768});
        shapes.add(new int[] {61, 64, 256});
        shapes.add(new int[] {130, 1024, 65});
        shapes.add(new int[] {515, 257, 70});
        shapes.add(new int[] {9, 2500, 75});
        return shapes;
    }

    @Test
    void smallIntegersAreExactAtEveryShape() {
        shapes().forEach(MatMulTest::smallIntegersAreExact);
    }

    private static void smallIntegersAreExact(int[] shape) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Random random = new Random(m * 31L + k * 17L + n);
        float[] a = integers(random, m * k);
        float[] b = integers(random, k * n);
        float[] bias = integers(random, n);
        double[] expected = product(a, b, bias, m, k, n);
        for (Backend backend : Kernels.backends()) {
            float[] out = canaries(m, n);
            float[] strided = strided(a, m, k, k + GAP);
            backend.matMul().multiply(
                    strided, GAP, k + GAP, m, Panels.pack(b, k, n, bias, backend.panelWidth()), out, GAP, n + GAP);
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double actual = out[GAP + i * (n + GAP) + j];
                    if (actual != expected[i * n + j]) {
                        fail("%s %s [%d, %d]: %s, expected %s".formatted(
                                backend.name(), Arrays.toString(shape), i, j, actual, expected[i * n + j]));
                    }
                }
            }
            assertCanaries(out, m, n, backend.name() + " " + Arrays.toString(shape));
        }
    }

    @Test
    void randomNumbersStayWithinTheDocumentedBoundAndBackendsAgreeInBits() {
        shapes().forEach(MatMulTest::randomNumbersStayWithinTheBound);
    }

    private static void randomNumbersStayWithinTheBound(int[] shape) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Random random = new Random(77 + m * 31L + k * 17L + n);
        float[] a = Gaussian.floats(random, m * k);
        float[] b = Gaussian.floats(random, k * n);
        float[] bias = Gaussian.floats(random, n);
        float[] residual = Gaussian.floats(random, m * n);
        double[] expected = product(a, b, bias, m, k, n);
        double[] magnitude = product(absolute(a), absolute(b), absolute(bias), m, k, n);
        float[][] first = null;
        for (Backend backend : Kernels.backends()) {
            boolean everyWidth = backend.width() == 0 && Kernels.scalarOfEveryWidth();
            for (int width : everyWidth ? new int[] {backend.panelWidth(), 64, 16} : new int[] {backend.panelWidth()}) {
                Panels w = Panels.pack(b, k, n, bias, width);
                float[][] out = {new float[m * n], new float[m * n], new float[m * n]};
                for (float[] each : out) {
                    Arrays.fill(each, Float.NaN);
                }
                backend.matMul().multiply(a, 0, k, m, w, out[0], 0, n);
                backend.matMul().multiplyGelu(a, 0, k, m, w, out[1], 0, n);
                backend.matMul().multiplyAdd(a, 0, m, w, residual, 0, out[2], 0);
                String what = backend.name() + " width " + width + " " + Arrays.toString(shape);
                for (int i = 0; i < m * n; i++) {
                    if (!(Math.abs(out[0][i] - expected[i]) <= (k + 1) * 0x1p-24 * magnitude[i])) {
                        fail(what + " element " + i + ": " + out[0][i] + ", expected " + expected[i]);
                    }
                    if (out[2][i] != residual[i] + out[0][i]) {
                        fail(what + " residual " + i + ": " + out[2][i]);
                    }
                }
                float[] gelu = new float[m * n];
                backend.rows().gelu(out[0], 0, gelu, 0, m * n);
                Bits.assertEqual(what + " gelu", out[1], gelu);
                if (first == null) {
                    first = out;
                }
                for (int i = 0; i < out.length; i++) {
                    Bits.assertEqual(what + " output " + i, out[i], first[i]);
                }
            }
        }
    }

    @Test
    void aSliceOfPanelsIsThoseColumns() {
        Random random = new Random(5);
        int k = 19;
        int n = 200;
        float[] a = Gaussian.floats(random, 7 * k);
        float[] b = Gaussian.floats(random, k * n);
        float[] bias = Gaussian.floats(random, n);
        for (Backend backend : Kernels.backends()) {
            Panels w = Panels.pack(b, k, n, bias, backend.panelWidth());
            float[] whole = new float[7 * n];
            backend.matMul().multiply(a, 0, k, 7, w, whole, 0, n);
            float[] pieces = new float[7 * n];
            backend.matMul().multiply(a, 0, k, 7, w.slice(0, 1), pieces, 0, n);
            backend.matMul().multiply(a, 0, k, 7, w.slice(1, w.count()), pieces, w.width(), n);
            Bits.assertEqual(backend.name(), pieces, whole);
        }
    }

    @Test
    void infinitiesAndNaNFollowIeeeAndStayInTheirRow() {
        int k = 9;
        int n = 70;
        for (Backend backend : Kernels.backends()) {
            float[] a = new float[7 * k];
            Arrays.fill(a, 1f);
            a[2 * k + 3] = Float.NaN;
            a[4 * k + 3] = Float.POSITIVE_INFINITY;
            float[] b = new float[k * n];
            Arrays.fill(b, 2f);
            float[] out = new float[7 * n];
            backend.matMul().multiply(a, 0, k, 7, Panels.pack(b, k, n, null, backend.panelWidth()), out, 0, n);
            for (int i = 0; i < 7; i++) {
                for (int j = 0; j < n; j++) {
                    float expected = i == 2 ? Float.NaN : i == 4 ? Float.POSITIVE_INFINITY : 2f * k;
                    assertThat(out[i * n + j]).as("%s [%d, %d]", backend.name(), i, j)
                            .isEqualTo(Float.valueOf(expected));
                }
            }
        }
    }

    @Test
    void theFacadeMultipliesAndSaysWhatIsWrong() {
        PackedMatrix w = PackedMatrix.pack(new float[] {1, 2, 3, 4, 5, 6}, 2, 3, new float[] {10, 20, 30});
        float[] out = new float[3];
        MatMul.multiply(new float[] {1, 1}, 1, w, out);
        assertThat(out).containsExactly(15, 27, 39);

        float[] untouched = {1, 2};
        assertThatThrownBy(() -> MatMul.multiply(new float[2], 1, w, untouched))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("out has 2 elements; ");
        assertThat(untouched).containsExactly(1, 2);
        assertThatThrownBy(() -> MatMul.multiply(new float[1], 1, w, out))
                .hasMessageContaining("a has 1 elements")
                .hasMessageContaining("length 2");
        assertThatThrownBy(() -> MatMul.multiply(new float[2], -1, w, out)).hasMessageContaining("m is -1");
        assertThatThrownBy(() -> MatMul.multiply(new float[2], 0, 1, 1, w, out, 0, 3))
                .hasMessageContaining("leading dimension of a is 1");
        float[] same = new float[9];
        assertThatThrownBy(() -> MatMul.multiply(same, 1, w, same)).hasMessageContaining("same array");
        assertThatThrownBy(() -> PackedMatrix.pack(new float[5], 2, 3)).hasMessageContaining("values");
        assertThatThrownBy(() -> PackedMatrix.pack(new float[0], 0, 3)).hasMessageContaining("rows is 0");
        assertThatThrownBy(() -> PackedMatrix.pack(new float[8], 65536, 65536)).hasMessageContaining("values");
    }

    private static double[] product(float[] a, float[] b, float[] bias, int m, int k, int n) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = bias[j];
                for (int l = 0; l < k; l++) {
                    sum += (double) a[i * k + l] * b[l * n + j];
                }
                c[i * n + j] = sum;
            }
        }
        return c;
    }

    private static float[] strided(float[] a, int m, int k, int lda) {
        float[] out = new float[GAP + m * lda];
        Arrays.fill(out, Float.NaN);
        for (int i = 0; i < m; i++) {
            System.arraycopy(a, i * k, out, GAP + i * lda, k);
        }
        return out;
    }

    private static float[] canaries(int m, int n) {
        float[] out = new float[GAP + m * (n + GAP)];
        Arrays.fill(out, Float.intBitsToFloat(CANARY));
        return out;
    }

    private static void assertCanaries(float[] out, int m, int n, String what) {
        for (int i = 0; i < out.length; i++) {
            int inRow = (i - GAP) % (n + GAP);
            if ((i < GAP || inRow >= n) && Float.floatToRawIntBits(out[i]) != CANARY) {
                fail(what + " canary " + i + ": " + out[i]);
            }
        }
    }

    private static float[] integers(Random random, int length) {
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = random.nextInt(9) - 4;
        }
        return x;
    }

    private static float[] absolute(float[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = Math.abs(x[i]);
        }
        return y;
    }
}
