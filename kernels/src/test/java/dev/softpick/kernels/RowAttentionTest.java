package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention of one row over pages and rings: against double, between backends, and against that of all rows. */
class RowAttentionTest {

    private enum Kind { SOFTPICK, SOFTMAX, SSMAX, RECTIFIED }

    private static final float SSMAX_SCALE = 0.7f;
    private static final int HEADS = 2;

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0", "1, 5, 1", "70, 8, 1", "70, 16, 7", "200, 64, 60", "150, 20, 63", "150, 33, 64", "150, 24, 65",
        "420, 64, 190", "420, 8, 192", "700, 8, 200", "900, 12, 257", "700, 130, 300", "600, 20, 0", "900, 64, 0",
        "500, 100, 0", "2300, 4, 0", "2300, 3, 2100"
    })
    void agreesWithDoubleAndBetweenBackends(int steps, int d, int window) {
        float[] qkv = Kernels.gaussian(steps * 31L + d, steps * 3 * HEADS * d);
        for (Kind kind : Kind.values()) {
            String what = "%s steps %d headSize %d window %d".formatted(kind, steps, d, window);
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                float[] out = attend(backend, kind, qkv, steps, d, window);
                first = first == null ? out : first;
                Bits.assertEqual(backend.name() + " " + what, out, first);
            }
            for (int row = 0; row < steps; row += row < steps - 70 ? 41 : 1) {
                for (int head = 0; head < HEADS; head++) {
                    compare(what + " row " + row, first, reference(kind, qkv, row, head, d, window), row, head, d);
                }
            }
        }
    }

    private static void compare(String what, float[] out, double[] expected, int row, int head, int d) {
        for (int c = 0; c < d; c++) {
            float actual = out[(row * HEADS + head) * d + c];
            double tolerance = 5e-6 * Math.max(1, d / 128.0) * Math.max(1, Math.abs(expected[c]));
            if (!(Math.abs(actual - expected[c]) <= tolerance)) {
                fail(what + " head " + head + " element " + c + ": " + actual + ", expected " + expected[c]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "64, 24", "193, 64", "410, 24", "590, 130", "2200, 6"})
    void withoutAWindowItHasTheBitsOfAllAtOnce(int steps, int d) {
        float[] qkv = Kernels.gaussian(steps + d, steps * 3 * HEADS * d);
        for (Kind kind : Kind.values()) {
            for (Backend backend : Kernels.backends()) {
                Bits.assertEqual(
                        "%s %s steps %d headSize %d".formatted(backend.name(), kind, steps, d),
                        attend(backend, kind, qkv, steps, d, 0), atOnce(backend, kind, qkv, steps, d));
            }
        }
    }

    /** What left the window is not read, not even where it shares a group, or a page, with what is seen. */
    @Test
    void aNaNLeavesWithTheWindow() {
        int steps = 400;
        int d = 8;
        float[] clean = Kernels.gaussian(2, steps * 3 * HEADS * d);
        float[] poisoned = clean.clone();
        int at = 77;
        Arrays.fill(poisoned, at * 3 * HEADS * d + HEADS * d, (at + 1) * 3 * HEADS * d, Float.NaN);
        for (int window : new int[] {1, 9, 63, 64, 65, 200}) {
            for (Kind kind : Kind.values()) {
                for (Backend backend : Kernels.backends()) {
                    float[] expected = attend(backend, kind, clean, steps, d, window);
                    float[] out = attend(backend, kind, poisoned, steps, d, window);
                    for (int i = 0; i < out.length; i++) {
                        int row = i / (HEADS * d);
                        boolean sees = row >= at && row < at + window;
                        if (sees ? !Float.isNaN(out[i]) : out[i] != expected[i]) {
                            fail("%s %s window %d row %d: %s".formatted(backend.name(), kind, window, row, out[i]));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aForkGoesOnAlone() {
        int d = 20;
        int steps = 700;
        float[] qkv = Kernels.gaussian(3, steps * 3 * HEADS * d);
        for (int window : new int[] {0, 90}) {
            for (Backend backend : Kernels.backends()) {
                float[] expected = attend(backend, Kind.SOFTPICK, qkv, steps, d, window);
                PagedKeyValueCache cache = new PagedKeyValueCache(HEADS, d, backend.panelWidth(), window, true);
                float[] out = new float[steps * HEADS * d];
                for (int row = 0; row < steps; row++) {
                    if (row == 300) {
                        PagedKeyValueCache fork = cache.fork(row);
                        for (int other = row; other < row + 250; other++) {
                            step(backend, Kind.SOFTPICK, fork, other, Kernels.gaussian(other, qkv.length / steps), 0,
                                    new float[HEADS * d], 0);
                        }
                        fork.clear();
                    }
                    step(backend, Kind.SOFTPICK, cache, row, qkv, row * 3 * HEADS * d, out, row * HEADS * d);
                }
                Bits.assertEqual(backend.name() + " window " + window, out, expected);
            }
        }
    }

    private static float[] attend(Backend backend, Kind kind, float[] qkv, int steps, int d, int window) {
        PagedKeyValueCache cache =
                new PagedKeyValueCache(HEADS, d, backend.panelWidth(), window, kind == Kind.SOFTPICK);
        float[] framed = Kernels.framed(Kernels.unwritten(steps * HEADS * d));
        for (int row = 0; row < steps; row++) {
            step(backend, kind, cache, cache.row(row), qkv, row * 3 * HEADS * d, framed, Kernels.GAP + row * HEADS * d);
        }
        return Kernels.unframed(backend.name(), framed);
    }

    private static void step(
            Backend backend, Kind kind, PagedKeyValueCache cache, int row, float[] qkv, int from, float[] out, int to) {
        int d = cache.headSize();
        cache.ensurePage(row);
        for (int head = 0; head < HEADS; head++) {
            int q = from + head * d;
            int o = to + head * d;
            if (cache.absorbsBefore(row)) {
                backend.rowAttention().absorb(cache, head, row);
            }
            cache.append(head, row, qkv, q + HEADS * d, qkv, q + 2 * HEADS * d);
            switch (kind) {
                case SOFTPICK -> backend.rowAttention().softpick(cache, head, row, qkv, q, out, o);
                case SOFTMAX -> backend.rowAttention().softmax(cache, head, row, Float.NaN, qkv, q, out, o);
                case SSMAX -> backend.rowAttention().softmax(cache, head, row, SSMAX_SCALE, qkv, q, out, o);
                case RECTIFIED -> backend.rowAttention().rectifiedSoftpick(cache, head, row, qkv, q, out, o);
            }
        }
    }

    private static float[] atOnce(Backend backend, Kind kind, float[] qkv, int steps, int d) {
        AttentionScratch scratch = new AttentionScratch(d, backend.panelWidth());
        float[] out = new float[steps * HEADS * d];
        for (int head = 0; head < HEADS; head++) {
            KeyValueCache cache = kind == Kind.SOFTPICK
                    ? KeyValueCache.forSoftpick(scratch, steps, 3 * HEADS * d, HEADS * d)
                    : KeyValueCache.forAllValues(scratch, steps, 3 * HEADS * d, HEADS * d);
            for (int start = 0; start < steps; start += cache.chunk()) {
                int count = Math.min(cache.chunk(), steps - start);
                int q = start * 3 * HEADS * d + head * d;
                if (start > 0 && cache.keepsState()) {
                    backend.attention().absorb(cache);
                }
                cache.append(qkv, q + HEADS * d, qkv, q + 2 * HEADS * d, count);
                int o = start * HEADS * d + head * d;
                switch (kind) {
                    case SOFTPICK -> backend.attention().softpick(cache, qkv, q, count, out, o);
                    case SOFTMAX -> backend.attention().softmax(cache, Float.NaN, qkv, q, count, out, o);
                    case SSMAX -> backend.attention().softmax(cache, SSMAX_SCALE, qkv, q, count, out, o);
                    case RECTIFIED -> backend.attention().rectifiedSoftpick(cache, qkv, q, count, out, o);
                }
            }
        }
        return out;
    }

    private static double[] reference(Kind kind, float[] qkv, int row, int head, int d, int window) {
        int first = window == 0 ? 0 : Math.max(0, row - window + 1);
        double[] s = new double[row + 1 - first];
        double peak = 0;
        for (int j = 0; j < s.length; j++) {
            for (int c = 0; c < d; c++) {
                s[j] += (double) qkv[(row * 3 * HEADS + head) * d + c]
                        * qkv[((first + j) * 3 * HEADS + HEADS + head) * d + c] / Math.sqrt(d);
            }
            s[j] *= kind == Kind.SSMAX ? SSMAX_SCALE * Math.log(s.length) : 1;
            peak = Math.max(peak, s[j]);
        }
        double sum = kind == Kind.SOFTPICK ? 1 : kind == Kind.RECTIFIED ? 1e-8 * Math.exp(peak) : 0;
        double[] out = new double[d];
        for (int j = 0; j < s.length; j++) {
            double w = switch (kind) {
                case SOFTPICK -> s[j];
                case SOFTMAX, SSMAX -> Math.exp(s[j]);
                case RECTIFIED -> Math.expm1(s[j]);
            };
            sum += Math.abs(w);
            for (int c = 0; c < d; c++) {
                out[c] += (kind == Kind.RECTIFIED ? Math.max(0, w) : w)
                        * qkv[((first + j) * 3 * HEADS + 2 * HEADS + head) * d + c];
            }
        }
        for (int c = 0; c < d; c++) {
            out[c] /= sum;
        }
        return out;
    }
}
