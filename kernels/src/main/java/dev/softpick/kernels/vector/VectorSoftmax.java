package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.SoftmaxRules;
import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarSoftmax;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Softmax: the largest element, the exponentials with their sum block by block, and the multiplication with the
 * reciprocal. {@code scale·x} is largest where {@code x} is, or {@code −x} for a negative scale.
 */
final class VectorSoftmax {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorSoftmax() {}

    static void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        normalize(x, xOffset, out, outOffset, length, scale);
    }

    /** Returns the maximum that was subtracted. */
    private static float normalize(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        float sign = SoftmaxRules.sign(scale);
        float maximum = sign * VectorPasses.largest(x, xOffset, length, sign);
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            int n = Math.min(VirtualLanes.BLOCK, length - i);
            VectorExponential.exp(x, xOffset + i, out, outOffset + i, n, maximum, scale);
            sum += VectorReduce.absSum(out, outOffset + i, n);
        }
        VectorPasses.scalePositive(out, outOffset, length, (float) (1 / sum));
        return maximum;
    }

    /** The steps of {@code ScalarSoftmax.backward}. */
    static double backward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        float maximum = normalize(x, xOffset, dx, dxOffset, length, scale);
        float mean = (float) VectorDot.dot(g, gOffset, 0f, dx, dxOffset, length);
        weigh(g, gOffset, length, mean, dx, dxOffset);
        double dot = VectorDot.dot(x, xOffset, maximum, dx, dxOffset, length);
        double ofScale = Double.isNaN(dot)
                ? ScalarSoftmax.dotWithoutMasked(x, xOffset, maximum, dx, dxOffset, length)
                : dot;
        VectorPasses.scale(dx, dxOffset, scale, dx, dxOffset, length);
        return ofScale;
    }

    /** {@code dx = dx·(g − mean)}. */
    private static void weigh(float[] g, int go, int n, float mean, float[] dx, int dxo) {
        int full = SPECIES.loopBound(n);
        for (int i = 0; i < full; i += LANES) {
            FloatVector difference = FloatVector.fromArray(SPECIES, g, go + i).sub(mean);
            FloatVector.fromArray(SPECIES, dx, dxo + i).mul(difference).intoArray(dx, dxo + i);
        }
        if (full < n) {
            ScalarSoftmax.weigh(g, go + full, n - full, mean, dx, dxo + full);
        }
    }
}
