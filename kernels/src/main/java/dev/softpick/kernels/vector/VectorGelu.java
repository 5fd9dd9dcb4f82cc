package dev.softpick.kernels.vector;

import static dev.softpick.kernels.numerics.NormalTail.C0;
import static dev.softpick.kernels.numerics.NormalTail.C1;
import static dev.softpick.kernels.numerics.NormalTail.C2;
import static dev.softpick.kernels.numerics.NormalTail.C3;
import static dev.softpick.kernels.numerics.NormalTail.C4;
import static dev.softpick.kernels.numerics.NormalTail.C5;
import static dev.softpick.kernels.numerics.NormalTail.C6;
import static dev.softpick.kernels.numerics.NormalTail.C7;
import static dev.softpick.kernels.numerics.NormalTail.C8;
import static dev.softpick.kernels.numerics.NormalTail.CUT;

import dev.softpick.kernels.scalar.ScalarGelu;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@code gelu(x) = max(x, 0) − |x|·Φ(−|x|)}, the form without cancellation on either side of 0. */
final class VectorGelu {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    /** {@code x | SIGN} is −|x|: one instruction where abs and neg are two. */
    private static final int SIGN = Integer.MIN_VALUE;

    private VectorGelu() {}

    static void gelu(float[] x, int xOffset, float[] out, int outOffset, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, xOffset + i);
            IntVector bits = ((IntVector) value.convert(VectorOperators.REINTERPRET_F2I, 0)).or(SIGN);
            FloatVector s = (FloatVector) bits.convert(VectorOperators.REINTERPRET_I2F, 0);
            FloatVector q = FloatVector.broadcast(SPECIES, C8)
                    .fma(s, FloatVector.broadcast(SPECIES, C7))
                    .fma(s, FloatVector.broadcast(SPECIES, C6))
                    .fma(s, FloatVector.broadcast(SPECIES, C5))
                    .fma(s, FloatVector.broadcast(SPECIES, C4))
                    .fma(s, FloatVector.broadcast(SPECIES, C3))
                    .fma(s, FloatVector.broadcast(SPECIES, C2))
                    .fma(s, FloatVector.broadcast(SPECIES, C1))
                    .fma(s, FloatVector.broadcast(SPECIES, C0));
            FloatVector square = q.mul(q);
            // −0 and NaN are not below 0 and stay as they are.
            value.blend(0f, value.compare(VectorOperators.LT, 0f))
                    .add(square.mul(square).mul(s), s.compare(VectorOperators.GT, -CUT))
                    .intoArray(out, outOffset + i);
        }
        if (full < length) {
            ScalarGelu.gelu(x, xOffset + full, out, outOffset + full, length - full);
        }
    }
}
