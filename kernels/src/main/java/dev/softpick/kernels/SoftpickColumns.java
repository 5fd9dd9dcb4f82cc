package dev.softpick.kernels;

import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.numerics.SoftpickRules;
import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/**
 * Softpick of the columns of a block, a row at a time: two additions and a product an element, so that copying columns
 * out ({@link ColumnStrip}, as the normalizers with an exponential do) would cost four to six times as much. The lanes
 * of {@link VirtualLanes} stand behind one another, a row of numbers each, so the bits are those of the column copied
 * out.
 */
final class SoftpickColumns {

    /** Columns at once: their lanes, 128 KB, stay in the second cache. */
    private static final int COLUMNS = 512;

    private static final int LANES = VirtualLanes.COUNT;

    /** Where the reciprocals stand behind the lanes. */
    private static final int RECIPROCALS = LANES * COLUMNS;

    private SoftpickColumns() {}

    static void normalize(RowKernels kernels, float[] x, int from, int length, int columns, float[] out) {
        ColumnStrip strip = ColumnStrip.take(0, columns);
        for (int column = 0; column < columns; column += COLUMNS) {
            int width = Math.min(COLUMNS, columns - column);
            if (sums(kernels, x, from + column, length, columns, width, strip)) {
                for (int row = 0; row < length; row++) {
                    int at = from + column + row * columns;
                    kernels.multiply(x, at, strip.values, RECIPROCALS, out, at, width);
                }
            } else {
                large(kernels, x, from + column, length, columns, width, out);
            }
        }
        strip.giveBack();
    }

    /** Leaves {@code 1 / (1 + Σ|x|)} of each column; false where a sum is beyond {@link SoftpickRules#LARGEST_SUM}. */
    private static boolean sums(
            RowKernels kernels, float[] x, int from, int length, int columns, int width, ColumnStrip strip) {
        float[] lanes = strip.values;
        double[] sums = strip.sums;
        Arrays.fill(sums, 0, width, 0);
        for (int block = 0; block < length; block += VirtualLanes.BLOCK) {
            int rows = Math.min(VirtualLanes.BLOCK, length - block);
            int used = Math.min(rows, LANES);
            for (int lane = 0; lane < used; lane++) {
                Arrays.fill(lanes, lane * COLUMNS, lane * COLUMNS + width, 0f);
            }
            for (int i = 0; i < rows; i++) {
                kernels.addAbsolute(x, from + (block + i) * columns, lanes, i % LANES * COLUMNS, width);
            }
            for (int half = LANES / 2; half > 0; half /= 2) {
                // No lane is below 0, and one without an element is 0 and changes none.
                for (int lane = half; lane < Math.min(2 * half, used); lane++) {
                    kernels.addAbsolute(lanes, lane * COLUMNS, lanes, (lane - half) * COLUMNS, width);
                }
            }
            for (int c = 0; c < width; c++) {
                sums[c] += lanes[c];
            }
        }
        boolean small = true;
        for (int c = 0; c < width; c++) {
            small &= !(sums[c] > SoftpickRules.LARGEST_SUM);
            lanes[RECIPROCALS + c] = (float) (1 / (1 + sums[c]));
        }
        return small;
    }

    /** Columns whose sums need double, one by one. */
    private static void large(
            RowKernels kernels, float[] x, int from, int length, int columns, int width, float[] out) {
        ColumnStrip strip = ColumnStrip.take(length, columns);
        for (int c = 0; c < width; c++) {
            strip.read(x, from + c, length, columns, 1);
            kernels.softpick(strip.values, 0, strip.values, 0, length);
            strip.write(out, from + c, length, columns, 1);
        }
        strip.giveBack();
    }
}
