package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarReduce;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of {@link VirtualLanes}. A pass adds four registers whose lanes stand 16 apart, for those fold among
 * themselves at every width: one pass over a block at 512 bits, two at 256.
 */
final class VectorReduce {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int COUNT = VirtualLanes.COUNT;

    /** Lanes between the registers of a pass; a pass folds its four to this many lanes. */
    private static final int APART = COUNT / 4;

    private static final VectorShuffle<Float> BY_8 = rotation(8);
    private static final VectorShuffle<Float> BY_4 = rotation(4);
    private static final VectorShuffle<Float> BY_2 = rotation(2);
    private static final VectorShuffle<Float> BY_1 = rotation(1);

    /**
     * With fewer lanes the sums are the scalar kernel's: four passes, whose results have to be kept apart until the end,
     * are more than C2 keeps in registers every time it compiles them.
     */
    static final int FEWEST_LANES = 8;

    private VectorReduce() {}

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(SPECIES, i -> (i + by) % LANES);
    }

    static double absSum(float[] x, int offset, int length) {
        if (LANES < FEWEST_LANES) {
            return ScalarReduce.absSum(x, offset, length);
        }
        double sum = 0;
        for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
            sum += block(x, offset + i, Math.min(VirtualLanes.BLOCK, length - i));
        }
        return sum;
    }

    private static float block(float[] x, int offset, int n) {
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
                a = a.add(FloatVector.fromArray(SPECIES, x, at).abs());
                b = b.add(FloatVector.fromArray(SPECIES, x, at + APART).abs());
                c = c.add(FloatVector.fromArray(SPECIES, x, at + 2 * APART).abs());
                d = d.add(FloatVector.fromArray(SPECIES, x, at + 3 * APART).abs());
            }
            if (i < n) {
                int at = offset + i;
                a = a.add(FloatVector.fromArray(SPECIES, x, at, SPECIES.indexInRange(i, n)).abs());
                b = b.add(FloatVector.fromArray(SPECIES, x, at + APART, SPECIES.indexInRange(i + APART, n)).abs());
                c = c.add(FloatVector.fromArray(SPECIES, x, at + 2 * APART, SPECIES.indexInRange(i + 2 * APART, n))
                        .abs());
                d = d.add(FloatVector.fromArray(SPECIES, x, at + 3 * APART, SPECIES.indexInRange(i + 3 * APART, n))
                        .abs());
            }
            FloatVector s = a.add(c).add(b.add(d));
            total = first == 0 ? s : total.add(s);
        }
        FloatVector v = total;
        if (LANES > 8) {
            v = v.add(v.rearrange(BY_8));
        }
        v = v.add(v.rearrange(BY_4));
        v = v.add(v.rearrange(BY_2));
        v = v.add(v.rearrange(BY_1));
        return v.lane(0);
    }
}
