package dev.softpick.kernels.vector;

import dev.softpick.kernels.numerics.VirtualLanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The {@link MicroKernel}'s tile for sums of absolute scores: one flat method as well, with the same rows and columns.
 */
final class ScoreSumKernel {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int MR = MicroKernel.MR;
    private static final int NR = MicroKernel.NR;
    private static final int NV = NR / LANES;

    private ScoreSumKernel() {}

    /**
     * {@code lanes += |Q·Kᵀ|} over {@code panels} panels of keys that follow one another, without storing a score:
     * what a row's denominator needs of keys whose values it reads from the state. {@code lanes} has a row of
     * {@link VirtualLanes#COUNT} for each of the tile's rows of Q; the panels begin at lane {@code lane}.
     *
     * <p>One call for many panels, and |.| while the next panel's products run: 1.2 times as fast as tiles and a pass
     * over them.
     */
    static void absScores(
            float[] q, int qo, int ldq, int rows, float[] keys, int ko, int d, int panels, float[] lanes, int lo,
            int lane) {
        int r0 = qo;
        int r1 = rows > 1 ? r0 + ldq : r0;
        int r2 = rows > 2 ? r1 + ldq : r1;
        int r3 = rows > 3 ? r2 + ldq : r2;
        int r4 = rows > 4 ? r3 + ldq : r3;
        int r5 = rows > 5 ? r4 + ldq : r4;
        FloatVector zero = FloatVector.zero(SPECIES);
        int b = ko;
        for (int p = 0; p < panels; p++) {
            FloatVector c00 = zero;
            FloatVector c10 = zero;
            FloatVector c20 = zero;
            FloatVector c30 = zero;
            FloatVector c40 = zero;
            FloatVector c50 = zero;
            FloatVector c01 = zero;
            FloatVector c11 = zero;
            FloatVector c21 = zero;
            FloatVector c31 = zero;
            FloatVector c41 = zero;
            FloatVector c51 = zero;
            FloatVector c02 = zero;
            FloatVector c12 = zero;
            FloatVector c22 = zero;
            FloatVector c32 = zero;
            FloatVector c42 = zero;
            FloatVector c52 = zero;
            FloatVector c03 = zero;
            FloatVector c13 = zero;
            FloatVector c23 = zero;
            FloatVector c33 = zero;
            FloatVector c43 = zero;
            FloatVector c53 = zero;
            for (int i = 0, end = Math.min(d, MicroKernel.MAX_K); i < end; i++) {
                FloatVector b0 = FloatVector.fromArray(SPECIES, keys, b);
                FloatVector b1 = FloatVector.fromArray(SPECIES, keys, b + LANES);
                FloatVector b2 = NV > 2 ? FloatVector.fromArray(SPECIES, keys, b + 2 * LANES) : b0;
                FloatVector b3 = NV > 2 ? FloatVector.fromArray(SPECIES, keys, b + 3 * LANES) : b0;
                FloatVector x = FloatVector.broadcast(SPECIES, q[r0 + i]);
                c00 = x.fma(b0, c00);
                c01 = x.fma(b1, c01);
                if (NV > 2) {
                    c02 = x.fma(b2, c02);
                    c03 = x.fma(b3, c03);
                }
                x = FloatVector.broadcast(SPECIES, q[r1 + i]);
                c10 = x.fma(b0, c10);
                c11 = x.fma(b1, c11);
                if (NV > 2) {
                    c12 = x.fma(b2, c12);
                    c13 = x.fma(b3, c13);
                }
                x = FloatVector.broadcast(SPECIES, q[r2 + i]);
                c20 = x.fma(b0, c20);
                c21 = x.fma(b1, c21);
                if (NV > 2) {
                    c22 = x.fma(b2, c22);
                    c23 = x.fma(b3, c23);
                }
                x = FloatVector.broadcast(SPECIES, q[r3 + i]);
                c30 = x.fma(b0, c30);
                c31 = x.fma(b1, c31);
                if (NV > 2) {
                    c32 = x.fma(b2, c32);
                    c33 = x.fma(b3, c33);
                }
                x = FloatVector.broadcast(SPECIES, q[r4 + i]);
                c40 = x.fma(b0, c40);
                c41 = x.fma(b1, c41);
                if (NV > 2) {
                    c42 = x.fma(b2, c42);
                    c43 = x.fma(b3, c43);
                }
                if (MR > 5) {
                    x = FloatVector.broadcast(SPECIES, q[r5 + i]);
                    c50 = x.fma(b0, c50);
                    c51 = x.fma(b1, c51);
                    if (NV > 2) {
                        c52 = x.fma(b2, c52);
                        c53 = x.fma(b3, c53);
                    }
                }
                b += NR;
            }
            int at = lo + (lane + p * NR) % VirtualLanes.COUNT;
            FloatVector.fromArray(SPECIES, lanes, at).add(c00.abs()).intoArray(lanes, at);
            FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c01.abs()).intoArray(lanes, at + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c02.abs()).intoArray(lanes, at + 2 * LANES);
                FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c03.abs()).intoArray(lanes, at + 3 * LANES);
            }
            at += VirtualLanes.COUNT;
            FloatVector.fromArray(SPECIES, lanes, at).add(c10.abs()).intoArray(lanes, at);
            FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c11.abs()).intoArray(lanes, at + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c12.abs()).intoArray(lanes, at + 2 * LANES);
                FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c13.abs()).intoArray(lanes, at + 3 * LANES);
            }
            at += VirtualLanes.COUNT;
            FloatVector.fromArray(SPECIES, lanes, at).add(c20.abs()).intoArray(lanes, at);
            FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c21.abs()).intoArray(lanes, at + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c22.abs()).intoArray(lanes, at + 2 * LANES);
                FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c23.abs()).intoArray(lanes, at + 3 * LANES);
            }
            at += VirtualLanes.COUNT;
            FloatVector.fromArray(SPECIES, lanes, at).add(c30.abs()).intoArray(lanes, at);
            FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c31.abs()).intoArray(lanes, at + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c32.abs()).intoArray(lanes, at + 2 * LANES);
                FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c33.abs()).intoArray(lanes, at + 3 * LANES);
            }
            at += VirtualLanes.COUNT;
            FloatVector.fromArray(SPECIES, lanes, at).add(c40.abs()).intoArray(lanes, at);
            FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c41.abs()).intoArray(lanes, at + LANES);
            if (NV > 2) {
                FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c42.abs()).intoArray(lanes, at + 2 * LANES);
                FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c43.abs()).intoArray(lanes, at + 3 * LANES);
            }
            at += VirtualLanes.COUNT;
            if (MR > 5) {
                FloatVector.fromArray(SPECIES, lanes, at).add(c50.abs()).intoArray(lanes, at);
                FloatVector.fromArray(SPECIES, lanes, at + LANES).add(c51.abs()).intoArray(lanes, at + LANES);
                if (NV > 2) {
                    FloatVector.fromArray(SPECIES, lanes, at + 2 * LANES).add(c52.abs())
                            .intoArray(lanes, at + 2 * LANES);
                    FloatVector.fromArray(SPECIES, lanes, at + 3 * LANES).add(c53.abs())
                            .intoArray(lanes, at + 3 * LANES);
                }
            }
        }
    }
}
