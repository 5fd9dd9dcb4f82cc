package dev.softpick.kernels.numerics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The emulation against {@code Math.fma}, bit by bit; any NaN equals any NaN. */
@Tag("once")
class FusedMultiplyAddTest {

    /** Triples a kind of numbers; {@code Math.fma} without the instruction takes microseconds each. */
    private static final int TRIPLES =
            Integer.getInteger("softpick.test.triples", FusedMultiplyAdd.HARDWARE ? 3_000_000 : 100_000);

    private static final float[] SPECIAL = {
        0f, -0f, 1f, -1f, 1.5f, Float.MIN_VALUE, -Float.MIN_VALUE, 3 * Float.MIN_VALUE, Float.MIN_NORMAL,
        -Float.MIN_NORMAL, Math.nextDown(Float.MIN_NORMAL), Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY, Float.NaN, 0x1p-75f, 0x1p-74f, 0x1p-100f, 0x1p104f, 0x1p103f, 0x1p-24f, 0x1.000002p0f,
        0x1.fffffep0f, 0x1.fffffep63f, 0x1p64f, -0x1p64f, 16777215f, 16777217f, 4097f, 8191f
    };

    @Test
    void knowsWhetherTheJvmUsesTheInstruction() {
        String flag = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("UseFMA")
                .getValue();
        assertThat(FusedMultiplyAdd.HARDWARE).isEqualTo(Boolean.parseBoolean(flag));
    }

    @Test
    void specialValues() {
        for (float a : SPECIAL) {
            for (float b : SPECIAL) {
                for (float c : SPECIAL) {
                    check(a, b, c);
                }
            }
        }
    }

    @Test
    void anyBits() {
        SplittableRandom random = new SplittableRandom(seed());
        for (int i = 0; i < TRIPLES; i++) {
            check(any(random), any(random), any(random));
        }
    }

    /** Few bits and exponents near one another: sums land on and beside the points halfway between two floats. */
    @Test
    void halfwayPoints() {
        SplittableRandom random = new SplittableRandom(seed());
        for (int i = 0; i < TRIPLES; i++) {
            int exponent = random.nextInt(1, 253);
            float a = sparse(random, exponent);
            float b = sparse(random, random.nextInt(1, 253));
            int product = Math.getExponent((double) a * b) + 127;
            check(a, b, sparse(random, product + random.nextInt(-52, 53)));
        }
    }

    /** Products that are subnormal, or fall below the smallest float, with addends of their size. */
    @Test
    void subnormalResults() {
        SplittableRandom random = new SplittableRandom(seed());
        for (int i = 0; i < TRIPLES; i++) {
            int exponent = random.nextInt(1, 127);
            float a = random.nextBoolean() ? sparse(random, exponent) : dense(random, exponent);
            float b = random.nextBoolean()
                    ? sparse(random, random.nextInt(80, 140) - exponent)
                    : dense(random, random.nextInt(80, 140) - exponent);
            check(a, b, random.nextBoolean() ? sparse(random, random.nextInt(30)) : dense(random, random.nextInt(30)));
        }
    }

    /**
     * {@code a·b} halfway between two floats but for an addend far below: the rounding twice that doubles alone get
     * wrong.
     */
    @Test
    void theRoundingTwiceIsMended() {
        SplittableRandom random = new SplittableRandom(seed());
        int wrongWithout = 0;
        for (int i = 0; i < TRIPLES; i++) {
            // an odd 25-bit product is halfway between two floats
            int a = random.nextInt(1 << 11, 1 << 12) | 1;
            int b = Math.ceilDiv(1 << 24, a) + random.nextInt(1 << 9) | 1;
            float c = Math.scalb(random.nextFloat() - 0.5f, -random.nextInt(20, 100));
            check(a, b, c);
            wrongWithout += (float) ((double) a * b + c) != Math.fma((float) a, b, c) ? 1 : 0;
        }
        assertThat(wrongWithout).as("sums that doubles alone round wrongly").isGreaterThan(TRIPLES / 10);
    }

    private static void check(float a, float b, float c) {
        int expected = Float.floatToIntBits(Math.fma(a, b, c));
        if (Float.floatToIntBits(FusedMultiplyAdd.emulated(a, b, c)) != expected
                || Float.floatToIntBits(FusedMultiplyAdd.fma(a, b, c)) != expected) {
            fail("fma(%a, %a, %a) is %a, expected %a".formatted(
                    a, b, c, FusedMultiplyAdd.emulated(a, b, c), Float.intBitsToFloat(expected)));
        }
    }

    private static float any(SplittableRandom random) {
        return Float.intBitsToFloat(random.nextInt());
    }

    /** A number of at most four bits, and with some luck neighbours of such a number. */
    private static float sparse(SplittableRandom random, int exponent) {
        int fraction = 1 << random.nextInt(24) | 1 << random.nextInt(24) | 1 << random.nextInt(24);
        return withExponent(random, exponent, random.nextInt(4) == 0 ? -fraction : fraction);
    }

    private static float dense(SplittableRandom random, int exponent) {
        return withExponent(random, exponent, random.nextInt());
    }

    private static float withExponent(SplittableRandom random, int exponent, int fraction) {
        int sign = random.nextBoolean() ? Integer.MIN_VALUE : 0;
        return Float.intBitsToFloat(sign | Math.clamp(exponent, 0, 254) << 23 | fraction & 0x7fffff);
    }

    private static long seed() {
        long seed = Long.getLong("softpick.test.seed", 20261126);
        System.out.println("seed " + seed);
        return seed;
    }
}
