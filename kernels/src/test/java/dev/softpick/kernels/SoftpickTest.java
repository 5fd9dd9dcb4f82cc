package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SoftpickTest {

    @Test
    void rowsAgreeWithDoubleAndBetweenBackendsAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            float[] x = Gaussian.floats(n, n);
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " length " + n;
                float[] framed = Kernels.framed(x);
                float[] out = Kernels.framed(Kernels.unwritten(n));
                backend.rows().softpick(framed, Kernels.GAP, out, Kernels.GAP, n);
                float[] y = Kernels.unframed(what, out);
                assertClose(what, y, x);
                backend.rows().softpick(framed, Kernels.GAP, framed, Kernels.GAP, n);
                Bits.assertEqual(what + " in place", Kernels.unframed(what, framed), y);
                first = first == null ? y : first;
                Bits.assertEqual(what, y, first);
            }
        });
    }

    @Test
    void anyAxisHasTheBitsOfTheRowCopiedOut() {
        int[][] shapes = {
            {1}, {11}, {2, 3, 4}, {3, 1, 5}, {1, 7, 1}, {5, 65, 3}, {2, 64, 67}, {130, 17}, {4, 2049, 5}, {1, 4100, 33},
            {67, 112}, {2, 63, 113}, {2051, 131}, {3, 1030}, {0, 3}, {3, 0, 2}
        };
        for (int[] shape : shapes) {
            int size = 1;
            for (int s : shape) {
                size *= s;
            }
            float[] x = Gaussian.floats(size, size);
            for (int axis = -shape.length; axis < shape.length; axis++) {
                float[] out = Kernels.unwritten(size);
                Softpick.normalize(x, shape, axis, out);
                String what = "shape " + Arguments.text(shape) + " axis " + axis;
                Bits.assertEqual(what, out, byRows(x, shape, axis));
                float[] inPlace = x.clone();
                Softpick.normalize(inPlace, shape, axis, inPlace);
                Bits.assertEqual(what + " in place", inPlace, out);
            }
        }
    }

    @Test
    void aTensorWithoutElementsTakesNoTime() {
        Softpick.normalize(new float[0], new int[] {Integer.MAX_VALUE, 0}, 1, new float[0]);
        Softpick.normalize(new float[0], new int[] {Integer.MAX_VALUE, 0}, 0, new float[0]);
    }

    @Test
    void columnsHaveTheBitsOfTheRowCopiedOutAtEveryLengthAndWidth() {
        IntStream.of(1, 2, 3, 5, 16, 17, 31, 33, 63, 64, 65, 127, 129, 200, 2100).forEach(length -> {
            IntStream.of(1, 3, 16, 37, 111, 112, 113, 127, 192, 201, 1024, 1041)
                    .filter(columns -> length * columns < 300_000)
                    .forEach(columns -> columnsHaveTheBitsOfTheRowCopiedOut(length, columns));
        });
    }

    private static void columnsHaveTheBitsOfTheRowCopiedOut(int length, int columns) {
        float[] x = Gaussian.floats(length + 1_000L * columns, length * columns);
        // A column each of NaN, an infinity, an overflow, a sum that needs the slow path; fewer in few columns.
        float[] special = {Float.NaN, Float.POSITIVE_INFINITY, -Float.MAX_VALUE, 0x1p101f};
        for (int i = 0; i < Math.min(special.length, columns / 4); i++) {
            for (int row = length / 2; row < length; row += 7) {
                x[row * columns + 2 * i] = special[i];
            }
        }
        String what = "length " + length + " columns " + columns;
        int[] shape = {length, columns};
        float[] y = Kernels.unwritten(x.length);
        Softpick.normalize(x, shape, 0, y);
        float[] column = new float[length];
        float[] actual = new float[length];
        for (int c = 0; c < columns; c++) {
            for (int i = 0; i < length; i++) {
                column[i] = x[i * columns + c];
                actual[i] = y[i * columns + c];
            }
            Softpick.normalize(column, 0, length, column, 0);
            Bits.assertEqual(what + ", column " + c, actual, column);
        }
        Softpick.normalize(x, shape, 0, x);
        Bits.assertEqual(what + " in place", x, y);
    }

    @Test
    void columnsMayBeNormalizedByManyThreadsAtOnce() {
        int length = 70;
        float[] x = Gaussian.floats(9, length * 150);
        for (int columns : new int[] {50, 150}) {
            int[] shape = {length, columns};
            float[] block = Arrays.copyOf(x, length * columns);
            float[] expected = new float[length * columns];
            Softpick.normalize(block, shape, 0, expected);
            IntStream.range(0, 400).parallel().forEach(i -> {
                float[] out = Kernels.unwritten(length * columns);
                Softpick.normalize(block, shape, 0, out);
                Bits.assertEqual("call " + i, out, expected);
            });
        }
    }

    @Test
    void specialValues() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {4, 64, 100, 5000}) {
                float[] x = Gaussian.floats(n, n);
                x[1] = -0f;
                x[2] = Float.NEGATIVE_INFINITY;
                float[] y = new float[n];
                backend.rows().softpick(x, 0, y, 0, n);
                assertThat(y[2]).isNaN();
                assertThat(Float.floatToRawIntBits(y[1])).isEqualTo(Float.floatToRawIntBits(-0f));
                assertThat(Float.floatToRawIntBits(y[3])).isEqualTo(Float.floatToRawIntBits(Math.copySign(0f, x[3])));

                x[2] = Float.NaN;
                backend.rows().softpick(x, 0, y, 0, n);
                for (float value : y) {
                    assertThat(value).isNaN();
                }

                x[2] = Float.MAX_VALUE;
                x[3] = -Float.MAX_VALUE;
                backend.rows().softpick(x, 0, y, 0, n);
                assertThat(y[2]).isEqualTo(0.5f);
                assertThat(y[3]).isEqualTo(-0.5f);
            }
        }
    }

    @Test
    void sumsAroundTheSlowPathGiveTheRightQuotients() {
        for (Backend backend : Kernels.backends()) {
            for (float size : new float[] {0x1p93f, 0x1p99f, 0x1p100f, 0x1.000002p100f, 0x1p120f, Float.MAX_VALUE}) {
                for (int n : new int[] {1, 2, 100, 3000}) {
                    float[] x = Gaussian.floats(n, n);
                    x[n / 2] = size;
                    x[n - 1] = -size;
                    float[] y = Kernels.unwritten(n);
                    backend.rows().softpick(x, 0, y, 0, n);
                    assertClose(backend.name() + " length " + n + " with " + size, y, x);
                }
            }
        }
    }

    @Test
    void equalElementsStayWithinTheBoundForAnyInput() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {31, 1000, 2047, 2048, 5003}) {
                float[] x = new float[n];
                Arrays.fill(x, 0.1f);
                float[] y = new float[n];
                backend.rows().softpick(x, 0, y, 0, n);
                double expected = 0.1f / (1 + n * (double) 0.1f);
                assertThat((double) y[n - 1]).isBetween(expected * (1 - 3e-6), expected * (1 + 3e-6));
            }
        }
    }

    @Test
    void subnormalResultsAreWithinOneUnit() {
        float[] x = {Float.MIN_VALUE, 3 * Float.MIN_VALUE, -Float.MIN_NORMAL, 1f, 2f, -1f};
        for (Backend backend : Kernels.backends()) {
            float[] y = new float[x.length];
            backend.rows().softpick(x, 0, y, 0, x.length);
            assertClose(backend.name(), y, x);
        }
    }

    @Test
    void saysWhatIsWrong() {
        float[] x = new float[6];
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 3}, 2, x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("given axis (2) invalid for shape with rank 2");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[0], 0, x)).hasMessageContaining("rank 0");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 4}, 0, x))
                .hasMessageContaining("x has 6 elements");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 3}, 0, new float[5]))
                .hasMessageContaining("out has 5");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {-2, -3}, 0, x)).hasMessageContaining("[-2, -3]");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {65536, 65536}, 0, x))
                .hasMessageContaining("more elements than an array holds");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 3}, -3, x)).hasMessageContaining("axis (-3)");
        assertThatThrownBy(() -> Softpick.normalize(x, null, 0, x)).hasMessage("shape is null");
        assertThatThrownBy(() -> Softpick.normalize(x, 0, 4, x, 1)).hasMessageContaining("outOffset is 1");
    }

    private static void assertClose(String what, float[] y, float[] x) {
        double sum = 1;
        for (float value : x) {
            sum += Math.abs(value);
        }
        for (int i = 0; i < x.length; i++) {
            double expected = x[i] / sum;
            double tolerance = Math.max(3e-7 * Math.abs(expected), Float.MIN_VALUE);
            if (!(Math.abs(y[i] - expected) <= tolerance)) {
                fail(what + ", element " + i + ": " + y[i] + ", expected " + expected);
            }
        }
    }

    private static float[] byRows(float[] x, int[] shape, int axis) {
        int at = axis < 0 ? axis + shape.length : axis;
        int inner = 1;
        for (int i = at + 1; i < shape.length; i++) {
            inner *= shape[i];
        }
        int n = shape[at];
        float[] out = new float[x.length];
        float[] row = new float[n];
        for (int start = 0; start < x.length; start++) {
            if (start / inner % Math.max(n, 1) == 0) {
                for (int i = 0; i < n; i++) {
                    row[i] = x[start + i * inner];
                }
                Softpick.normalize(row, 0, n, row, 0);
                for (int i = 0; i < n; i++) {
                    out[start + i * inner] = row[i];
                }
            }
        }
        return out;
    }
}
