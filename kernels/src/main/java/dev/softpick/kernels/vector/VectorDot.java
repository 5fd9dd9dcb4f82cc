package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.VirtualLanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code Σ (x_i − shift)·y_i} in the passes of {@link VectorReduce}. A product is rounded before it is added: so no
 * lane ever holds −0, and the zeros that a mask reads behind the row change no bit.
 */
final class VectorDot {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int COUNT = VirtualLanes.COUNT;
    private static final int BLOCK = VirtualLanes.BLOCK;

    /** Lanes between the registers of a pass. */
    private static final int APART = COUNT / 4;

    /** Lanes between two passes that fold with each other. */
    private static final int STEP = Math.max(LANES, APART / 2);

    private VectorDot() {}

    static double dot(float[] x, int xOffset, float shift, float[] y, int yOffset, int length) {
        double sum = 0;
        for (int i = 0; i < length; i += BLOCK) {
            sum += block(x, xOffset + i, shift, y, yOffset + i, Math.min(BLOCK, length - i));
        }
        return sum;
    }

    private static float block(float[] x, int xo, float shift, float[] y, int yo, int n) {
        FloatVector by = FloatVector.broadcast(SPECIES, shift);
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
                int i = first;
                for (; i < full; i += COUNT) {
                    var xa = FloatVector.fromArray(SPECIES, x, xo + i).sub(by);
                    var xb = FloatVector.fromArray(SPECIES, x, xo + i + APART).sub(by);
                    var xc = FloatVector.fromArray(SPECIES, x, xo + i + 2 * APART).sub(by);
                    var xd = FloatVector.fromArray(SPECIES, x, xo + i + 3 * APART).sub(by);
                    a = a.add(xa.mul(FloatVector.fromArray(SPECIES, y, yo + i)));
                    b = b.add(xb.mul(FloatVector.fromArray(SPECIES, y, yo + i + APART)));
                    c = c.add(xc.mul(FloatVector.fromArray(SPECIES, y, yo + i + 2 * APART)));
                    d = d.add(xd.mul(FloatVector.fromArray(SPECIES, y, yo + i + 3 * APART)));
                }
                if (i < n) {
                    a = last(a, x, xo, by, y, yo, i, n);
                }
                i += APART;
                if (i < n) {
                    b = last(b, x, xo, by, y, yo, i, n);
                }
                i += APART;
                if (i < n) {
                    c = last(c, x, xo, by, y, yo, i, n);
                }
                i += APART;
                if (i < n) {
                    d = last(d, x, xo, by, y, yo, i, n);
                }
                s = s.add(a.add(c).add(b.add(d)));
            }
            v = v.add(s);
        }
        if (LANES > 8) {
            v = v.add(v.rearrange(VectorReduce.BY_8));
        }
        if (LANES > 4) {
            v = v.add(v.rearrange(VectorReduce.BY_4));
        }
        v = v.add(v.rearrange(VectorReduce.BY_2));
        return v.add(v.rearrange(VectorReduce.BY_1)).lane(0);
    }

    /**
     * The part of a register that is left. In a method of its own: four times its masks in the one above are more than
     * C1 has registers for, and where it gave up before C2 had been asked, the method stayed interpreted for good.
     */
    private static FloatVector last(
            FloatVector sum, float[] x, int xo, FloatVector by, float[] y, int yo, int i, int n) {
        var m = SPECIES.indexInRange(i, n);
        return sum.add(FloatVector.fromArray(SPECIES, x, xo + i, m)
                .sub(by)
                .mul(FloatVector.fromArray(SPECIES, y, yo + i, m)));
    }
}
