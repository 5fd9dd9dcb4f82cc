package dev.softpick.kernels.numerics;

/**
 * The lower tail of the normal distribution, {@code Φ(−t) = erfc(t/√2)/2}, as the fourth power of a polynomial.
 *
 * <p>With {@code s = −t} and {@code q = C0 + s·(C1 + s·(… + s·C8))} by Horner's rule, one fused multiply-add a
 * step from {@code C8} down, {@code Φ(−t) ≈ (q·q)·(q·q)} for {@code t < CUT}; beyond, 0. The fourth root
 * flattens the tail, so one polynomial of degree 8 replaces two of degree 11, and {@code q⁴} cannot become negative.
 *
 * <p>Fitted by linear programming on 900 Chebyshev points of {@code [0, 5.5]}: minimax of
 * {@code |q⁴ − Φ(−t)|·max(t, 0.5)/max(t, 1)}, 3.96e-8, then the neighbours of the rounded coefficients were
 * searched for the least error: 4.7e-8, and {@code q⁴(0)} is 0.5 exactly. With every rounding of the float
 * evaluation, GELU is within 1.4e-7·max(1, |x|) for all floats.
 */
public final class NormalTail {

    /** From here on the tail counts as 0; Φ(−5.5) = 1.9e-8. */
    public static final float CUT = 5.5f;

    public static final float C0 = 0.8408964f;
    public static final float C1 = 0.16773388f;
    public static final float C2 = -0.050200026f;
    public static final float C3 = -0.0046578795f;
    public static final float C4 = 0.003783381f;
    public static final float C5 = 2.6027596e-05f;
    public static final float C6 = -0.0003110243f;
    public static final float C7 = -5.911759e-05f;
    public static final float C8 = -3.4538089e-06f;

    private NormalTail() {}
}
