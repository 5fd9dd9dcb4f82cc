package dev.softpick.kernels.vector;

import static dev.softpick.kernels.numerics.Exponential.C2;
import static dev.softpick.kernels.numerics.Exponential.C3;
import static dev.softpick.kernels.numerics.Exponential.C4;
import static dev.softpick.kernels.numerics.Exponential.C5;
import static dev.softpick.kernels.numerics.Exponential.C6;
import static dev.softpick.kernels.numerics.Exponential.FRACTION_BITS;
import static dev.softpick.kernels.numerics.Exponential.LN2_HIGH;
import static dev.softpick.kernels.numerics.Exponential.LN2_LOW;
import static dev.softpick.kernels.numerics.Exponential.LOG2_E;
import static dev.softpick.kernels.numerics.Exponential.LOWEST;
import static dev.softpick.kernels.numerics.Exponential.MAGIC;

import dev.softpick.kernels.numerics.Exponential;
import dev.softpick.kernels.scalar.ScalarExponential;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The exponentials of a row in the order of {@link Exponential}. The scalar kernel, which has the same bits, finishes
 * what is left behind the last whole vector; attention, whose rows have room, asks for whole vectors only.
 */
final class VectorExponential {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorExponential() {}

    /** So many elements in whole vectors. */
    static int whole(int count) {
        return (count + LANES - 1) / LANES * LANES;
    }

    /** {@code out = e^((x − maximum)·scale)}. */
    static void exp(float[] x, int xo, float[] out, int oo, int length, float maximum, float scale) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + i).sub(maximum).mul(scale);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2))
                    .fma(r, one)
                    .fma(r, one);
            IntVector power = ((IntVector) k.convert(VectorOperators.REINTERPRET_F2I, 0))
                    .lanewise(VectorOperators.LSHL, FRACTION_BITS);
            q.mul((FloatVector) power.convert(VectorOperators.REINTERPRET_I2F, 0))
                    .blend(0f, y.compare(VectorOperators.LT, LOWEST))
                    .intoArray(out, oo + i);
        }
        if (full < length) {
            ScalarExponential.exp(x, xo + full, out, oo + full, length - full, maximum, scale);
        }
    }

    /** {@code out = factor·(e^(x − shift) − one)}, one = 0 where the shift is above 0; 0 where x is −∞. */
    static void expMinus(float[] x, int xo, float[] out, int oo, int length, float shift, float factor) {
        FloatVector one = FloatVector.broadcast(SPECIES, shift > 0f ? 0f : 1f);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector y = FloatVector.fromArray(SPECIES, x, xo + i).sub(shift);
            FloatVector k = y.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, MAGIC));
            FloatVector n = k.sub(MAGIC);
            FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), y);
            r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
            FloatVector q = FloatVector.broadcast(SPECIES, C6)
                    .fma(r, FloatVector.broadcast(SPECIES, C5))
                    .fma(r, FloatVector.broadcast(SPECIES, C4))
                    .fma(r, FloatVector.broadcast(SPECIES, C3))
                    .fma(r, FloatVector.broadcast(SPECIES, C2));
            IntVector power = ((IntVector) k.convert(VectorOperators.REINTERPRET_F2I, 0))
                    .lanewise(VectorOperators.LSHL, FRACTION_BITS);
            FloatVector s = (FloatVector) power.convert(VectorOperators.REINTERPRET_I2F, 0);
            s.fma(q.mul(r).fma(r, r), s.sub(one))
                    .blend(one.neg(), y.compare(VectorOperators.LT, LOWEST))
                    .blend(0f, y.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY))
                    .mul(factor)
                    .intoArray(out, oo + i);
        }
        if (full < length) {
            ScalarExponential.expMinus(x, xo + full, out, oo + full, length - full, shift, factor);
        }
    }
}
