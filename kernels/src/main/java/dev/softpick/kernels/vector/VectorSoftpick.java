package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.SoftpickRules;
import dev.softpick.kernels.scalar.ScalarSoftpick;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code x_i / (1 + Σ|x_j|)}: one pass for the sum, one that multiplies with the reciprocal. A vector division takes
 * 16 cycles for 64 bytes, more than memory does.
 */
final class VectorSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        double sum = VectorReduce.absSum(x, xOffset, length);
        if (sum > SoftpickRules.LARGEST_SUM) {
            ScalarSoftpick.large(x, xOffset, out, outOffset, length);
            return;
        }
        float scale = (float) (1 / (1 + sum));
        VectorPasses.scale(x, xOffset, scale, out, outOffset, length);
    }

    /** The steps of {@code ScalarSoftpick.backward}. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        double sum = VectorReduce.absSum(x, xOffset, length);
        double reciprocal = 1 / (1 + sum);
        float mean = (float) (VectorDot.dot(x, xOffset, 0f, g, gOffset, length) * reciprocal);
        if (sum > SoftpickRules.LARGEST_SUM || !Float.isFinite(mean)) {
            ScalarSoftpick.largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        float scale = (float) reciprocal;
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector none = FloatVector.broadcast(SPECIES, 0f * mean);
        FloatVector positive = FloatVector.broadcast(SPECIES, mean);
        FloatVector negative = FloatVector.broadcast(SPECIES, -mean);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, xOffset + i);
            FloatVector part = none.blend(positive, value.compare(VectorOperators.GT, zero))
                    .blend(negative, value.compare(VectorOperators.LT, zero));
            FloatVector.fromArray(SPECIES, g, gOffset + i).sub(part).mul(factor).intoArray(dx, dxOffset + i);
        }
        for (int i = full; i < length; i++) {
            dx[dxOffset + i] = ScalarSoftpick.gradient(x[xOffset + i], g[gOffset + i], mean, scale);
        }
    }
}
