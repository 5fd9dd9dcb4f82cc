package dev.softpick.kernels.vector;

import static jdk.incubator.vector.VectorOperators.REINTERPRET_F2I;
import static jdk.incubator.vector.VectorOperators.REINTERPRET_I2F;

import dev.softpick.kernels.numerics.VirtualLanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of {@link VirtualLanes}. A pass adds four registers whose lanes stand 16 apart, for those fold among
 * themselves at every width: one pass over a block at 512 bits, two at 256, four at 128. The results of two passes
 * that stand 8 apart fold next, then those of 4 apart: what is left is one register.
 *
 * <p>{@code FloatVector.abs} loads the mask of its sign bits from memory each time; with the mask in a register, sums
 * in L2 are a third faster. Whole blocks have a method with a constant trip count: up to 1.5 times as fast at 128 bits.
 * With the results of the passes in variables of their own and a choice among them C2 sometimes boxed them.
 */
final class VectorReduce {

    /** With fewer, {@link VectorLayerNorm} leaves its sums to the scalar kernel. */
    static final int FEWEST_LANES = 8;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> BITS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int COUNT = VirtualLanes.COUNT;
    private static final int BLOCK = VirtualLanes.BLOCK;

    /** Lanes between the registers of a pass. */
    private static final int APART = COUNT / 4;

    /** Lanes between two passes that fold with each other. */
    private static final int STEP = Math.max(LANES, APART / 2);

    /** Each lane takes that of the one so many behind it: what a register's lanes fold with. */
    static final VectorShuffle<Float> BY_8 = rotation(8);
    static final VectorShuffle<Float> BY_4 = rotation(4);
    static final VectorShuffle<Float> BY_2 = rotation(2);
    static final VectorShuffle<Float> BY_1 = rotation(1);

    private VectorReduce() {}

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.iota(SPECIES, by % LANES, 1, true);
    }

    static double absSum(float[] x, int offset, int length) {
        double sum = 0;
        int i = 0;
        for (; i <= length - BLOCK; i += BLOCK) {
            sum += block(x, offset + i);
        }
        if (i < length) {
            sum += rest(x, offset + i, length - i);
        }
        return sum;
    }

    private static float block(float[] x, int offset) {
        IntVector magnitude = IntVector.broadcast(BITS, Integer.MAX_VALUE);
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector v = zero;
        for (int pair = 0; pair < APART / 2; pair += LANES) {
            FloatVector s = zero;
            for (int first = pair; first < APART; first += STEP) {
                FloatVector a = zero;
                FloatVector b = zero;
                FloatVector c = zero;
                FloatVector d = zero;
                for (int i = first; i < BLOCK; i += COUNT) {
                    int at = offset + i;
                    var va = (IntVector) FloatVector.fromArray(SPECIES, x, at).convert(REINTERPRET_F2I, 0);
                    var vb = (IntVector) FloatVector.fromArray(SPECIES, x, at + APART).convert(REINTERPRET_F2I, 0);
                    var vc = (IntVector) FloatVector.fromArray(SPECIES, x, at + 2 * APART).convert(REINTERPRET_F2I, 0);
                    var vd = (IntVector) FloatVector.fromArray(SPECIES, x, at + 3 * APART).convert(REINTERPRET_F2I, 0);
                    a = a.add((FloatVector) va.and(magnitude).convert(REINTERPRET_I2F, 0));
                    b = b.add((FloatVector) vb.and(magnitude).convert(REINTERPRET_I2F, 0));
                    c = c.add((FloatVector) vc.and(magnitude).convert(REINTERPRET_I2F, 0));
                    d = d.add((FloatVector) vd.and(magnitude).convert(REINTERPRET_I2F, 0));
                }
                s = s.add(a.add(c).add(b.add(d)));
            }
            v = v.add(s);
        }
        if (LANES > 8) {
            v = v.add(v.rearrange(BY_8));
        }
        if (LANES > 4) {
            v = v.add(v.rearrange(BY_4));
        }
        v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }

    /** The same for fewer elements than a block has. */
    private static float rest(float[] x, int offset, int n) {
        IntVector magnitude = IntVector.broadcast(BITS, Integer.MAX_VALUE);
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector v = zero;
        int full = n & -COUNT;
        for (int pair = 0; pair < APART / 2; pair += LANES) {
            FloatVector s = zero;
            for (int first = pair; first < APART; first += STEP) {
                FloatVector a = zero;
                FloatVector b = zero;
                FloatVector c = zero;
                FloatVector d = zero;
                for (int i = first; i < full; i += COUNT) {
                    int at = offset + i;
                    var va = (IntVector) FloatVector.fromArray(SPECIES, x, at).convert(REINTERPRET_F2I, 0);
                    var vb = (IntVector) FloatVector.fromArray(SPECIES, x, at + APART).convert(REINTERPRET_F2I, 0);
                    var vc = (IntVector) FloatVector.fromArray(SPECIES, x, at + 2 * APART).convert(REINTERPRET_F2I, 0);
                    var vd = (IntVector) FloatVector.fromArray(SPECIES, x, at + 3 * APART).convert(REINTERPRET_F2I, 0);
                    a = a.add((FloatVector) va.and(magnitude).convert(REINTERPRET_I2F, 0));
                    b = b.add((FloatVector) vb.and(magnitude).convert(REINTERPRET_I2F, 0));
                    c = c.add((FloatVector) vc.and(magnitude).convert(REINTERPRET_I2F, 0));
                    d = d.add((FloatVector) vd.and(magnitude).convert(REINTERPRET_I2F, 0));
                }
                int i = full + first;
                if (i < n) {
                    a = a.add(FloatVector.fromArray(SPECIES, x, offset + i, SPECIES.indexInRange(i, n)).abs());
                }
                i += APART;
                if (i < n) {
                    b = b.add(FloatVector.fromArray(SPECIES, x, offset + i, SPECIES.indexInRange(i, n)).abs());
                }
                i += APART;
                if (i < n) {
                    c = c.add(FloatVector.fromArray(SPECIES, x, offset + i, SPECIES.indexInRange(i, n)).abs());
                }
                i += APART;
                if (i < n) {
                    d = d.add(FloatVector.fromArray(SPECIES, x, offset + i, SPECIES.indexInRange(i, n)).abs());
                }
                s = s.add(a.add(c).add(b.add(d)));
            }
            v = v.add(s);
        }
        if (LANES > 8) {
            v = v.add(v.rearrange(BY_8));
        }
        if (LANES > 4) {
            v = v.add(v.rearrange(BY_4));
        }
        v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }
}
