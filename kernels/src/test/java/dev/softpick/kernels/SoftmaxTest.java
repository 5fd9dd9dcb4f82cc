package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SoftmaxTest {

    private static final float[] SCALES = {1f, 0.125f, 7.5f, -2f, 0f};

    @Test
    void rowsAgreeWithDoubleAndBetweenBackendsAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            float[] x = Gaussian.floats(n, n);
            for (float scale : SCALES) {
                float[] first = null;
                for (Backend backend : Kernels.backends()) {
                    String what = backend.name() + " length " + n + " scale " + scale;
                    float[] framed = Kernels.framed(x);
                    float[] out = Kernels.framed(new float[n]);
                    backend.rows().softmax(framed, Kernels.GAP, out, Kernels.GAP, n, scale);
                    float[] y = Kernels.unframed(what, out);
                    assertClose(what, y, x, scale);
                    backend.rows().softmax(framed, Kernels.GAP, framed, Kernels.GAP, n, scale);
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
            x[columns / 2] = Float.NEGATIVE_INFINITY;
            x[columns - 1] = Float.NaN;
            for (float scale : new float[] {1f, -3f}) {
                float[] rows = new float[n * columns];
                for (int c = 0; c < columns; c++) {
                    float[] row = new float[n];
                    for (int i = 0; i < n; i++) {
                        row[i] = x[i * columns + c];
                    }
                    Softmax.normalize(row, 0, n, scale, row, 0);
                    for (int i = 0; i < n; i++) {
                        rows[i * columns + c] = row[i];
                    }
                }
                String what = n + " by " + columns + " scale " + scale;
                float[] out = Kernels.unwritten(x.length);
                Softmax.normalize(x, size, 0, scale, out);
                Bits.assertEqual(what, out, rows);
                float[] inPlace = x.clone();
                Softmax.normalize(inPlace, size, 0, scale, inPlace);
                Bits.assertEqual(what + " in place", inPlace, rows);
            }
        }
    }

    @Test
    void specialValues() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {5, 64, 100, 5000}) {
                float[] x = Gaussian.floats(n, n);
                float[] y = new float[n];
                x[3] = Float.NEGATIVE_INFINITY;
                backend.rows().softmax(x, 0, y, 0, n, 1f);
                assertThat(y[3]).as("a masked element").isEqualTo(0f);
                assertClose(backend.name() + " masked, length " + n, y, x, 1f);

                x[3] = Float.POSITIVE_INFINITY;
                backend.rows().softmax(x, 0, y, 0, n, -1f);
                assertThat(y[3]).as("a masked element, negative scale").isEqualTo(0f);
                assertNaN(backend, x, 1f);
                x[3] = Float.NEGATIVE_INFINITY;
                assertNaN(backend, x, -1f);
                x[3] = Float.NaN;
                assertNaN(backend, x, 1f);
                assertNaN(backend, x, 0f);
                x[3] = 0f;
                assertNaN(backend, x, Float.NaN);
                assertNaN(backend, x, Float.POSITIVE_INFINITY);
                Arrays.fill(x, Float.NEGATIVE_INFINITY);
                assertNaN(backend, x, 1f);

                Arrays.fill(x, 1e30f);
                backend.rows().softmax(x, 0, y, 0, n, 1e20f);
                assertClose(backend.name() + " large and equal", y, x, 1f);
                x[1] = Float.MAX_VALUE;
                x[2] = -Float.MAX_VALUE;
                backend.rows().softmax(x, 0, y, 0, n, 1f);
                assertThat(y[1]).isEqualTo(1f);
                assertThat(y[2]).isEqualTo(0f);
            }
            float[] one = {-77f};
            backend.rows().softmax(one, 0, one, 0, 1, 3f);
            assertThat(one[0]).isEqualTo(1f);
        }
    }

    @Test
    void anyAxisOfAnyShape() {
        int[][] shapes = {{1}, {11}, {2, 3, 4}, {3, 1, 5}, {1, 7, 1}, {5, 65, 3}, {2, 64, 67}, {0, 3}, {3, 0, 2}};
        for (int[] shape : shapes) {
            int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            float[] x = Gaussian.floats(size, size);
            for (int axis = -shape.length; axis < shape.length; axis++) {
                int at = axis < 0 ? axis + shape.length : axis;
                int inner = Arrays.stream(shape).skip(at + 1).reduce(1, (a, b) -> a * b);
                float[] out = new float[size];
                Softmax.normalize(x, shape, axis, out);
                double[] sums = new double[size];
                for (int i = 0; i < size; i++) {
                    sums[i / (inner * shape[at]) * inner + i % inner] += out[i];
                }
                for (int i = 0; i < size / Math.max(shape[at], 1); i++) {
                    assertThat(sums[i])
                            .as("%s axis %d sum %d", Arrays.toString(shape), axis, i)
                            .isBetween(0.999999, 1.000001);
                }
            }
        }
    }

    @Test
    void ssmaxIsSoftmaxWithTheLogarithmOfTheLength() {
        float[] x = Gaussian.floats(8, 3 * 40);
        float[] out = new float[x.length];
        SSMax.normalize(x, new int[] {3, 40}, 1, 0.43f, out);
        for (int row = 0; row < 3; row++) {
            float[] y = new float[40];
            SSMax.normalize(x, row * 40, 40, 0.43f, y, 0);
            Bits.assertEqual("row " + row, Arrays.copyOfRange(out, row * 40, row * 40 + 40), y);
            assertClose("row " + row, y, Arrays.copyOfRange(x, row * 40, row * 40 + 40), 0.43 * Math.log(40));
        }
        float[] columns = new float[x.length];
        SSMax.normalize(x, new int[] {3, 40}, 0, 0.43f, columns);
        float[] column = {x[7], x[47], x[87]};
        SSMax.normalize(column, 0, 3, 0.43f, column, 0);
        assertThat(column).containsExactly(columns[7], columns[47], columns[87]);
        assertThat(SSMax.scale(2f, 1)).isEqualTo(0f);
        float[] one = {5f};
        SSMax.normalize(one, 0, 1, 0.43f, one, 0);
        assertThat(one[0]).isEqualTo(1f);
    }

    @Test
    void theDoorChecks() {
        float[] x = new float[6];
        assertThatThrownBy(() -> Softmax.normalize(x, new int[] {2, 3}, 2, x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("given axis (2) invalid for shape with rank 2");
        assertThatThrownBy(() -> Softmax.normalize(x, new int[] {2, 4}, 0, x)).hasMessageContaining("x has 6 elements");
        assertThatThrownBy(() -> Softmax.normalize(x, 0, 4, x, 1)).hasMessageContaining("outOffset is 1");
        assertThatThrownBy(() -> Softmax.normalize(x, 3, 4, x, 3)).hasMessageContaining("x has 6 elements");
        assertThatThrownBy(() -> SSMax.normalize(x, new int[] {2, 3}, -3, 1f, x))
                .hasMessageContaining("given axis (-3)");
        assertThatThrownBy(() -> SSMax.normalize(x, 0, -1, 1f, x, 0)).hasMessageContaining("length -1");
    }

    private static void assertNaN(Backend backend, float[] x, float scale) {
        float[] y = new float[x.length];
        backend.rows().softmax(x, 0, y, 0, x.length, scale);
        for (int i = 0; i < y.length; i++) {
            if (!Float.isNaN(y[i])) {
                fail(backend.name() + " length " + x.length + " scale " + scale + ", element " + i + ": " + y[i]);
            }
        }
    }

    private static void assertClose(String what, float[] y, float[] x, double scale) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float value : x) {
            largest = Math.max(largest, value * scale);
        }
        double sum = 0;
        for (float value : x) {
            sum += Math.exp(value * scale - largest);
        }
        for (int i = 0; i < x.length; i++) {
            double distance = largest - x[i] * scale;
            double expected = Math.exp(-distance) / sum;
            double tolerance = expected == 0 ? 0 : (4e-7 + 1.2e-7 * distance) * expected + 0x1p-126;
            if (!(Math.abs(y[i] - expected) <= tolerance)) {
                fail(what + ", element " + i + ": " + y[i] + ", expected " + expected);
            }
        }
    }
}
