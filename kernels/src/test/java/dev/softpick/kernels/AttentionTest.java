package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.AttentionScratch;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.KeyValueCache;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1", "1, 64", "5, 8", "6, 64", "7, 64", "60, 64", "60, 16", "61, 20", "64, 64", "65, 33", "191, 16",
        "192, 16", "193, 16", "197, 64", "400, 64", "577, 8", "130, 96", "390, 100", "2200, 8"
    })
    void agreesWithDoubleAndBetweenBackends(int steps, int headSize) {
        float[] qkv = input(new Random(steps * 1000L + headSize), steps, headSize);
        double[] expected = reference(qkv, steps, headSize);
        float[] first = null;
        for (Backend backend : Kernels.backends()) {
            float[] out = attend(backend, qkv, steps, headSize, steps);
            for (int i = 0; i < out.length; i++) {
                if (!(Math.abs(out[i] - expected[i]) <= 3e-6)) {
                    fail("%s steps %d headSize %d element %d: %s, expected %s".formatted(
                            backend.name(), steps, headSize, i, out[i], expected[i]));
                }
            }
            if (first == null) {
                first = out;
            }
            Bits.assertEqual(backend.name() + " " + steps + " × " + headSize, out, first);
        }
    }

    @Test
    void oneRowAtATimeHasTheBitsOfAllAtOnce() {
        int steps = 410;
        int d = 24;
        float[] qkv = input(new Random(9), steps, d);
        for (Backend backend : Kernels.backends()) {
            float[] all = attend(backend, qkv, steps, d, steps);
            Bits.assertEqual(backend.name() + " by 1", attend(backend, qkv, steps, d, 1), all);
            Bits.assertEqual(backend.name() + " by 7", attend(backend, qkv, steps, d, 7), all);
        }
    }

    @Test
    void theFutureDoesNotReachThePast() {
        int steps = 230;
        int d = 16;
        for (int poisoned : new int[] {1, 5, 6, 63, 64, 191, 192, 193, 229}) {
            float[] clean = input(new Random(3), steps, d);
            float[] poison = clean.clone();
            Arrays.fill(poison, poisoned * 3 * d, poison.length, Float.NaN);
            for (Backend backend : Kernels.backends()) {
                float[] expected = attend(backend, clean, steps, d, steps);
                float[] out = attend(backend, poison, steps, d, steps);
                for (int i = 0; i < steps * d; i++) {
                    if (i >= poisoned * d ? !Float.isNaN(out[i]) : out[i] != expected[i]) {
                        fail("%s, NaN from step %d, element %d: %s".formatted(backend.name(), poisoned, i, out[i]));
                    }
                }
            }
        }
    }

    @Test
    void onlyItsOwnColumnsAreWritten() {
        int steps = 13;
        int d = 20;
        float[] qkv = input(new Random(4), steps, d);
        for (Backend backend : Kernels.backends()) {
            float[] out = new float[5 + steps * (d + 4)];
            Arrays.fill(out, 7f);
            KeyValueCache cache = KeyValueCache.forSoftpick(new AttentionScratch(d, backend.panelWidth()), steps);
            cache.append(qkv, d, qkv, 2 * d, 3 * d, steps);
            backend.softpickAttention(cache, qkv, 0, 3 * d, steps, out, 5, d + 4);
            for (int i = 0; i < out.length; i++) {
                boolean written = i >= 5 && (i - 5) % (d + 4) < d;
                assertThat(out[i] == 7f).as("%s element %d", backend.name(), i).isEqualTo(!written);
            }
        }
    }

    /** Appends and attends {@code block} positions at a time. */
    private static float[] attend(Backend backend, float[] qkv, int steps, int d, int block) {
        KeyValueCache cache = KeyValueCache.forSoftpick(new AttentionScratch(d, backend.panelWidth()), steps);
        float[] out = new float[steps * d];
        Arrays.fill(out, Float.NaN);
        for (int start = 0; start < steps; ) {
            int room = cache.chunk() - start % cache.chunk();
            int count = Math.min(Math.min(block, room), steps - start);
            if (start > 0 && start % cache.chunk() == 0) {
                backend.absorb(cache);
            }
            int row = start * 3 * d;
            cache.append(qkv, row + d, qkv, row + 2 * d, 3 * d, count);
            backend.softpickAttention(cache, qkv, row, 3 * d, count, out, start * d, d);
            start += count;
        }
        return out;
    }

    private static float[] input(Random random, int steps, int d) {
        float[] x = new float[steps * 3 * d];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static double[] reference(float[] qkv, int steps, int d) {
        double[] out = new double[steps * d];
        double root = (float) Math.sqrt(d);
        for (int i = 0; i < steps; i++) {
            double sum = 1;
            for (int j = 0; j <= i; j++) {
                double s = 0;
                for (int c = 0; c < d; c++) {
                    s += (double) qkv[i * 3 * d + c] * qkv[j * 3 * d + d + c];
                }
                s /= root;
                sum += Math.abs(s);
                for (int c = 0; c < d; c++) {
                    out[i * d + c] += s * qkv[j * 3 * d + 2 * d + c];
                }
            }
            for (int c = 0; c < d; c++) {
                out[i * d + c] /= sum;
            }
        }
        return out;
    }
}
