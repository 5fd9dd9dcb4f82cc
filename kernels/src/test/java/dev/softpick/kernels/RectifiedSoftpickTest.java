package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RectifiedSoftpickTest {

    /** Sizes of the elements: near 0 only {@code expm1} is accurate; from 87 on the row is shifted. */
    private static final float[] SIZES = {1f, 1e-6f, 1e-20f, 20f, 60f, 1e4f, 1e30f};

    @Test
    void rowsAgreeWithDoubleAndBetweenBackendsAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            for (float size : SIZES) {
                float[] x = scaled(n, size);
                float[] first = null;
                for (Backend backend : Kernels.backends()) {
                    String what = backend.name() + " length " + n + " size " + size;
                    float[] framed = Kernels.framed(x);
                    float[] out = Kernels.framed(new float[n]);
                    backend.rows().rectifiedSoftpick(framed, Kernels.GAP, out, Kernels.GAP, n);
                    float[] y = Kernels.unframed(what, out);
                    assertClose(what, y, x);
                    backend.rows().rectifiedSoftpick(framed, Kernels.GAP, framed, Kernels.GAP, n);
                    Bits.assertEqual(what + " in place", Kernels.unframed(what, framed), y);
                    first = first == null ? y : first;
                    Bits.assertEqual(what, y, first);
                }
            }
        });
    }

    @Test
    void columnsHaveTheBitsOfTheRowCopiedOut() {
        int[][] sizes = {{1, 2}, {3, 5}, {17, 37}, {64, 64}, {65, 70}, {200, 130}, {2049, 3}, {4100, 17}};
        for (int[] size : sizes) {
            int n = size[0];
            int columns = size[1];
            float[] x = Gaussian.floats(n, n * columns);
            for (int i = 0; i < x.length; i++) {
                x[i] *= SIZES[i % columns % SIZES.length];
            }
            x[columns / 2] = Float.NEGATIVE_INFINITY;
            x[columns - 1] = Float.NaN;
            float[] rows = new float[n * columns];
            for (int c = 0; c < columns; c++) {
                float[] row = new float[n];
                for (int i = 0; i < n; i++) {
                    row[i] = x[i * columns + c];
                }
                RectifiedSoftpick.normalize(row, 0, n, row, 0);
                for (int i = 0; i < n; i++) {
                    rows[i * columns + c] = row[i];
                }
            }
            String what = n + " by " + columns;
            float[] out = Kernels.unwritten(x.length);
            RectifiedSoftpick.normalize(x, size, 0, out);
            Bits.assertEqual(what, out, rows);
            RectifiedSoftpick.normalize(x, size, 0, x);
            Bits.assertEqual(what + " in place", x, rows);
        }
    }

    /** The published code leaves masked scores out of the sum. */
    @Test
    void aMaskedElementHasNoPartInItsRow() {
        for (Backend backend : Kernels.backends()) {
            float[] two = {Float.NEGATIVE_INFINITY, 0.3f};
            backend.rows().rectifiedSoftpick(two, 0, two, 0, 2);
            assertThat(Float.floatToRawIntBits(two[0])).isEqualTo(0);
            assertThat((double) two[1]).isCloseTo(1 / (1 + 1e-8 / (1 - Math.exp(-0.3))), within(1e-7));
            for (int n : new int[] {1, 2, 5, 15, 16, 17, 33, 64, 100, 2049, 5000}) {
                for (float size : SIZES) {
                    float[] x = scaled(n, size);
                    float[] alone = new float[n];
                    backend.rows().rectifiedSoftpick(x, 0, alone, 0, n);
                    // Masked elements behind the row take no lane from the others: the same bits.
                    float[] padded = Arrays.copyOf(x, n + 40);
                    Arrays.fill(padded, n, n + 40, Float.NEGATIVE_INFINITY);
                    backend.rows().rectifiedSoftpick(padded, 0, padded, 0, n + 40);
                    String what = backend.name() + " length " + n + " size " + size;
                    Bits.assertEqual(what, Arrays.copyOf(padded, n), alone);
                    for (int i = n; i < n + 40; i++) {
                        assertThat(Float.floatToRawIntBits(padded[i])).as(what + ", masked").isEqualTo(0);
                    }
                }
            }
        }
    }

    @Test
    void specialValues() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {5, 64, 100, 5000}) {
                float[] x = Gaussian.floats(n, n);
                float[] y = new float[n];
                x[1] = -0f;
                x[2] = 1e-30f;
                x[3] = Float.NEGATIVE_INFINITY;
                x[4] = 0.5f;
                backend.rows().rectifiedSoftpick(x, 0, y, 0, n);
                assertThat(Float.floatToRawIntBits(y[1])).isEqualTo(0);
                assertThat(Float.floatToRawIntBits(y[3])).isEqualTo(0);
                assertThat(y[2]).isPositive();
                assertClose(backend.name() + " with -inf, length " + n, y, x);

                for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                    x[3] = bad;
                    backend.rows().rectifiedSoftpick(x, 0, y, 0, n);
                    for (float value : y) {
                        assertThat(value).as("%s in the row", bad).isNaN();
                    }
                }

                for (float nothing : new float[] {-1f, -1e30f, 0f, Float.NEGATIVE_INFINITY}) {
                    Arrays.fill(x, nothing);
                    Arrays.fill(y, Float.NaN);
                    backend.rows().rectifiedSoftpick(x, 0, y, 0, n);
                    for (float value : y) {
                        assertThat(Float.floatToRawIntBits(value)).as("nothing above 0: %s", nothing).isEqualTo(0);
                    }
                }

                Arrays.fill(x, -Float.MAX_VALUE);
                x[1] = Float.MAX_VALUE;
                x[4] = Float.MAX_VALUE;
                backend.rows().rectifiedSoftpick(x, 0, y, 0, n);
                assertThat(y[1]).isEqualTo(0.5f);
                assertThat(y[4]).isEqualTo(0.5f);
                assertThat(y[0]).isEqualTo(0f);
            }
        }
    }

    @Test
    void aSingleElementAllButJumps() {
        float[] y = new float[1];
        RectifiedSoftpick.normalize(new float[] {0f}, 0, 1, y, 0);
        assertThat(y[0]).isEqualTo(0f);
        RectifiedSoftpick.normalize(new float[] {1e-6f}, 0, 1, y, 0);
        assertThat((double) y[0]).isBetween(0.990098, 0.990100);
        RectifiedSoftpick.normalize(new float[] {50f}, 0, 1, y, 0);
        assertThat(y[0]).isEqualTo(1f);
    }

    @Test
    void anyAxis() {
        float[] x = Gaussian.floats(2, 2 * 70 * 33);
        float[] out = new float[x.length];
        RectifiedSoftpick.normalize(x, new int[] {2, 70, 33}, -2, out);
        for (int block = 0; block < 2; block++) {
            for (int c = 0; c < 33; c++) {
                float[] row = new float[70];
                float[] expected = new float[70];
                for (int i = 0; i < 70; i++) {
                    row[i] = x[(block * 70 + i) * 33 + c];
                    expected[i] = out[(block * 70 + i) * 33 + c];
                }
                RectifiedSoftpick.normalize(row, 0, 70, row, 0);
                Bits.assertEqual("block " + block + " column " + c, row, expected);
            }
        }
    }

    @Test
    void theDoorChecks() {
        float[] x = new float[6];
        assertThatThrownBy(() -> RectifiedSoftpick.normalize(x, new int[] {2, 3}, 2, x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("given axis (2) invalid for shape with rank 2");
        assertThatThrownBy(() -> RectifiedSoftpick.normalize(x, 0, 4, x, 1)).hasMessageContaining("outOffset is 1");
        assertThatThrownBy(() -> RectifiedSoftpick.normalize(x, 0, 4, new float[3], 0))
                .hasMessageContaining("out has 3");
    }

    private static float[] scaled(int n, float size) {
        float[] x = Gaussian.floats(n, n);
        for (int i = 0; i < n; i++) {
            x[i] *= size;
        }
        return x;
    }

    private static void assertClose(String what, float[] y, float[] x) {
        double m = Double.NEGATIVE_INFINITY;
        double[] exact = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            exact[i] = x[i];
            m = Math.max(m, x[i]);
        }
        double[] weights = Formula.RECTIFIED_SOFTPICK.weights(exact, Double.NaN);
        for (int i = 0; i < x.length; i++) {
            double expected = weights[i];
            double distance = m > 87 ? m - x[i] : 0;
            double tolerance = expected == 0 ? 0 : (7e-7 + 1.2e-7 * distance) * expected + 0x1p-125;
            if (!(Math.abs(y[i] - expected) <= tolerance)) {
                fail(what + ", element " + i + " (" + x[i] + "): " + y[i] + ", expected " + expected);
            }
        }
    }
}
