package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Vector-Jacobian products: closed form and finite differences in double, scalar and vector kernels. */
class GradientTest {

    private static final float SCALE = 1.75f;

    /** Softmax stands for SSMax too, which is softmax with another scale. */
    private static final List<Formula> KINDS = List.of(Formula.SOFTPICK, Formula.SOFTMAX, Formula.RECTIFIED_SOFTPICK);

    private static List<Formula> kinds() {
        return KINDS;
    }

    private static double[] forward(Formula kind, double[] x) {
        return kind == Formula.SOFTMAX ? Formula.softmax(x, SCALE) : kind.weights(x, Double.NaN);
    }

    private static double[] gradient(Formula kind, double[] x, double[] g) {
        double[] y = forward(kind, x);
        double mean = dot(y, g);
        return switch (kind) {
            case SOFTPICK -> {
                double sum = sum(kind, x);
                yield each(x.length, j -> (g[j] - Math.signum(x[j]) * mean) / sum);
            }
            case RECTIFIED_SOFTPICK -> {
                double maximum = maximum(x);
                double sum = sum(kind, x);
                int largest = IntStream.range(0, x.length).filter(i -> x[i] == maximum).findFirst().orElse(-1);
                yield each(x.length, j -> Math.exp(x[j] - maximum) / sum
                                * ((x[j] > 0 ? g[j] : 0) - Math.signum(x[j]) * mean)
                        - (j == largest && maximum > 0 ? Formula.EPSILON * mean / sum : 0));
            }
            default -> each(x.length, j -> SCALE * y[j] * (g[j] - mean));
        };
    }

    /** The denominator. */
    private static double sum(Formula kind, double[] x) {
        if (kind == Formula.SOFTPICK) {
            return 1 + Arrays.stream(x).map(Math::abs).sum();
        }
        double last = Math.exp(-maximum(x));
        return Formula.EPSILON + Arrays.stream(x).map(v -> Math.abs(Math.expm1(v)) * last).sum();
    }

    private static double maximum(double[] x) {
        return Arrays.stream(x).max().orElse(0);
    }

    /** What each element of the gradient is at most for gradients of 1: errors are measured by it. */
    private static double[] sizes(Formula kind, double[] x) {
        if (kind == Formula.SOFTMAX) {
            double[] y = forward(kind, x);
            return each(x.length, j -> 2 * SCALE * y[j]);
        }
        double sum = sum(kind, x);
        double maximum = maximum(x);
        return each(x.length, j -> kind == Formula.SOFTPICK ? 1 / sum : 2 * Math.exp(x[j] - maximum) / sum);
    }

    private static void backward(Formula kind, Backend backend, float[] x, float[] g, int n, float[] dx) {
        int at = Kernels.GAP;
        switch (kind) {
            case SOFTPICK -> backend.rows().softpickBackward(x, at, g, 0, n, dx, at);
            case RECTIFIED_SOFTPICK -> backend.rows().rectifiedSoftpickBackward(x, at, g, 0, n, dx, at);
            default -> backend.rows().softmaxBackward(x, at, g, 0, n, SCALE, dx, at);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void agreesWithTheClosedFormAndBetweenBackendsAtEveryLength(Formula kind) {
        Kernels.lengths().forEach(n -> {
            for (float width : new float[] {0.01f, 1f, 6f}) {
                float[] x = scaled(Gaussian.floats(n, n), width);
                float[] g = Gaussian.floats(n + 1, n);
                float[] first = null;
                for (Backend backend : Kernels.backends()) {
                    String what = backend.name() + " " + kind + " length " + n + " width " + width;
                    float[] dx = run(what, kind, backend, x, g);
                    assertClose(what, kind, dx, doubles(x), doubles(g), 1e-6);
                    first = first == null ? dx : first;
                    Bits.assertEqual(what, dx, first);
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theClosedFormsAreTheDerivatives(Formula kind) {
        for (int n : new int[] {1, 2, 3, 7, 16, 33, 64, 65, 130}) {
            for (double width : new double[] {0.3, 1, 3}) {
                double[] x = Arrays.stream(doubles(Gaussian.floats(n + 300, n)))
                        .map(v -> v * width + Math.copySign(1e-3, v))
                        .toArray();
                double[] g = doubles(Gaussian.floats(n + 301, n));
                assertDerivatives(kind + " length " + n + " width " + width, x, gradient(kind, x, g), v ->
                        new double[] {dot(forward(kind, v), g)});
            }
        }
        // where ε counts, the term of the largest element does too
        double[] x = {1e-6};
        assertThat(gradient(Formula.RECTIFIED_SOFTPICK, x, new double[] {1})[0])
                .isCloseTo(1e-8 / Math.pow(1e-6 + 1e-8, 2), withinPercentage(0.01));
        for (Backend backend : Kernels.backends()) {
            float[] dx = run("tiny", Formula.RECTIFIED_SOFTPICK, backend, new float[] {1e-6f}, new float[] {1f});
            assertThat((double) dx[0]).isCloseTo(9802.96, withinPercentage(1));
        }
    }

    @Test
    void theScaleHasItsDerivativeToo() {
        for (int n : new int[] {1, 5, 64, 200, 2049}) {
            float[] x = Gaussian.floats(n, n);
            float[] g = Gaussian.floats(n + 1, n);
            double[] exact = doubles(x);
            double h = 1e-5;
            double above = dot(Formula.softmax(exact, SCALE + h), doubles(g));
            double expected = (above - dot(Formula.softmax(exact, SCALE - h), doubles(g))) / (2 * h);
            float[] dx = new float[n];
            float[] masked = Arrays.copyOf(x, n + 1);
            masked[n] = Float.NEGATIVE_INFINITY;
            float[] more = Arrays.copyOf(g, n + 1);
            more[n] = 3f;
            double first = 0;
            for (Backend backend : Kernels.backends()) {
                double of = backend.rows().softmaxBackward(x, 0, g, 0, n, SCALE, dx, 0);
                assertThat(of).as(backend.name() + " length " + n).isCloseTo(expected, offset(2e-6));
                first = backend == Kernels.backends().get(0) ? of : first;
                assertThat(of).isEqualTo(first);
                float[] wider = new float[n + 1];
                double ofMasked = backend.rows().softmaxBackward(masked, 0, more, 0, n + 1, SCALE, wider, 0);
                assertThat(ofMasked).as(backend.name() + " masked").isCloseTo(expected, offset(2e-6));
                assertThat(wider[n]).isEqualTo(0f);
            }
            double logarithm = Math.log(n);
            float ofA = SSMax.backward(x, 0, g, 0, n, 0.4f, dx, 0);
            double expectedOfA = (dot(Formula.softmax(exact, (0.4 + h) * logarithm), doubles(g))
                            - dot(Formula.softmax(exact, (0.4 - h) * logarithm), doubles(g)))
                    / (2 * h);
            assertThat((double) ofA).as("a, length " + n).isCloseTo(expectedOfA, offset(1e-5));
            float[] same = new float[n];
            Softmax.backward(x, 0, g, 0, n, SSMax.scale(0.4f, n), same, 0);
            Bits.assertEqual("ssmax length " + n, dx, same);
        }
    }

    /** Σ x_j·d_j cancels for exponents that are large and near one another; Σ (x_j − maximum)·d_j does not. */
    @Test
    void theDerivativeByTheScaleDoesNotCancelForLargeElements() {
        for (float center : new float[] {1e4f, -1e4f, 1e6f}) {
            for (float scale : new float[] {1f, -1f}) {
                for (int n : new int[] {2, 17, 64, 200, 3000}) {
                    float[] x = Gaussian.floats(n, n);
                    float[] g = Gaussian.floats(n + 1, n);
                    for (int i = 0; i < n; i++) {
                        x[i] += center;
                    }
                    double[] y = Formula.softmax(doubles(x), scale);
                    double mean = dot(y, doubles(g));
                    double expected = dot(each(n, j -> x[j] - center), each(n, j -> y[j] * (g[j] - mean)));
                    float[] masked = Arrays.copyOf(x, n + 3);
                    Arrays.fill(masked, n, n + 3, -scale * Float.POSITIVE_INFINITY);
                    float[] more = Arrays.copyOf(g, n + 3);
                    for (Backend backend : Kernels.backends()) {
                        String what = backend.name() + " around " + center + " scale " + scale + " length " + n;
                        double of = backend.rows().softmaxBackward(x, 0, g, 0, n, scale, new float[n], 0);
                        assertThat(of).as(what).isCloseTo(expected, offset(4e-6));
                        double ofMasked =
                                backend.rows().softmaxBackward(masked, 0, more, 0, n + 3, scale, new float[n + 3], 0);
                        assertThat(ofMasked).as(what + ", masked").isCloseTo(expected, offset(4e-6));
                    }
                    float logarithm = (float) Math.log(n);
                    float[] dx = new float[n];
                    assertThat((double) SSMax.backward(x, 0, g, 0, n, scale / logarithm, dx, 0))
                            .as("a around " + center + " length " + n)
                            .isCloseTo(logarithm * expected, offset(3e-5));
                }
            }
        }
    }

    /** Zeros of either sign have no sign here; the smallest numbers have one. */
    @Test
    void theSignOfZerosAndOfTheSmallestNumbersIsTheSameOnEveryBackend() {
        float[] values = {
            0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-39f, -1e-39f, 0x1p-100f, -0x1p-100f, 1f, -1f, 1e30f, -1e30f
        };
        int n = values.length * values.length;
        float[] x = new float[n];
        float[] g = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = values[i % values.length];
            g[i] = values[i / values.length];
        }
        float[] expected = null;
        for (Backend backend : Kernels.backends()) {
            float[] dx = run(backend.name(), Formula.SOFTPICK, backend, x, g);
            expected = expected == null ? dx : expected;
            Bits.assertEqual(backend.name(), dx, expected);
        }
    }

    /** The bound of softmax's gradient ends where its results do: beyond a distance of 87 both are 0. */
    @Test
    void theBoundOfTheSoftmaxGradientEndsAtADistanceOf87() {
        for (Backend backend : Kernels.backends()) {
            float[] x = Gaussian.floats(5, 400);
            float[] g = Gaussian.floats(6, 400);
            for (int i = 0; i < x.length; i++) {
                x[i] = -i * 0.25f;
            }
            float[] dx = new float[x.length];
            backend.rows().softmaxBackward(x, 0, g, 0, x.length, 1f, dx, 0);
            double[] exact = new double[x.length];
            double[] y = Formula.softmax(doubles(x), 1);
            double mean = dot(y, doubles(g));
            double steepest = Arrays.stream(doubles(g)).map(Math::abs).max().orElse(0);
            for (int j = 0; j < x.length; j++) {
                exact[j] = y[j] * (g[j] - mean);
                double distance = -x[j];
                double allowed = distance <= 87
                        ? (2e-6 + 2.4e-7 * distance) * steepest * y[j] + Float.MIN_NORMAL * steepest
                        : Math.exp(-87) * 2 * steepest;
                assertThat(Math.abs(dx[j] - exact[j]))
                        .as(backend.name() + " element " + j)
                        .isLessThanOrEqualTo(allowed);
                if (distance > 87.5) {
                    assertThat(dx[j]).as(backend.name() + " element " + j).isZero();
                }
            }
        }
    }

    @Test
    void aMaskedElementHasNoPartInTheGradientOfRectifiedSoftpick() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {1, 5, 16, 64, 100, 3000}) {
                float[] x = Gaussian.floats(n, n);
                float[] g = Gaussian.floats(n + 1, n);
                float[] masked = Arrays.copyOf(x, n + 21);
                Arrays.fill(masked, n, n + 21, Float.NEGATIVE_INFINITY);
                String what = backend.name() + " length " + n;
                float[] alone = run(what, Formula.RECTIFIED_SOFTPICK, backend, x, g);
                float[] dx = run(what, Formula.RECTIFIED_SOFTPICK, backend, masked, Arrays.copyOf(g, n + 21));
                Bits.assertEqual(what, Arrays.copyOf(dx, n), alone);
                for (int i = n; i < n + 21; i++) {
                    assertThat(dx[i]).as(what + ", masked").isZero();
                }
            }
        }
    }

    @Test
    void specialValues() {
        for (Backend backend : Kernels.backends()) {
            for (int n : new int[] {5, 64, 100, 3000}) {
                float[] g = Gaussian.floats(n, n);
                for (Formula kind : Formula.values()) {
                    String what = backend.name() + " " + kind + " length " + n;
                    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                        float[] x = Gaussian.floats(n, n);
                        x[2] = 0f;
                        x[3] = bad;
                        assertNaN(what + " x " + bad, run(what, kind, backend, x, g));
                    }
                    float[] bad = g.clone();
                    bad[4] = Float.NaN;
                    assertNaN(what + " g", run(what, kind, backend, Gaussian.floats(n, n), bad));
                }
                float[] x = new float[n];
                float[] atZero = run("zeros", Formula.SOFTPICK, backend, x, g);
                Bits.assertEqual("softpick at 0", atZero, g);
                Bits.assertEqual("rectified at 0", run("zeros", Formula.RECTIFIED_SOFTPICK, backend, x, g), x);
                Arrays.fill(x, Float.NEGATIVE_INFINITY);
                Bits.assertEqual("rectified masked", run("", Formula.RECTIFIED_SOFTPICK, backend, x, g), new float[n]);
                x = Gaussian.floats(n, n);
                x[3] = Float.NEGATIVE_INFINITY;
                assertThat(run("", Formula.RECTIFIED_SOFTPICK, backend, x, g)[3]).isEqualTo(0f);
                Arrays.fill(x, -3f);
                x[n / 2] = 500f;
                assertThat(run("beyond 87", Formula.RECTIFIED_SOFTPICK, backend, x, g)).doesNotContain(Float.NaN);

                float[] huge = scaled(Gaussian.floats(n, n), 6e37f);
                float[] steep = scaled(g, 1e30f);
                float[] dx = run("huge", Formula.SOFTPICK, backend, huge, steep);
                assertClose("huge", Formula.SOFTPICK, dx, doubles(huge), doubles(steep), 1e-6);
                float[] large = scaled(Gaussian.floats(n, n), 1e20f);
                float[] steeper = scaled(g, 1e25f);
                dx = run("products overflow", Formula.SOFTPICK, backend, large, steeper);
                assertClose("products overflow", Formula.SOFTPICK, dx, doubles(large), doubles(steeper), 1e-6);
            }
        }
    }

    @Test
    void theDoorChecks() {
        float[] x = new float[8];
        float[] g = new float[8];
        assertThatThrownBy(() -> Softpick.backward(x, 0, g, 0, 9, new float[9], 0)).hasMessageContaining("x has 8");
        assertThatThrownBy(() -> Softmax.backward(x, 0, g, 5, 4, new float[9], 0)).hasMessageContaining("g has 8");
        assertThatThrownBy(() -> RectifiedSoftpick.backward(x, 0, g, 0, 4, new float[3], 0))
                .hasMessageContaining("dx has 3");
        assertThatThrownBy(() -> Softpick.backward(x, 0, g, 0, 4, x, 3))
                .hasMessageContaining("dxOffset is 3; in the array that holds x from 0 on it must be 4 or more away");
        assertThatThrownBy(() -> SSMax.backward(x, 0, g, 4, 4, 1f, g, 4)).hasMessageContaining("holds g from 4 on");
        assertThatThrownBy(() -> SSMax.backward(x, 0, g, 4, -1, 1f, g, 4)).hasMessageContaining("length -1");
        Softpick.backward(x, 0, x, 0, 4, x, 4);
    }

    private static float[] run(String what, Formula kind, Backend backend, float[] x, float[] g) {
        float[] framed = Kernels.framed(x);
        float[] dx = Kernels.framed(Kernels.unwritten(x.length));
        backward(kind, backend, framed, g, x.length, dx);
        Bits.assertEqual(what + " x afterwards", Kernels.unframed(what, framed), x);
        return Kernels.unframed(what, dx);
    }

    private static void assertClose(String what, Formula kind, float[] dx, double[] x, double[] g, double tolerance) {
        double[] exact = gradient(kind, x, g);
        double[] sizes = sizes(kind, x);
        double steepest = Arrays.stream(g).map(Math::abs).max().orElse(0);
        double largest = Arrays.stream(x).max().orElse(0);
        for (int j = 0; j < dx.length; j++) {
            double distance = kind == Formula.SOFTPICK ? 0 : (largest - x[j]) * (kind == Formula.SOFTMAX ? SCALE : 1);
            double allowed = (tolerance + 1.2e-7 * distance) * steepest * sizes[j] + 0x1p-125 * steepest;
            if (!(Math.abs(dx[j] - exact[j]) <= allowed)) {
                fail(what + ", element " + j + ": " + dx[j] + ", expected " + exact[j] + " within " + allowed);
            }
        }
    }

    private static void assertDerivatives(
            String what, double[] x, double[] gradient, UnaryOperator<double[]> function) {
        double h = 1e-5;
        for (int j = 0; j < x.length; j++) {
            if (!(Math.abs(x[j]) > 2 * h)) {
                fail(what + ": a kink near element " + j);
            }
            double[] moved = x.clone();
            moved[j] = x[j] + h;
            double above = function.apply(moved)[0];
            moved[j] = x[j] - h;
            double below = function.apply(moved)[0];
            double slope = (above - below) / (2 * h);
            if (!(Math.abs(gradient[j] - slope) <= 2e-7)) {
                fail(what + ", element " + j + ": " + gradient[j] + ", expected " + slope);
            }
        }
    }

    private static void assertNaN(String what, float[] dx) {
        for (int j = 0; j < dx.length; j++) {
            if (!Float.isNaN(dx[j])) {
                fail(what + ", element " + j + ": " + dx[j]);
            }
        }
    }

    private static Offset<Double> offset(double value) {
        return Offset.offset(value);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] each(int n, IntToDoubleFunction value) {
        return IntStream.range(0, n).mapToDouble(value).toArray();
    }

    private static double[] doubles(float[] x) {
        return each(x.length, i -> x[i]);
    }

    private static float[] scaled(float[] x, float by) {
        float[] scaled = x.clone();
        for (int i = 0; i < x.length; i++) {
            scaled[i] *= by;
        }
        return scaled;
    }
}
