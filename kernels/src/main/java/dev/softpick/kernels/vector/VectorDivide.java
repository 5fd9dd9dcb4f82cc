package dev.softpick.kernels.vector;

import dev.softpick.kernels.scalar.ScalarDivide;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Division; the scalar kernel finishes what is left behind the last whole vector. */
final class VectorDivide {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorDivide() {}

    static void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
        FloatVector d = FloatVector.broadcast(SPECIES, divisor);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).div(d).intoArray(out, outOffset + i);
        }
        if (full < length) {
            ScalarDivide.divide(x, xOffset + full, divisor, out, outOffset + full, length - full);
        }
    }

    static void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i)
                    .div(FloatVector.fromArray(SPECIES, y, yOffset + i))
                    .intoArray(out, outOffset + i);
        }
        if (full < length) {
            ScalarDivide.divide(x, xOffset + full, y, yOffset + full, out, outOffset + full, length - full);
        }
    }
}
