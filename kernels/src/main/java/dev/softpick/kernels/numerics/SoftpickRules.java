package dev.softpick.kernels.numerics;

/** Where the fast form of softpick ends. */
public final class SoftpickRules {

    /**
     * Up to this sum the reciprocal is a normal float with full precision; beyond it, also when it has overflowed, each
     * element is divided in double.
     */
    public static final double LARGEST_SUM = 0x1p100;

    private SoftpickRules() {}
}
