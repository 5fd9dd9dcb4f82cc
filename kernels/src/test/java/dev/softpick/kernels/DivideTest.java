package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Gaussian;
import org.junit.jupiter.api.Test;

class DivideTest {

    @Test
    void quotientsAreCorrectlyRoundedAtEveryLength() {
        Kernels.lengths().forEach(n -> {
            float[] x = Gaussian.floats(n, n);
            float[] y = Gaussian.floats(n + 1, n);
            if (n > 3) {
                y[0] = 0;
                x[1] = Float.POSITIVE_INFINITY;
                x[2] = Float.MIN_VALUE;
            }
            float[] byScalar = new float[n];
            float[] byElement = new float[n];
            for (int i = 0; i < n; i++) {
                byScalar[i] = x[i] / 3f;
                byElement[i] = x[i] / y[i];
            }
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " length " + n;
                float[] out = Kernels.framed(Kernels.unwritten(n));
                float[] framed = Kernels.framed(x);
                backend.rows().divide(framed, Kernels.GAP, 3f, out, Kernels.GAP, n);
                Bits.assertEqual(what, Kernels.unframed(what, out), byScalar);
                float[] divisors = Kernels.framed(y);
                out = Kernels.framed(Kernels.unwritten(n));
                backend.rows().divide(framed, Kernels.GAP, divisors, Kernels.GAP, out, Kernels.GAP, n);
                Bits.assertEqual(what + " by elements", Kernels.unframed(what, out), byElement);
                backend.rows().divide(framed, Kernels.GAP, divisors, Kernels.GAP, divisors, Kernels.GAP, n);
                Bits.assertEqual(what + " into the divisors", Kernels.unframed(what, divisors), byElement);
                backend.rows().divide(framed, Kernels.GAP, 3f, framed, Kernels.GAP, n);
                Bits.assertEqual(what + " in place", Kernels.unframed(what, framed), byScalar);
            }
        });
    }

    @Test
    void saysWhatIsWrong() {
        float[] x = new float[4];
        assertThatThrownBy(() -> Divide.byScalar(x, 0, 2f, x, 1, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("outOffset is 1");
        assertThatThrownBy(() -> Divide.elementwise(x, 0, x, 2, x, 0, 3)).hasMessageContaining("y has 4 elements");
        assertThatThrownBy(() -> Divide.byScalar(x, 0, 2f, new float[1], 0, 2)).hasMessageContaining("out has 1");
    }
}
