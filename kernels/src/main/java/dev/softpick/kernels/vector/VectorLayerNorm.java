package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarLayerNorm;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Layer normalization of one row after the other: a pass for the mean, one for {@code Σ(x − mean)²}, one that
 * writes. The sums go by {@link VirtualLanes}, in the passes that {@link VectorReduce} explains.
 *
 * <p>Subtracting what the rounding of the mean left, {@code Σ(x − mean)/n}, was tried: some 15 % slower, and better
 * only for rows whose mean is a thousand times their deviation.
 */
final class VectorLayerNorm {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int COUNT = VirtualLanes.COUNT;
    private static final int APART = COUNT / 4;

    private VectorLayerNorm() {}

    static void layerNorm(
            float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset) {
        int width = gamma.length;
        double reciprocal = 1.0 / width;
        for (int row = 0; row < rows; row++) {
            int from = xOffset + row * width;
            float mean = (float) (sum(x, from, width) * reciprocal);
            double variance = squares(x, from, width, mean) * reciprocal;
            float inverse = (float) (1 / Math.sqrt(variance + epsilon));
            scale(x, from, mean, inverse, gamma, beta, out, outOffset + row * width);
        }
    }

    private static double sum(float[] x, int offset, int width) {
        if (LANES < VectorReduce.FEWEST_LANES) {
            return ScalarLayerNorm.sum(x, offset, width, 0f, false);
        }
        double sum = 0;
        for (int i = 0; i < width; i += VirtualLanes.BLOCK) {
            sum += blockSum(x, offset + i, Math.min(VirtualLanes.BLOCK, width - i));
        }
        return sum;
    }

    private static double squares(float[] x, int offset, int width, float mean) {
        if (LANES < VectorReduce.FEWEST_LANES) {
            return ScalarLayerNorm.sum(x, offset, width, mean, true);
        }
        double sum = 0;
        for (int i = 0; i < width; i += VirtualLanes.BLOCK) {
            sum += blockSquares(x, offset + i, Math.min(VirtualLanes.BLOCK, width - i), mean);
        }
        return sum;
    }

    /** {@code Σ x} over a block. */
    private static float blockSum(float[] x, int offset, int n) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector total = zero;
        for (int first = 0; first < APART; first += LANES) {
            FloatVector a = zero;
            FloatVector b = zero;
            FloatVector c = zero;
            FloatVector d = zero;
            int i = first;
            for (; i <= n - 3 * APART - LANES; i += COUNT) {
                int at = offset + i;
                a = a.add(FloatVector.fromArray(SPECIES, x, at));
                b = b.add(FloatVector.fromArray(SPECIES, x, at + APART));
                c = c.add(FloatVector.fromArray(SPECIES, x, at + 2 * APART));
                d = d.add(FloatVector.fromArray(SPECIES, x, at + 3 * APART));
            }
            if (i < n) {
                int at = offset + i;
                a = a.add(FloatVector.fromArray(SPECIES, x, at, SPECIES.indexInRange(i, n)));
                b = b.add(FloatVector.fromArray(SPECIES, x, at + APART, SPECIES.indexInRange(i + APART, n)));
                c = c.add(FloatVector.fromArray(SPECIES, x, at + 2 * APART, SPECIES.indexInRange(i + 2 * APART, n)));
                d = d.add(FloatVector.fromArray(SPECIES, x, at + 3 * APART, SPECIES.indexInRange(i + 3 * APART, n)));
            }
            FloatVector s = a.add(c).add(b.add(d));
            total = first == 0 ? s : total.add(s);
        }
        FloatVector v = total;
        if (LANES > 8) {
            v = v.add(v.rearrange(VectorReduce.BY_8));
        }
        v = v.add(v.rearrange(VectorReduce.BY_4));
        v = v.add(v.rearrange(VectorReduce.BY_2));
        return v.add(v.rearrange(VectorReduce.BY_1)).lane(0);
    }

    /** {@code Σ (x − mean)²} over a block. */
    private static float blockSquares(float[] x, int offset, int n, float mean) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector total = zero;
        for (int first = 0; first < APART; first += LANES) {
            FloatVector a = zero;
            FloatVector b = zero;
            FloatVector c = zero;
            FloatVector d = zero;
            int i = first;
            for (; i <= n - 3 * APART - LANES; i += COUNT) {
                int at = offset + i;
                FloatVector va = FloatVector.fromArray(SPECIES, x, at).sub(mean);
                FloatVector vb = FloatVector.fromArray(SPECIES, x, at + APART).sub(mean);
                FloatVector vc = FloatVector.fromArray(SPECIES, x, at + 2 * APART).sub(mean);
                FloatVector vd = FloatVector.fromArray(SPECIES, x, at + 3 * APART).sub(mean);
                a = va.fma(va, a);
                b = vb.fma(vb, b);
                c = vc.fma(vc, c);
                d = vd.fma(vd, d);
            }
            if (i < n) {
                // A lane behind the row's end stays 0: the mean must not be subtracted there.
                int at = offset + i;
                VectorMask<Float> ma = SPECIES.indexInRange(i, n);
                VectorMask<Float> mb = SPECIES.indexInRange(i + APART, n);
                VectorMask<Float> mc = SPECIES.indexInRange(i + 2 * APART, n);
                VectorMask<Float> md = SPECIES.indexInRange(i + 3 * APART, n);
                FloatVector va = FloatVector.fromArray(SPECIES, x, at, ma).sub(mean, ma);
                FloatVector vb = FloatVector.fromArray(SPECIES, x, at + APART, mb).sub(mean, mb);
                FloatVector vc = FloatVector.fromArray(SPECIES, x, at + 2 * APART, mc).sub(mean, mc);
                FloatVector vd = FloatVector.fromArray(SPECIES, x, at + 3 * APART, md).sub(mean, md);
                a = va.fma(va, a);
                b = vb.fma(vb, b);
                c = vc.fma(vc, c);
                d = vd.fma(vd, d);
            }
            FloatVector s = a.add(c).add(b.add(d));
            total = first == 0 ? s : total.add(s);
        }
        FloatVector v = total;
        if (LANES > 8) {
            v = v.add(v.rearrange(VectorReduce.BY_8));
        }
        v = v.add(v.rearrange(VectorReduce.BY_4));
        v = v.add(v.rearrange(VectorReduce.BY_2));
        return v.add(v.rearrange(VectorReduce.BY_1)).lane(0);
    }

    private static void scale(
            float[] x, int from, float mean, float inverse, float[] gamma, float[] beta, float[] out, int to) {
        int full = SPECIES.loopBound(gamma.length);
        for (int i = 0; i < full; i += LANES) {
            FloatVector.fromArray(SPECIES, gamma, i)
                    .mul(inverse)
                    .fma(FloatVector.fromArray(SPECIES, x, from + i).sub(mean), FloatVector.fromArray(SPECIES, beta, i))
                    .intoArray(out, to + i);
        }
        for (int i = full; i < gamma.length; i++) {
            out[to + i] = ScalarLayerNorm.scaled(x[from + i], mean, inverse, gamma[i], beta[i]);
        }
    }
}
