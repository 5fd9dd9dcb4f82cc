package dev.softpick.kernels.numerics;

/**
 * {@code a·b + c} rounded once: the instruction where the machine has it, else the same bits from double arithmetic.
 * {@code Math.fma} would give them too, but computes with {@code BigDecimal} there: 2,500 times as long.
 *
 * <p>The product of two floats is exact in double. Its sum with {@code c} is not, and rounding it to double and then to
 * float rounds twice: wrong where the first rounding lands halfway between two floats. Rounding the sum <em>to
 * odd</em> first (of the two doubles around an inexact sum, the one whose last bit is 1) keeps it off every halfway
 * point, and a format with two bits more than float then rounds as the exact sum does (Boldo and Melquiond 2008),
 * subnormal results included. The error of the sum, exact by Knuth's two-sum, says whether it was rounded and which
 * way.
 */
public final class FusedMultiplyAdd {

    /**
     * Whether {@code Math.fma} is an instruction here. Virtual machines hide it from their guests, x86 processors
     * before 2013 lack it, and {@code -XX:-UseFMA} or {@code -XX:UseAVX=0} turn it off; every other architecture has
     * it.
     *
     * <p>The instruction hands a NaN's payload on, the Java code behind {@code Math.fma} returns the one NaN that Java
     * knows: known in no time, without the management classes that know the flag and take a cold JVM far longer.
     */
    public static final boolean HARDWARE = !isX86() || handsPayloadsOn();

    /** A quiet NaN with a payload. */
    private static final int PAYLOAD = 0x7fc00001;

    /** The bits of a double that a halfway point between two floats, normal or subnormal, has as zeros. */
    private static final long BELOW_HALF = 0x0fffffffL;

    private FusedMultiplyAdd() {}

    private static boolean isX86() {
        String arch = System.getProperty("os.arch");
        return arch.equals("amd64") || arch.equals("x86_64") || arch.equals("x86") || arch.equals("i386");
    }

    private static boolean handsPayloadsOn() {
        return Float.floatToRawIntBits(Math.fma(Float.intBitsToFloat(PAYLOAD), 1f, 1f)) == PAYLOAD;
    }

    /** {@code a·b + c}, rounded once. */
    public static float fma(float a, float b, float c) {
        return HARDWARE ? Math.fma(a, b, c) : emulated(a, b, c);
    }

    /** The same without the instruction. */
    static float emulated(float a, float b, float c) {
        double product = (double) a * b;
        double sum = product + c;
        if ((Double.doubleToRawLongBits(sum) & BELOW_HALF) == 0) {
            return (float) toOdd(product, c, sum);
        }
        return (float) sum;
    }

    /** The sum rounded to odd, given it rounded to a number whose last bit is 0. Infinities and NaN stay. */
    private static double toOdd(double product, double c, double sum) {
        double added = sum - product;
        double error = (product - (sum - added)) + (c - added);
        return error > 0 ? Math.nextUp(sum) : error < 0 ? Math.nextDown(sum) : sum;
    }
}
