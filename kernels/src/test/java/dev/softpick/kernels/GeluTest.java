package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Gaussian;
import org.junit.jupiter.api.Test;

class GeluTest {

    @Test
    void backendsAgreeAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            float[] x = Gaussian.floats(n, n);
            for (int i = 0; i < n; i++) {
                x[i] *= 2.5f;
            }
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " length " + n;
                float[] framed = Kernels.framed(x);
                float[] out = Kernels.framed(new float[n]);
                backend.rows().gelu(framed, Kernels.GAP, out, Kernels.GAP, n);
                float[] y = Kernels.unframed(what, out);
                backend.rows().gelu(framed, Kernels.GAP, framed, Kernels.GAP, n);
                Bits.assertEqual(what + " in place", Kernels.unframed(what, framed), y);
                first = first == null ? y : first;
                Bits.assertEqual(what, y, first);
            }
        });
    }

    @Test
    void staysWithinItsBoundForFloatsOfEverySize() {
        int steps = 300_000;
        float[] x = new float[2 * steps];
        for (int i = 0; i < steps; i++) {
            // Equal steps through the bit patterns from 0 to 16, so every binade has its share.
            x[2 * i] = Float.intBitsToFloat((int) (i * (long) Float.floatToRawIntBits(16f) / steps));
            x[2 * i + 1] = -x[2 * i];
        }
        float[] first = null;
        for (Backend backend : Kernels.backends()) {
            float[] y = new float[x.length];
            backend.rows().gelu(x, 0, y, 0, x.length);
            first = first == null ? y : first;
            Bits.assertEqual(backend.name(), y, first);
        }
        for (int i = 0; i < x.length; i++) {
            double exact = x[i] * lowerTail(-x[i]);
            if (!(Math.abs(first[i] - exact) <= 1.4e-7 * Math.max(1, Math.abs(x[i])))) {
                fail("gelu(" + x[i] + "): " + first[i] + ", expected " + exact);
            }
        }
    }

    @Test
    void specialValues() {
        float[] x = {
            0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE,
            5.5f, -5.5f, 1e6f, -1e6f, Float.MIN_NORMAL, -Float.MIN_NORMAL, Float.intBitsToFloat(0xffc00001)
        };
        float[] expected = {
            0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, 0f, Float.MAX_VALUE, 0f,
            5.5f, 0f, 1e6f, 0f, Float.MIN_NORMAL / 2, -Float.MIN_NORMAL / 2, Float.NaN
        };
        for (Backend backend : Kernels.backends()) {
            float[] y = new float[3 * x.length];
            for (int i = 0; i < y.length; i += x.length) {
                backend.rows().gelu(x, 0, y, i, x.length);
            }
            for (int i = 0; i < y.length; i++) {
                assertThat(Float.floatToIntBits(y[i]))
                        .as("%s gelu(%s) is %s", backend.name(), x[i % x.length], y[i])
                        .isEqualTo(Float.floatToIntBits(expected[i % x.length]));
            }
        }
    }

    @Test
    void theDoorChecks() {
        float[] x = Gaussian.floats(1, 10);
        float[] y = new float[10];
        Gelu.apply(x, y);
        float[] part = new float[12];
        Gelu.apply(x, 3, 7, part, 4);
        for (int i = 0; i < 7; i++) {
            assertThat(part[4 + i]).isEqualTo(y[3 + i]);
        }
        assertThatThrownBy(() -> Gelu.apply(x, new float[9])).hasMessageContaining("out has 9 elements");
        assertThatThrownBy(() -> Gelu.apply(null, y)).hasMessage("x is null");
        assertThatThrownBy(() -> Gelu.apply(x, 4, 7, y, 0)).hasMessageContaining("x has 10 elements");
        assertThatThrownBy(() -> Gelu.apply(x, 0, 7, x, 1)).hasMessageContaining("outOffset is 1");
    }

    /** {@code Φ(−t)} by the continued fraction of Mills' ratio, or by the series of erf near 0. */
    static double lowerTail(double t) {
        if (t < 0) {
            return 1 - lowerTail(-t);
        }
        double density = Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI);
        if (t > 3) {
            double fraction = t;
            for (int k = 120; k > 0; k--) {
                fraction = t + k / fraction;
            }
            return density / fraction;
        }
        double term = t;
        double sum = t;
        for (int k = 1; k < 80; k++) {
            term *= t * t / (2 * k + 1);
            sum += term;
        }
        return 0.5 - density * sum;
    }
}
