package dev.softpick.kernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Division with one masked step at the end. */
final class VectorDivide {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorDivide() {}

    static void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
        FloatVector d = FloatVector.broadcast(SPECIES, divisor);
        int i = 0;
        for (; i <= length - LANES; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).div(d).intoArray(out, outOffset + i);
        }
        if (i < length) {
            var mask = SPECIES.indexInRange(i, length);
            FloatVector.fromArray(SPECIES, x, xOffset + i, mask).div(d).intoArray(out, outOffset + i, mask);
        }
    }

    static void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
        int i = 0;
        for (; i <= length - LANES; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i)
                    .div(FloatVector.fromArray(SPECIES, y, yOffset + i))
                    .intoArray(out, outOffset + i);
        }
        if (i < length) {
            var mask = SPECIES.indexInRange(i, length);
            FloatVector.fromArray(SPECIES, x, xOffset + i, mask)
                    .div(FloatVector.fromArray(SPECIES, y, yOffset + i, mask))
                    .intoArray(out, outOffset + i, mask);
        }
    }
}
