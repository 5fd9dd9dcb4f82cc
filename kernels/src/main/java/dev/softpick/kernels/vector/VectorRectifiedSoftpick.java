package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.RectifiedSoftpickRules;
import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarRectifiedSoftpick;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Rectified softpick in the steps of {@link ScalarRectifiedSoftpick}. */
final class VectorRectifiedSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorRectifiedSoftpick() {}

    static void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        float maximum = VectorPasses.largest(x, xOffset, length, 1f);
        float shift = RectifiedSoftpickRules.rowShift(maximum);
        float factor = RectifiedSoftpickRules.rowFactor(maximum);
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            VectorExponential.expMinus(x, xOffset + i, out, outOffset + i, n, shift, factor);
            sum += VectorReduce.absSum(out, outOffset + i, n);
        }
        sum += RectifiedSoftpickRules.EPSILON;
        VectorPasses.scalePositive(out, outOffset, length, (float) (1 / sum));
    }

    /** The steps of {@link ScalarRectifiedSoftpick}'s. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        float maximum = VectorPasses.largest(x, xOffset, length, 1f);
        float shift = RectifiedSoftpickRules.rowShift(maximum);
        VectorExponential.expMinus(x, xOffset, dx, dxOffset, length, shift, RectifiedSoftpickRules.rowFactor(maximum));
        double sum = VectorReduce.absSum(dx, dxOffset, length) + RectifiedSoftpickRules.EPSILON;
        float reciprocal = (float) (1 / sum);
        VectorPasses.scalePositive(dx, dxOffset, length, reciprocal);
        double dot = VectorDot.dot(g, gOffset, 0f, dx, dxOffset, length);
        if (RectifiedSoftpickRules.nothingPicked(maximum, dot)) {
            Arrays.fill(dx, dxOffset, dxOffset + length, 0f);
            return;
        }
        VectorExponential.exp(x, xOffset, dx, dxOffset, length, maximum, 1f);
        float mean = (float) dot;
        FloatVector none = FloatVector.broadcast(SPECIES, 0f * mean);
        int full = SPECIES.loopBound(length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, xOffset + i);
            FloatVector difference = FloatVector.fromArray(SPECIES, g, gOffset + i).sub(mean);
            FloatVector part = none.blend(difference, value.compare(VectorOperators.GT, 0f))
                    .blend(mean, value.compare(VectorOperators.LT, 0f));
            FloatVector.fromArray(SPECIES, dx, dxOffset + i).mul(reciprocal).mul(part).intoArray(dx, dxOffset + i);
        }
        for (int i = full; i < length; i++) {
            dx[dxOffset + i] = ScalarRectifiedSoftpick.gradient(
                    x[xOffset + i], g[gOffset + i], mean, dx[dxOffset + i], reciprocal);
        }
        ScalarRectifiedSoftpick.addMaximumTerm(x, xOffset, length, maximum, dot / sum, dx, dxOffset);
    }
}
