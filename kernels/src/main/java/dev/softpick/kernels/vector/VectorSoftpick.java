package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarSoftpick;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code x_i / (1 + Σ|x_j|)}: one pass for the sum, one that multiplies with the reciprocal. A vector division takes 16
 * cycles for 64 bytes, more than memory does.
 */
final class VectorSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        double sum = VectorReduce.absSum(x, xOffset, length);
        if (sum > ScalarSoftpick.LARGEST_SUM) {
            ScalarSoftpick.column(x, xOffset, out, outOffset, length, 1);
            return;
        }
        float scale = (float) (1 / (1 + sum));
        int i = 0;
        for (; i <= length - LANES; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).mul(scale).intoArray(out, outOffset + i);
        }
        if (i < length) {
            var mask = SPECIES.indexInRange(i, length);
            FloatVector.fromArray(SPECIES, x, xOffset + i, mask).mul(scale).intoArray(out, outOffset + i, mask);
        }
    }

    static void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        for (int column = 0; column < columns; column += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(column, columns);
            DoubleVector low = DoubleVector.zero(DOUBLES);
            DoubleVector high = DoubleVector.zero(DOUBLES);
            for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
                int n = Math.min(VirtualLanes.BLOCK, length - i);
                FloatVector sum = columnSums(x, xOffset + i * columns + column, columns, n, mask);
                low = low.add(sum.convertShape(VectorOperators.F2D, DOUBLES, 0));
                high = high.add(sum.convertShape(VectorOperators.F2D, DOUBLES, 1));
            }
            if (low.compare(VectorOperators.GT, ScalarSoftpick.LARGEST_SUM).anyTrue()
                    || high.compare(VectorOperators.GT, ScalarSoftpick.LARGEST_SUM).anyTrue()) {
                for (int i = column; i < Math.min(column + LANES, columns); i++) {
                    ScalarSoftpick.column(x, xOffset + i, out, outOffset + i, length, columns);
                }
                continue;
            }
            DoubleVector one = DoubleVector.broadcast(DOUBLES, 1);
            FloatVector scale = (FloatVector) one.div(low.add(1)).convertShape(VectorOperators.D2F, SPECIES, 0)
                    .lanewise(VectorOperators.ADD,
                            one.div(high.add(1)).convertShape(VectorOperators.D2F, SPECIES, -1));
            for (int i = 0; i < length; i++) {
                int at = i * columns + column;
                FloatVector.fromArray(SPECIES, x, xOffset + at, mask).mul(scale).intoArray(out, outOffset + at, mask);
            }
        }
    }

    /**
     * Sums down one vector of columns: eight virtual lanes at a time that fold among themselves, as the scalar kernel
     * does, the groups merged like the digits of a binary counter.
     */
    private static FloatVector columnSums(float[] x, int offset, int stride, int n, VectorMask<Float> mask) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector ones = zero;
        FloatVector twos = zero;
        FloatVector fours = zero;
        for (int group = 0; group < 8; group++) {
            int base = (group & 1) * 4 + (group & 2) + (group & 4) / 4;
            FloatVector l0 = zero;
            FloatVector l8 = zero;
            FloatVector l16 = zero;
            FloatVector l24 = zero;
            FloatVector l32 = zero;
            FloatVector l40 = zero;
            FloatVector l48 = zero;
            FloatVector l56 = zero;
            for (int i = base; i < n; i += VirtualLanes.COUNT) {
                int at = offset + i * stride;
                l0 = l0.add(FloatVector.fromArray(SPECIES, x, at, mask).abs());
                if (i + 8 < n) {
                    l8 = l8.add(FloatVector.fromArray(SPECIES, x, at + 8 * stride, mask).abs());
                }
                if (i + 16 < n) {
                    l16 = l16.add(FloatVector.fromArray(SPECIES, x, at + 16 * stride, mask).abs());
                }
                if (i + 24 < n) {
                    l24 = l24.add(FloatVector.fromArray(SPECIES, x, at + 24 * stride, mask).abs());
                }
                if (i + 32 < n) {
                    l32 = l32.add(FloatVector.fromArray(SPECIES, x, at + 32 * stride, mask).abs());
                }
                if (i + 40 < n) {
                    l40 = l40.add(FloatVector.fromArray(SPECIES, x, at + 40 * stride, mask).abs());
                }
                if (i + 48 < n) {
                    l48 = l48.add(FloatVector.fromArray(SPECIES, x, at + 48 * stride, mask).abs());
                }
                if (i + 56 < n) {
                    l56 = l56.add(FloatVector.fromArray(SPECIES, x, at + 56 * stride, mask).abs());
                }
            }
            FloatVector s = l0.add(l32).add(l16.add(l48)).add(l8.add(l40).add(l24.add(l56)));
            if ((group & 1) == 0) {
                ones = s;
            } else {
                s = ones.add(s);
                if ((group & 2) == 0) {
                    twos = s;
                } else {
                    s = twos.add(s);
                    fours = (group & 4) == 0 ? s : fours.add(s);
                }
            }
        }
        return fours;
    }
}
