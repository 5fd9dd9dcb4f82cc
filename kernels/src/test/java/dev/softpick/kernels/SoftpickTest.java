package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import org.junit.jupiter.api.Test;

class SoftpickTest {

    @Test
    void rowsAgreeWithDoubleAndBetweenBackendsAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            float[] x = Kernels.gaussian(n, n);
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " length " + n;
                float[] framed = Kernels.framed(x);
                float[] out = Kernels.framed(new float[n]);
                backend.softpick(framed, Kernels.GAP, out, Kernels.GAP, n);
                float[] y = Kernels.unframed(what, out);
                assertClose(what, y, x);
                backend.softpick(framed, Kernels.GAP, framed, Kernels.GAP, n);
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
            {0, 3}, {3, 0, 2}
        };
        for (int[] shape : shapes) {
            int size = 1;
            for (int s : shape) {
                size *= s;
            }
            float[] x = Kernels.gaussian(size, size);
            for (int axis = -shape.length; axis < shape.length; axis++) {
                float[] out = new float[size];
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
    void backendsAgreeOnColumns() {
        int n = 200;
        int columns = 37;
        float[] x = Kernels.gaussian(1, n * columns);
        x[40] = Float.NaN;
        x[41] = Float.POSITIVE_INFINITY;
        x[42] = Float.MAX_VALUE;
        x[42 + columns] = Float.MAX_VALUE;
        float[] first = null;
        for (Backend backend : Kernels.backends()) {
            float[] out = Kernels.framed(new float[x.length]);
            backend.softpickColumns(x, 0, out, Kernels.GAP, n, columns);
            float[] y = Kernels.unframed(backend.name(), out);
            first = first == null ? y : first;
            Bits.assertEqual(backend.name(), y, first);
        }
    }

    @Test
    void specialValues() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {4, 64, 100, 5000}) {
                float[] x = Kernels.gaussian(n, n);
                x[1] = -0f;
                x[2] = Float.NEGATIVE_INFINITY;
                float[] y = new float[n];
                backend.softpick(x, 0, y, 0, n);
                assertThat(y[2]).isNaN();
                assertThat(Float.floatToRawIntBits(y[1])).isEqualTo(Float.floatToRawIntBits(-0f));
                assertThat(Float.floatToRawIntBits(y[3])).isEqualTo(Float.floatToRawIntBits(Math.copySign(0f, x[3])));

                x[2] = Float.NaN;
                backend.softpick(x, 0, y, 0, n);
                for (float value : y) {
                    assertThat(value).isNaN();
                }

                x[2] = Float.MAX_VALUE;
                x[3] = -Float.MAX_VALUE;
                backend.softpick(x, 0, y, 0, n);
                assertThat(y[2]).isEqualTo(0.5f);
                assertThat(y[3]).isEqualTo(-0.5f);
            }
        }
    }

    @Test
    void subnormalResultsAreWithinOneUnit() {
        float[] x = {Float.MIN_VALUE, 3 * Float.MIN_VALUE, -Float.MIN_NORMAL, 1f, 2f, -1f};
        for (Backend backend : Kernels.backends()) {
            float[] y = new float[x.length];
            backend.softpick(x, 0, y, 0, x.length);
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
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 4}, 0, x)).hasMessageContaining("x has 6 elements");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {2, 3}, 0, new float[5]))
                .hasMessageContaining("out has 5");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {-2, -3}, 0, x)).hasMessageContaining("[-2, -3]");
        assertThatThrownBy(() -> Softpick.normalize(x, new int[] {65536, 65536}, 0, x))
                .hasMessageContaining("more elements than an array holds");
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
