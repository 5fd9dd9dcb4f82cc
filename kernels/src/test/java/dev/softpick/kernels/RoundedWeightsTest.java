package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.oracle.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Products with weights of 16 and of 8 bits, against the float product of the same weights and against double. */
class RoundedWeightsTest {

    private static final int GAP = 3;

    /** Those of float weights, and depths around the part of a panel that is decoded together. */
    static List<int[]> shapes() {
        List<int[]> shapes = new ArrayList<>(MatMulTest.shapes());
        for (int m : new int[] {1, 4, 5, 12}) {
            for (int k : new int[] {BlockSizes.DEPTH, BlockSizes.DEPTH + 1}) {
                shapes.add(new int[] {m, k, 130});
            }
        }
        return shapes;
    }

    /** A way to lay out panels: a backend reads its own, the scalar one those of all. */
    private record Layout(Backend backend, int width, int lanes) {

        static List<Layout> all() {
            List<Layout> layouts = new ArrayList<>();
            for (Backend backend : Kernels.backends()) {
                layouts.add(new Layout(backend, backend.panelWidth(), backend.panelLanes()));
                if (backend.width() == 0 && Kernels.scalarOfEveryWidth()) {
                    layouts.add(new Layout(backend, 16, 8));
                    layouts.add(new Layout(backend, 16, 4));
                    layouts.add(new Layout(backend, 32, 8));
                }
            }
            return layouts;
        }

        @Override
        public String toString() {
            return backend.name() + " " + width + " columns, " + lanes + " lanes";
        }
    }

    @Test
    void bfloat16HasTheBitsOfTheFloatsThatItMeans() {
        shapes().forEach(RoundedWeightsTest::bfloat16HasTheBitsOfFloats);
    }

    private static void bfloat16HasTheBitsOfFloats(int[] shape) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Random random = new Random(m * 31L + k * 17L + n);
        float[] a = Gaussian.floats(random, m * k);
        float[] bias = Gaussian.floats(random, n);
        float[] residual = Gaussian.floats(random, m * n);
        short[] rounded = new short[k * n];
        float[] floats = new float[k * n];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16);
            floats[i] = Float.intBitsToFloat(rounded[i] << 16);
        }
        for (Layout layout : Layout.all()) {
            BFloat16Panels w = BFloat16Panels.pack(rounded, k, n, bias, layout.width, layout.lanes);
            short[] back = new short[k * n];
            w.unpack(0, n, back);
            assertThat(back).as("%s %s", layout, Arrays.toString(shape)).isEqualTo(rounded);
            Backend backend = layout.backend;
            Panels same = Panels.pack(floats, k, n, bias, backend.panelWidth());
            sameProducts(layout, shape, a, w, same, residual);
        }
    }

    private static void sameProducts(
            Layout layout, int[] shape, float[] a, Weights w, Weights expected, float[] residual) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Backend backend = layout.backend;
        String what = layout + " " + Arrays.toString(shape);
        float[] out = Kernels.unwritten(m * n);
        float[] right = new float[m * n];
        backend.matMul().multiply(a, 0, k, m, w, out, 0, n);
        backend.matMul().multiply(a, 0, k, m, expected, right, 0, n);
        Bits.assertEqual(what, out, right);
        backend.matMul().multiplyGelu(a, 0, k, m, w, out, 0, n);
        backend.matMul().multiplyGelu(a, 0, k, m, expected, right, 0, n);
        Bits.assertEqual(what + " gelu", out, right);
        backend.matMul().multiplyAdd(a, 0, m, w, residual, 0, out, 0);
        backend.matMul().multiplyAdd(a, 0, m, expected, residual, 0, right, 0);
        Bits.assertEqual(what + " residual", out, right);
    }

    @Test
    void int8IsTheSumOfTheBytesTimesTheScaleWithTheBiasAddedInOneRounding() {
        shapes().forEach(RoundedWeightsTest::int8IsScaledInOneRounding);
    }

    private static void int8IsScaledInOneRounding(int[] shape) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Random random = new Random(5 + m * 31L + k * 17L + n);
        float[] a = Gaussian.floats(random, m * k);
        float[] bias = Gaussian.floats(random, n);
        float[] residual = Gaussian.floats(random, m * n);
        byte[] q = new byte[k * n];
        random.nextBytes(q);
        q[0] = -128;
        float[] scale = new float[n];
        for (int j = 0; j < n; j++) {
            scale[j] = j % 11 == 0 ? 0 : j % 7 == 0 ? 3e-43f : random.nextFloat() / 100;
        }
        float[] expected = product(a, q, scale, bias, m, k, n);
        for (Layout layout : Layout.all()) {
            Backend backend = layout.backend;
            String what = layout + " " + Arrays.toString(shape);
            Int8Panels w = Int8Panels.pack(q, scale, k, n, bias, layout.width, layout.lanes);
            byte[] back = new byte[k * n];
            w.unpack(0, n, back);
            assertThat(back).as(what).isEqualTo(q);

            float[] strided = Kernels.unwritten(GAP + m * (k + GAP));
            float[] out = new float[GAP + m * (n + GAP)];
            Arrays.fill(out, Kernels.CANARY);
            for (int i = 0; i < m; i++) {
                System.arraycopy(a, i * k, strided, GAP + i * (k + GAP), k);
            }
            backend.matMul().multiply(strided, GAP, k + GAP, m, w, out, GAP, n + GAP);
            float[] dense = new float[m * n];
            for (int i = 0; i < out.length; i++) {
                int row = (i - GAP) / (n + GAP);
                int column = (i - GAP) % (n + GAP);
                if (i >= GAP && column < n) {
                    dense[row * n + column] = out[i];
                } else if (Float.floatToRawIntBits(out[i]) != Float.floatToRawIntBits(Kernels.CANARY)) {
                    fail(what + ": wrote beside the rows, at " + i);
                }
            }
            Bits.assertEqual(what, dense, expected);

            float[] gelu = new float[m * n];
            backend.rows().gelu(expected, 0, gelu, 0, m * n);
            backend.matMul().multiplyGelu(a, 0, k, m, w, dense, 0, n);
            Bits.assertEqual(what + " gelu", dense, gelu);
            backend.matMul().multiplyAdd(a, 0, m, w, residual, 0, dense, 0);
            for (int i = 0; i < m * n; i++) {
                if (dense[i] != residual[i] + expected[i]) {
                    fail(what + " residual " + i + ": " + dense[i]);
                }
            }
        }
    }

    @Test
    void int8StaysWithinTheBoundOfAFloatProduct() {
        shapes().forEach(RoundedWeightsTest::int8StaysWithinTheBound);
    }

    private static void int8StaysWithinTheBound(int[] shape) {
        int m = shape[0];
        int k = shape[1];
        int n = shape[2];
        Random random = new Random(6 + m * 31L + k * 17L + n);
        float[] a = Gaussian.floats(random, m * k);
        float[] bias = Gaussian.floats(random, n);
        byte[] q = new byte[k * n];
        random.nextBytes(q);
        float[] scale = new float[n];
        for (int j = 0; j < n; j++) {
            scale[j] = 0.001f + random.nextFloat() / 100;
        }
        double[] exact = new double[m * n];
        double[] allowed = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = bias[j];
                double magnitude = Math.abs(sum);
                for (int l = 0; l < k; l++) {
                    double term = (double) a[i * k + l] * q[l * n + j] * scale[j];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                exact[i * n + j] = sum;
                allowed[i * n + j] = (k + 1) * 0x1p-24 * magnitude;
            }
        }
        for (Layout layout : Layout.all()) {
            Int8Panels w = Int8Panels.pack(q, scale, k, n, bias, layout.width, layout.lanes);
            float[] out = new float[m * n];
            layout.backend.matMul().multiply(a, 0, k, m, w, out, 0, n);
            for (int i = 0; i < out.length; i++) {
                if (!(Math.abs(out[i] - exact[i]) <= allowed[i])) {
                    fail(layout + " " + Arrays.toString(shape) + " element " + i + ": " + out[i]
                            + ", expected " + exact[i]);
                }
            }
        }
    }

    @Test
    void everyByteAndEveryHalfFloatIsReadAsWhatItIs() {
        for (Layout layout : Layout.all()) {
            byte[] q = new byte[256 * 3];
            for (int i = 0; i < q.length; i++) {
                q[i] = (byte) i;
            }
            float[] ones = {1, 1, 1};
            float[] identity = new float[256 * 256];
            for (int i = 0; i < 256; i++) {
                identity[i * 257] = 1;
            }
            float[] out = new float[256 * 3];
            Int8Panels bytes = Int8Panels.pack(q, ones, 256, 3, null, layout.width, layout.lanes);
            layout.backend.matMul().multiply(identity, 0, 256, 256, bytes, out, 0, 3);
            for (int i = 0; i < out.length; i++) {
                assertThat(out[i]).as("%s, byte %d", layout, i).isEqualTo(q[i]);
            }
            short[] halves = new short[65536];
            for (int i = 0; i < halves.length; i++) {
                halves[i] = (short) i;
            }
            BFloat16Panels w = BFloat16Panels.pack(halves, 1, 65536, null, layout.width, layout.lanes);
            float[] all = new float[65536];
            layout.backend.matMul().multiply(new float[] {1}, 0, 1, 1, w, all, 0, 65536);
            float[] tiled = new float[9 * 65536];
            float[] nine = {1, 1, 1, 1, 1, 1, 1, 1, 1};
            layout.backend.matMul().multiply(nine, 0, 1, 9, w, tiled, 0, 65536);
            float[] expected = new float[65536];
            for (int i = 0; i < expected.length; i++) {
                // Starting from +0, −0 adds up to +0.
                expected[i] = Float.intBitsToFloat(i << 16) + 0f;
            }
            Bits.assertEqual(layout.toString(), all, expected);
            Bits.assertEqual(layout + ", tiled", Arrays.copyOfRange(tiled, 8 * 65536, 9 * 65536), expected);
        }
    }

    @Test
    void aSliceOfPanelsIsThoseColumns() {
        Random random = new Random(5);
        int k = 19;
        int n = 200;
        byte[] q = new byte[k * n];
        random.nextBytes(q);
        short[] halves = new short[k * n];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16);
        }
        float[] scale = Gaussian.floats(random, n);
        float[] bias = Gaussian.floats(random, n);
        for (int m : new int[] {1, 7}) {
            float[] a = Gaussian.floats(random, m * k);
            for (Layout layout : Layout.all()) {
                for (Weights w : new Weights[] {
                    Int8Panels.pack(q, scale, k, n, bias, layout.width, layout.lanes),
                    BFloat16Panels.pack(halves, k, n, bias, layout.width, layout.lanes)
                }) {
                    float[] whole = new float[m * n];
                    layout.backend.matMul().multiply(a, 0, k, m, w, whole, 0, n);
                    float[] pieces = new float[m * n];
                    layout.backend.matMul().multiply(a, 0, k, m, w.slice(0, 1), pieces, 0, n);
                    layout.backend.matMul().multiply(a, 0, k, m, w.slice(1, w.count()), pieces, w.width(), n);
                    Bits.assertEqual(layout.toString(), pieces, whole);
                }
            }
        }
    }

    @Test
    void aSumThatOverflowsFollowsIeee() {
        float[] a = {Float.MAX_VALUE, Float.MAX_VALUE, 1};
        byte[] q = {127, 127, 0};
        for (Layout layout : Layout.all()) {
            Int8Panels w =
                    Int8Panels.pack(q, new float[] {1e-30f}, 3, 1, new float[] {1}, layout.width, layout.lanes);
            for (int m : new int[] {1, 9}) {
                float[] rows = new float[3 * m];
                for (int i = 0; i < m; i++) {
                    System.arraycopy(a, 0, rows, 3 * i, 3);
                }
                float[] out = new float[m];
                layout.backend.matMul().multiply(rows, 0, 3, m, w, out, 0, 1);
                assertThat(out[m - 1]).as(layout.toString()).isEqualTo(Float.POSITIVE_INFINITY);
            }
        }
    }

    private static float[] product(float[] a, byte[] q, float[] scale, float[] bias, int m, int k, int n) {
        float[] c = new float[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int l = 0; l < k; l++) {
                    sum = Math.fma(a[i * k + l], (float) q[l * n + j], sum);
                }
                c[i * n + j] = Math.fma(sum, scale[j], bias[j]);
            }
        }
        return c;
    }
}
