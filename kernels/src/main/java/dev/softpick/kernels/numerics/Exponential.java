package dev.softpick.kernels.numerics;

import static dev.softpick.kernels.numerics.FusedMultiplyAdd.fma;

/**
 * {@code e^x} for kernels that subtract a row's maximum first: the constants, the order of operations that every kernel
 * repeats so that all get the same bits, and that order in scalar code.
 *
 * <pre>
 * k = fma(x, LOG2_E, MAGIC)                                 round(x·log₂e) + 127 in the low bits of k
 * n = k − MAGIC
 * r = fma(n, −LN2_LOW, fma(n, −LN2_HIGH, x))                |r| ≤ ln2/2; the inner step is exact
 * q = fma(fma(fma(fma(C6, r, C5), r, C4), r, C3), r, C2)
 * s = bits(k) &lt;&lt; 23                                         2^n
 * e^x     = fma(fma(q, r, 1), r, 1)·s                       or 0 where x &lt; LOWEST
 * e^x − d = fma(s, p, s − d)   with p = fma(q·r, r, r)      or −d where x &lt; LOWEST, 0 where x is −∞
 * </pre>
 *
 * <p>Below {@link #LOWEST} {@code e^x} would be subnormal and is 0. −∞ is a mask and gives 0 in both; NaN gives
 * NaN; above {@link #HIGHEST} the result has no meaning, as a maximum has been subtracted.
 *
 * <p>{@code 1 + r + C2·r² + … + C6·r⁶} is the minimax polynomial of the relative error for
 * {@code |r| ≤ ln2/2}: 3.1e-9. The first two coefficients are held at 1 so that {@code e^x − 1} keeps its relative
 * accuracy near 0. Over all floats in range {@code e^x} is within 0.9 units in the last place of the exact value,
 * {@code e^x − 1} within 1.5.
 */
public final class Exponential {

    /** ln 2⁻¹²⁶ rounded up: from here on the result is a normal number. */
    public static final float LOWEST = -87.33654f;

    /** The largest argument. */
    public static final float HIGHEST = 88f;

    public static final float LOG2_E = 1.442695f;

    /** 1.5·2²³ rounds what is added to it to an integer; 127 is the exponent of 1.0f. */
    public static final float MAGIC = 12582912f + 127f;

    public static final float LN2_HIGH = 0.6931472f;
    public static final float LN2_LOW = -1.9046542e-9f;

    public static final float C2 = 0.49999994f;
    public static final float C3 = 0.16666521f;
    public static final float C4 = 0.04166839f;
    public static final float C5 = 0.008368745f;
    public static final float C6 = 0.0013814539f;

    /** Bits of the fraction: moves the integer in k to the exponent. */
    public static final int FRACTION_BITS = 23;

    private Exponential() {}

    /** {@code e^x} for x up to {@link #HIGHEST}. */
    public static float exp(float x) {
        float k = fma(x, LOG2_E, MAGIC);
        float n = k - MAGIC;
        float r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
        float q = fma(fma(fma(fma(C6, r, C5), r, C4), r, C3), r, C2);
        float s = Float.intBitsToFloat(Float.floatToRawIntBits(k) << FRACTION_BITS);
        return x < LOWEST ? 0f : fma(fma(q, r, 1f), r, 1f) * s;
    }

    /**
     * {@code e^x − d} for x up to {@link #HIGHEST} and d of 0 or 1, 0 for −∞; accurate near x = 0 when d is 1.
     */
    public static float expMinus(float x, float d) {
        float k = fma(x, LOG2_E, MAGIC);
        float n = k - MAGIC;
        float r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
        float q = fma(fma(fma(fma(C6, r, C5), r, C4), r, C3), r, C2);
        float s = Float.intBitsToFloat(Float.floatToRawIntBits(k) << FRACTION_BITS);
        if (x < LOWEST) {
            return x == Float.NEGATIVE_INFINITY ? 0f : -d;
        }
        return fma(s, fma(q * r, r, r), s - d);
    }
}
