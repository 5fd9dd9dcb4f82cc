package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.fail;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.AttentionScratch;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.oracle.Attention;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention of one row over pages and rings: against double, between backends, and against that of all rows. */
class RowAttentionTest {

    private static final float SSMAX_SCALE = 0.7f;
    private static final int HEADS = 2;

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0", "1, 5, 1", "70, 8, 1", "70, 16, 7", "200, 64, 60", "150, 20, 63", "150, 33, 64", "150, 24, 65",
        "420, 64, 190", "420, 8, 192", "700, 8, 200", "900, 12, 257", "700, 130, 300", "600, 20, 0", "900, 64, 0",
        "500, 100, 0", "2300, 4, 0", "2300, 3, 2100"
    })
    void agreesWithDoubleAndBetweenBackends(int steps, int d, int window) {
        float[] qkv = Gaussian.floats(steps * 31L + d, steps * 3 * HEADS * d);
        for (Formula kind : Formula.values()) {
            String what = "%s steps %d headSize %d window %d".formatted(kind, steps, d, window);
            float[] first = null;
            for (Backend backend : Kernels.backends()) {
                float[] out = attend(backend, kind, qkv, steps, d, window);
                first = first == null ? out : first;
                Bits.assertEqual(backend.name() + " " + what, out, first);
            }
            Attention expected = formula(kind, qkv, d, window);
            for (int row = 0; row < steps; row += row < steps - 70 ? 41 : 1) {
                compare(what + " row " + row, first, row, Naive.DOUBLE.attend(expected, row), d);
            }
        }
    }

    private static void compare(String what, float[] out, int row, double[] expected, int d) {
        for (int c = 0; c < expected.length; c++) {
            float actual = out[row * expected.length + c];
            double tolerance = 5e-6 * Math.max(1, d / 128.0) * Math.max(1, Math.abs(expected[c]));
            if (!(Math.abs(actual - expected[c]) <= tolerance)) {
                fail(what + " element " + c + ": " + actual + ", expected " + expected[c]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "64, 24", "193, 64", "410, 24", "590, 130", "2200, 6"})
    void withoutAWindowItHasTheBitsOfAllAtOnce(int steps, int d) {
        float[] qkv = Gaussian.floats(steps + d, steps * 3 * HEADS * d);
        for (Formula kind : Formula.values()) {
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
        float[] clean = Gaussian.floats(2, steps * 3 * HEADS * d);
        float[] poisoned = clean.clone();
        int at = 77;
        Arrays.fill(poisoned, at * 3 * HEADS * d + HEADS * d, (at + 1) * 3 * HEADS * d, Float.NaN);
        for (int window : new int[] {1, 9, 63, 64, 65, 200}) {
            for (Formula kind : Formula.values()) {
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
        float[] qkv = Gaussian.floats(3, steps * 3 * HEADS * d);
        for (int window : new int[] {0, 90}) {
            for (Backend backend : Kernels.backends()) {
                float[] expected = attend(backend, Formula.SOFTPICK, qkv, steps, d, window);
                PagedKeyValueCache cache = new PagedKeyValueCache(HEADS, d, backend.panelWidth(), window, true);
                float[] out = new float[steps * HEADS * d];
                for (int row = 0; row < steps; row++) {
                    if (row == 300) {
                        PagedKeyValueCache fork = cache.fork(row);
                        for (int other = row; other < row + 250; other++) {
                            step(backend, Formula.SOFTPICK, fork, other, Gaussian.floats(other, qkv.length / steps), 0,
                                    new float[HEADS * d], 0);
                        }
                        fork.clear();
                    }
                    step(backend, Formula.SOFTPICK, cache, row, qkv, row * 3 * HEADS * d, out, row * HEADS * d);
                }
                Bits.assertEqual(backend.name() + " window " + window, out, expected);
            }
        }
    }

    private static float[] attend(Backend backend, Formula kind, float[] qkv, int steps, int d, int window) {
        PagedKeyValueCache cache =
                new PagedKeyValueCache(HEADS, d, backend.panelWidth(), window, kind == Formula.SOFTPICK);
        float[] framed = Kernels.framed(Kernels.unwritten(steps * HEADS * d));
        for (int row = 0; row < steps; row++) {
            step(backend, kind, cache, cache.row(row), qkv, row * 3 * HEADS * d, framed, Kernels.GAP + row * HEADS * d);
        }
        return Kernels.unframed(backend.name(), framed);
    }

    private static void step(
            Backend backend, Formula kind, PagedKeyValueCache cache, int row, float[] qkv, int from, float[] out,
            int to) {
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
                case RECTIFIED_SOFTPICK -> backend.rowAttention().rectifiedSoftpick(cache, head, row, qkv, q, out, o);
            }
        }
    }

    private static float[] atOnce(Backend backend, Formula kind, float[] qkv, int steps, int d) {
        AttentionScratch scratch = new AttentionScratch(d, backend.panelWidth());
        float[] out = new float[steps * HEADS * d];
        for (int head = 0; head < HEADS; head++) {
            KeyValueCache cache = kind == Formula.SOFTPICK
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
                    case RECTIFIED_SOFTPICK -> backend.attention().rectifiedSoftpick(cache, qkv, q, count, out, o);
                }
            }
        }
        return out;
    }

    private static Attention formula(Formula formula, float[] qkv, int d, int window) {
        int hidden = HEADS * d;
        int width = 3 * hidden;
        return new Attention(
                Naive.columns(qkv, width, 0, hidden), Naive.columns(qkv, width, hidden, hidden),
                Naive.columns(qkv, width, 2 * hidden, hidden), hidden, HEADS, window, formula, SSMAX_SCALE);
    }
}
