package dev.softpick.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The definition of rounded weights, against double by the book. */
class RoundingTest {

    private static Parameter kernel(int in, int out) {
        return new Parameter("k.kernel", new int[] {in, out}, Part.FFN_UP, 1, true);
    }

    /** The nearest of all bfloat16, of two the even one: found by search. */
    private static short nearest(float value) {
        int bits = Float.floatToRawIntBits(value) >>> 16;
        int best = bits;
        for (int candidate = bits - 1; candidate <= bits + 1; candidate++) {
            double distance = distance(candidate, value);
            double least = distance(best, value);
            if (distance < least || distance == least && (candidate & 1) == 0) {
                best = candidate;
            }
        }
        return (short) best;
    }

    /** With infinity where the next number would be. */
    private static double distance(int bits, float value) {
        float meant = Float.intBitsToFloat(bits << 16);
        double exact = Float.isInfinite(meant) ? Math.copySign(0x1p128, meant) : meant;
        return Math.abs(exact - value);
    }

    @Test
    void bfloat16IsTheNearest() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            // random, halfway between two, beside that, and exact
            int bits = i % 4 == 0 ? random.nextInt() : random.nextInt() & 0xffff0000 | (i % 4 == 1 ? 0x8000 : 0)
                    | (i % 4 == 2 ? 0x7fff + random.nextInt(3) : 0);
            float value = Float.intBitsToFloat(bits);
            if (Float.isNaN(value)) {
                assertThat(Float.isNaN(Rounding.widened(Rounding.bfloat16(value)))).isTrue();
            } else if (Float.isFinite(value) && (bits & 0x7fff0000) != 0) {
                assertThat(Rounding.bfloat16(value)).as("%a", value).isEqualTo(nearest(value));
            }
        }
    }

    @Test
    void bfloat16OfSpecialValues() {
        float[] values = {
            0f, -0f, 1f, -1f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.intBitsToFloat(0x8000),
            Float.intBitsToFloat(0x8001), Float.intBitsToFloat(0x18000), Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY, Float.MAX_VALUE, Float.intBitsToFloat(0x7f7f7fff), 1.00390625f, 1.01171875f
        };
        int[] expected = {
            0, 0x8000, 0x3f80, 0xbf80, 0, 0x8000, 0, 1, 2, 0x7f80, 0xff80, 0x7f80, 0x7f7f, 0x3f80, 0x3f82
        };
        for (int i = 0; i < values.length; i++) {
            assertThat(Rounding.bfloat16(values[i]) & 0xffff).as("%a", values[i]).isEqualTo(expected[i]);
        }
        int nan = Rounding.bfloat16(Float.intBitsToFloat(0x7f800001)) & 0xffff;
        assertThat(nan).isEqualTo(0x7fc0);
        for (int bits = 0; bits < 1 << 16; bits++) {
            float meant = Rounding.widened((short) bits);
            if (!Float.isNaN(meant)) {
                assertThat(Rounding.bfloat16(meant)).isEqualTo((short) bits);
            }
        }
    }

    @Test
    void bfloat16RefusesWhatBecomesInfinite() {
        float[] values = {1, Float.POSITIVE_INFINITY, Float.MAX_VALUE, 2};
        assertThatThrownBy(() -> Rounding.bfloat16(kernel(2, 2), values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor 'k.kernel' has 3.4028235E38 at index 2, which would round to infinity;"
                        + " bfloat16 holds up to 3.39e38");
        values[2] = Float.NaN;
        assertThat(Rounding.bfloat16(kernel(2, 2), values)[1]).isEqualTo((short) 0x7f80);
    }

    /** Column by column in double, with the one float division of the definition. */
    private static void check(float[] values, int in, int out) {
        Rounding.Int8 rounded = Rounding.int8(kernel(in, out), values);
        assertThat(rounded.scale()).hasSize(out);
        for (int j = 0; j < out; j++) {
            float most = 0;
            for (int k = 0; k < in; k++) {
                most = Math.max(most, Math.abs(values[k * out + j]));
            }
            float s = most / 127f;
            assertThat(rounded.scale()[j]).isEqualTo(s);
            for (int k = 0; k < in; k++) {
                float w = values[k * out + j];
                double q = s == 0 ? 0 : Math.min(127, Math.max(-127, Math.rint((double) w / (double) s)));
                assertThat((double) rounded.values()[k * out + j]).as("%a / %a", w, s).isEqualTo(q + 0.0);
                if (s >= Float.MIN_NORMAL) {
                    assertThat(Math.abs(q * s - w)).isLessThanOrEqualTo(s * 0.50001);
                }
            }
        }
    }

    @Test
    void int8IsTheNearestMultipleOfTheScale() {
        Random random = new Random(2);
        for (int[] shape : new int[][] {{1, 1}, {1, 9}, {9, 1}, {7, 5}, {64, 33}, {300, 17}}) {
            float[] values = new float[shape[0] * shape[1]];
            for (double size : new double[] {1, 1e-3, 1e30, 1e-37, 1e-40, 3e-44}) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextGaussian() * size);
                }
                check(values, shape[0], shape[1]);
            }
        }
    }

    @Test
    void int8OfSpecialColumns() {
        // zeros; halves, which round to even; subnormals; the largest; a column whose scale underflows
        float[] values = {
            0, 127, Float.MIN_VALUE * 254, Float.MAX_VALUE, Float.MIN_VALUE,
            -0f, 0.5f, Float.MIN_VALUE * 3, -Float.MAX_VALUE, -Float.MIN_VALUE,
            0, 1.5f, -Float.MIN_VALUE, 1, 0,
            0, -2.5f, Float.MIN_NORMAL / 1e6f, Float.MAX_VALUE / 2, 0,
        };
        check(values, 4, 5);
        Rounding.Int8 rounded = Rounding.int8(kernel(4, 5), values);
        byte[] q = rounded.values();
        assertThat(new int[] {q[0], q[5], q[10], q[15]}).containsExactly(0, 0, 0, 0);
        assertThat(new int[] {q[1], q[6], q[11], q[16]}).containsExactly(127, 0, 2, -2);
        assertThat(new int[] {q[3], q[8], q[13], q[18]}).containsExactly(127, -127, 0, 63);
        assertThat(new int[] {q[4], q[9], q[14], q[19]}).containsExactly(0, 0, 0, 0);
        assertThat(rounded.scale()[0]).isZero();
        assertThat(rounded.scale()[4]).isZero();
    }

    @Test
    void int8RefusesColumnsThatAreNotFinite() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int place = 0; place < 6; place++) {
                float[] values = {1, 2, 3, 4, 5, 6};
                values[place] = bad;
                String message = "tensor 'k.kernel' has " + Math.abs(bad) + " in column " + place % 2
                        + "; int8 has no scale for weights that are not finite";
                assertThatThrownBy(() -> Rounding.int8(kernel(3, 2), values))
                        .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
            }
        }
    }
}
