package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.numerics.ScoreScale;
import dev.softpick.kernels.select.Backends;
import dev.softpick.oracle.Attention;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {

    /** The four normalizers; SSMax with a scale that flips the order of the scores as well. */
    private enum Kind {
        SOFTPICK(Formula.SOFTPICK, Float.NaN), SOFTMAX(Formula.SOFTMAX, Float.NaN), SSMAX(Formula.SSMAX, 0.7f),
        SSMAX_NEGATIVE(Formula.SSMAX, -0.4f), RECTIFIED(Formula.RECTIFIED_SOFTPICK, Float.NaN);

        private final Formula formula;
        private final float ssmaxScale;

        Kind(Formula formula, float ssmaxScale) {
            this.formula = formula;
            this.ssmaxScale = ssmaxScale;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1", "1, 64", "5, 8", "6, 64", "7, 64", "60, 64", "60, 16", "61, 20", "64, 64", "65, 33", "191, 16",
        "192, 16", "193, 16", "197, 64", "400, 64", "577, 8", "130, 96", "390, 100", "2200, 8", "40, 1000"
    })
    void agreesWithDoubleAndBetweenBackends(int steps, int headSize) {
        float[] qkv = Gaussian.floats(steps * 1000L + headSize, steps * 3 * headSize);
        for (Kind kind : Kind.values()) {
            double[] expected = reference(kind, qkv, headSize);
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                float[] out = attend(backend, kind, qkv, steps, headSize, steps);
                String what = "%s %s steps %d headSize %d".formatted(backend.name(), kind, steps, headSize);
                for (int i = 0; i < out.length; i++) {
                    // A score is a chain of headSize additions, and an exponential turns its error into a relative one.
                    double tolerance = 5e-6 * Math.max(1, headSize / 128.0) * Math.max(1, Math.abs(expected[i]));
                    if (!(Math.abs(out[i] - expected[i]) <= tolerance)) {
                        fail(what + " element " + i + ": " + out[i] + ", expected " + expected[i]);
                    }
                }
                first = first == null ? out : first;
                Bits.assertEqual(what, out, first);
            }
        }
    }

    @Test
    void hugeScoresNeitherOverflowNorLoseTheLargest() {
        int steps = 400;
        int d = 8;
        float[] qkv = Gaussian.floats(11, steps * 3 * d);
        for (int i = 0; i < steps; i++) {
            for (int c = 0; c < d; c++) {
                qkv[i * 3 * d + c] *= 30f;
            }
        }
        for (Kind kind : Kind.values()) {
            double[] expected = reference(kind, qkv, d);
            for (Backend backend : Kernels.backends()) {
                float[] out = attend(backend, kind, qkv, steps, d, steps);
                for (int i = 0; i < out.length; i++) {
                    if (!(Math.abs(out[i] - expected[i]) <= 2e-4)) {
                        fail("%s %s element %d: %s, expected %s".formatted(
                                backend.name(), kind, i, out[i], expected[i]));
                    }
                }
            }
        }
    }

    @Test
    void oneRowAtATimeHasTheBitsOfAllAtOnce() {
        int steps = 410;
        int d = 24;
        float[] qkv = Gaussian.floats(9, steps * 3 * d);
        for (Kind kind : Kind.values()) {
            for (Backend backend : Kernels.backends()) {
                float[] all = attend(backend, kind, qkv, steps, d, steps);
                Bits.assertEqual(backend.name() + kind + " by 1", attend(backend, kind, qkv, steps, d, 1), all);
                Bits.assertEqual(backend.name() + kind + " by 7", attend(backend, kind, qkv, steps, d, 7), all);
            }
        }
    }

    /**
     * q·k overflows to −∞ for the first 230 keys and every fifth one: they have no part in any row, however it is
     * computed.
     */
    @Test
    void aComputedScoreOfMinusInfinityIsAMask() {
        int steps = 420;
        int d = 8;
        int first = 230;
        float[] qkv = Gaussian.floats(12, steps * 3 * d);
        for (int i = 0; i < steps; i++) {
            qkv[i * 3 * d] = 1e25f;
            qkv[i * 3 * d + d] = i < first || i % 5 == 0 ? -1e25f : 0f;
        }
        for (Kind kind : new Kind[] {Kind.SOFTMAX, Kind.SSMAX, Kind.RECTIFIED}) {
            double[] expected = reference(kind, qkv, d);
            float[] scalar = null;
            for (Backend backend : Kernels.backends()) {
                String what = backend.name() + " " + kind;
                float[] out = attend(backend, kind, qkv, steps, d, steps);
                for (int i = 0; i < out.length; i++) {
                    // Row 230 is masked by its number, so 231 is the first that sees a key.
                    if (i < (first + 1) * d) {
                        float nothing = kind == Kind.RECTIFIED ? 0f : Float.NaN;
                        assertThat(out[i]).as(what + ", all masked").isEqualTo(Float.valueOf(nothing));
                    } else if (!(Math.abs(out[i] - expected[i]) <= 5e-6 * Math.max(1, Math.abs(expected[i])))) {
                        fail(what + " element " + i + ": " + out[i] + ", expected " + expected[i]);
                    }
                }
                Bits.assertEqual(what + " by 1", attend(backend, kind, qkv, steps, d, 1), out);
                scalar = scalar == null ? out : scalar;
                Bits.assertEqual(what, out, scalar);
                assertWeights(what, backend, kind, qkv, steps, d, expected);
            }
        }
    }

    /** The last row again by the kernel for rows, which is how weights are shown. */
    private static void assertWeights(
            String what, Backend backend, Kind kind, float[] qkv, int steps, int d, double[] expected) {
        int row = steps - 1;
        float[] scores = new float[steps];
        for (int j = 0; j < steps; j++) {
            for (int c = 0; c < d; c++) {
                scores[j] = Math.fma(qkv[row * 3 * d + c], qkv[j * 3 * d + d + c], scores[j]);
            }
            scores[j] *= ScoreScale.of(d, kind.ssmaxScale, row);
        }
        if (kind == Kind.RECTIFIED) {
            backend.rows().rectifiedSoftpick(scores, 0, scores, 0, steps);
        } else {
            backend.rows().softmax(scores, 0, scores, 0, steps, 1f);
        }
        for (int c = 0; c < d; c++) {
            double sum = 0;
            for (int j = 0; j < steps; j++) {
                sum += (double) scores[j] * qkv[j * 3 * d + 2 * d + c];
            }
            assertThat(sum).as(what + " weights").isCloseTo(expected[row * d + c], within(5e-6));
        }
    }

    @Test
    void theFacadeAttendsAndSaysWhatIsWrong() {
        int steps = 200;
        int d = 12;
        float[] qkv = Gaussian.floats(5, steps * 3 * d);
        float[][] parts = new float[3][steps * d];
        for (int i = 0; i < steps; i++) {
            for (int part = 0; part < 3; part++) {
                System.arraycopy(qkv, (3 * i + part) * d, parts[part], i * d, d);
            }
        }
        Backend backend = Backends.current();
        float[] out = new float[steps * d];
        CausalAttention.softpick(parts[0], parts[1], parts[2], steps, d, out);
        Bits.assertEqual("softpick", out, attend(backend, Kind.SOFTPICK, qkv, steps, d, steps));
        CausalAttention.softmax(parts[0], parts[1], parts[2], steps, d, out);
        Bits.assertEqual("softmax", out, attend(backend, Kind.SOFTMAX, qkv, steps, d, steps));
        CausalAttention.ssmax(parts[0], parts[1], parts[2], steps, d, 0.7f, out);
        Bits.assertEqual("ssmax", out, attend(backend, Kind.SSMAX, qkv, steps, d, steps));
        CausalAttention.rectifiedSoftpick(parts[0], parts[1], parts[2], steps, d, out);
        Bits.assertEqual("rectified", out, attend(backend, Kind.RECTIFIED, qkv, steps, d, steps));

        float[] q = parts[0];
        assertThatThrownBy(() -> CausalAttention.softpick(q, q, q, 0, d, out)).hasMessageContaining("steps is 0");
        assertThatThrownBy(() -> CausalAttention.softpick(q, q, q, steps, d, q)).hasMessageContaining("out is one of");
        assertThatThrownBy(() -> CausalAttention.softmax(q, new float[3], q, steps, d, out))
                .hasMessageContaining("k has 3 elements; 2400 are needed");
        assertThatThrownBy(() -> CausalAttention.ssmax(q, q, q, steps, d, Float.NaN, out))
                .hasMessageContaining("a is NaN");
    }

    @Test
    void theFutureDoesNotReachThePast() {
        int steps = 230;
        int d = 16;
        for (int poisoned : new int[] {1, 5, 6, 63, 64, 191, 192, 193, 229}) {
            float[] clean = Gaussian.floats(3, steps * 3 * d);
            float[] poison = clean.clone();
            Arrays.fill(poison, poisoned * 3 * d, poison.length, Float.NaN);
            for (Kind kind : Kind.values()) {
                for (Backend backend : Kernels.backends()) {
                    float[] expected = attend(backend, kind, clean, steps, d, steps);
                    float[] out = attend(backend, kind, poison, steps, d, steps);
                    for (int i = 0; i < steps * d; i++) {
                        if (i >= poisoned * d ? !Float.isNaN(out[i]) : out[i] != expected[i]) {
                            fail("%s %s, NaN from step %d, element %d: %s".formatted(
                                    backend.name(), kind, poisoned, i, out[i]));
                        }
                    }
                }
            }
        }
    }

    @Test
    void onlyItsOwnColumnsAreWritten() {
        int steps = 13;
        int d = 20;
        float[] qkv = Gaussian.floats(4, steps * 3 * d);
        for (Backend backend : Kernels.backends()) {
            float[] out = new float[5 + steps * (d + 4)];
            Arrays.fill(out, 7f);
            KeyValueCache cache = KeyValueCache.forSoftpick(
                    new AttentionScratch(d, backend.panelWidth()), steps, 3 * d, d + 4);
            cache.append(qkv, d, qkv, 2 * d, steps);
            backend.attention().softpick(cache, qkv, 0, steps, out, 5);
            for (int i = 0; i < out.length; i++) {
                boolean written = i >= 5 && (i - 5) % (d + 4) < d;
                assertThat(out[i] == 7f).as("%s element %d", backend.name(), i).isEqualTo(!written);
            }
        }
    }

    /** Appends and attends {@code block} positions at a time. */
    private static float[] attend(Backend backend, Kind kind, float[] qkv, int steps, int d, int block) {
        AttentionScratch scratch = new AttentionScratch(d, backend.panelWidth());
        KeyValueCache cache = kind == Kind.SOFTPICK
                ? KeyValueCache.forSoftpick(scratch, steps, 3 * d, d)
                : KeyValueCache.forAllValues(scratch, steps, 3 * d, d);
        float[] out = new float[steps * d];
        Arrays.fill(out, Float.NaN);
        for (int start = 0; start < steps; ) {
            int room = cache.chunk() - start % cache.chunk();
            int count = Math.min(Math.min(block, room), steps - start);
            if (start > 0 && start % cache.chunk() == 0 && cache.keepsState()) {
                backend.attention().absorb(cache);
            }
            int row = start * 3 * d;
            cache.append(qkv, row + d, qkv, row + 2 * d, count);
            switch (kind) {
                case SOFTPICK -> backend.attention().softpick(cache, qkv, row, count, out, start * d);
                case RECTIFIED -> backend.attention().rectifiedSoftpick(cache, qkv, row, count, out, start * d);
                default -> backend.attention().softmax(cache, kind.ssmaxScale, qkv, row, count, out, start * d);
            }
            start += count;
        }
        return out;
    }

    private static double[] reference(Kind kind, float[] qkv, int d) {
        int width = 3 * d;
        return Naive.DOUBLE.attend(new Attention(
                Naive.columns(qkv, width, 0, d), Naive.columns(qkv, width, d, d), Naive.columns(qkv, width, 2 * d, d),
                d, 1, 0, kind.formula, kind.ssmaxScale));
    }
}
