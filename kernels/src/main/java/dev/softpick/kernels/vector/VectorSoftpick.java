package dev.softpick.kernels.vector;

import static dev.softpick.kernels.backend.ColumnStrip.COLUMNS;

import dev.softpick.kernels.backend.ColumnStrip;
import dev.softpick.kernels.backend.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarSoftpick;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code x_i / (1 + Σ|x_j|)}: one pass for the sum, one that multiplies with the reciprocal. A vector division takes 16
 * cycles for 64 bytes, more than memory does.
 */
final class VectorSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
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
        ColumnStrip strip = ColumnStrip.take();
        for (int c = 0; c < columns; c += COLUMNS) {
            int width = Math.min(COLUMNS, columns - c);
            Arrays.fill(strip.sums, 0);
            for (int i = 0; i < length; i += VirtualLanes.BLOCK) {
                int rows = Math.min(VirtualLanes.BLOCK, length - i);
                addAbs(x, xOffset + i * columns + c, rows, columns, width, strip.lanes);
                strip.foldBlock(rows);
            }
            boolean large = false;
            for (int j = 0; j < width; j++) {
                large |= strip.sums[j] > ScalarSoftpick.LARGEST_SUM;
                strip.shares[j] = (float) (1 / (1 + strip.sums[j]));
            }
            if (large) {
                for (int j = c; j < c + width; j++) {
                    ScalarSoftpick.column(x, xOffset + j, out, outOffset + j, length, columns);
                }
            } else {
                multiply(x, xOffset + c, out, outOffset + c, length, columns, width, strip.shares);
            }
        }
        strip.giveBack();
    }

    /** Adds the magnitudes of a block of rows to the lanes of a strip. */
    private static void addAbs(float[] x, int offset, int rows, int columns, int width, float[] lanes) {
        for (int i = 0; i < rows; i++) {
            int at = offset + i * columns;
            int lane = ColumnStrip.lane(i);
            for (int c = 0; c < width; c += LANES) {
                FloatVector value = c <= width - LANES
                        ? FloatVector.fromArray(SPECIES, x, at + c).abs()
                        : FloatVector.fromArray(SPECIES, x, at + c, SPECIES.indexInRange(c, width)).abs();
                if (i >= VirtualLanes.COUNT) {
                    value = value.add(FloatVector.fromArray(SPECIES, lanes, lane + c));
                }
                value.intoArray(lanes, lane + c);
            }
        }
    }

    /** Multiplies each column of a strip with its share. */
    private static void multiply(
            float[] x, int xo, float[] out, int oo, int length, int columns, int width, float[] shares) {
        for (int i = 0; i < length; i++) {
            int at = i * columns;
            for (int c = 0; c < width; c += LANES) {
                FloatVector share = FloatVector.fromArray(SPECIES, shares, c);
                if (c <= width - LANES) {
                    FloatVector.fromArray(SPECIES, x, xo + at + c).mul(share).intoArray(out, oo + at + c);
                } else {
                    VectorMask<Float> mask = SPECIES.indexInRange(c, width);
                    FloatVector.fromArray(SPECIES, x, xo + at + c, mask).mul(share).intoArray(out, oo + at + c, mask);
                }
            }
        }
    }
}
