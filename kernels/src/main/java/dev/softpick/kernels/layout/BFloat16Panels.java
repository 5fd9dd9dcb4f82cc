package dev.softpick.kernels.layout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Weights of 16 bits, the upper halves of floats, two columns in an int: one load, a shift and a mask give two vectors
 * of floats. A panel's elements, row after row, are cut into groups of {@code 2 · lanes}; int l of a group holds its
 * element l in the lower half and its element {@code lanes + l} in the upper.
 *
 * @param values the ints of all panels
 * @param start where the first panel starts in them
 * @param bias one float a column, padded to whole panels
 * @param biasStart where the first column's bias stands in it
 * @param k rows of the matrix
 * @param n columns
 * @param width columns in a panel, a multiple of {@code 2 · lanes}
 * @param lanes floats in a vector of the backend that these panels are for
 * @param buffers where products decode them to
 */
public record BFloat16Panels(
        int[] values, int start, float[] bias, int biasStart, int k, int n, int width, int lanes, PanelBuffers buffers)
        implements Weights {

    /** Ints in front of the first panel; {@link Panels#LEAD}. */
    public static final int LEAD = Panels.LEAD;

    /** Ints that a packed {@code [k, n]} matrix takes. */
    public static long size(int k, int n, int width) {
        return (long) Math.ceilDiv(n, width) * width / 2 * k;
    }

    /** Packs a dense row-major {@code [k, n]} matrix of bfloat16 into an array of its own; {@code bias} may be null. */
    public static BFloat16Panels pack(short[] matrix, int k, int n, float @Nullable [] bias, int width, int lanes) {
        int columns = Math.ceilDiv(n, width) * width;
        float[] padded = bias == null ? new float[columns] : Arrays.copyOf(bias, columns);
        BFloat16Panels packed = new BFloat16Panels(
                new int[Math.toIntExact(LEAD + size(k, n, width))], LEAD, padded, 0, k, n, width, lanes,
                new PanelBuffers(k, width, n % width != 0));
        packed.fill(matrix, 0, n);
        return packed;
    }

    /**
     * Writes a dense row-major {@code [k, columns]} matrix into the columns from {@code column} on, once: they must be
     * zeros.
     */
    public void fill(short[] matrix, int column, int columns) {
        for (int row = 0; row < k; row++) {
            for (int j = 0, run; j < columns; j += run) {
                int element = row * width + (column + j) % width;
                int to = offset((column + j) / width) + place(element);
                int shift = shift(element);
                // Consecutive elements stand in consecutive ints up to the end of a vector.
                run = Math.min(lanes - element % lanes, columns - j);
                for (int i = 0; i < run; i++) {
                    values[to + i] |= (matrix[row * columns + j + i] & 0xffff) << shift;
                }
            }
        }
    }

    /** Writes the columns from {@code column} on as a dense row-major {@code [k, columns]} matrix. */
    public void unpack(int column, int columns, short[] matrix) {
        for (int row = 0; row < k; row++) {
            for (int j = 0; j < columns; j++) {
                int at = offset((column + j) / width);
                int element = row * width + (column + j) % width;
                matrix[row * columns + j] = (short) (values[at + place(element)] >>> shift(element));
            }
        }
    }

    /** Which int of its panel holds an element; {@code row · width + column} numbers the elements. */
    public int place(int element) {
        return element / (2 * lanes) * lanes + element % lanes;
    }

    /** The bits of that int below an element. */
    public int shift(int element) {
        return element / lanes % 2 * 16;
    }

    /** Where panel {@code p} starts in {@link #values}. */
    public int offset(int p) {
        return start + p * (k * width / 2);
    }

    @Override
    public float[] initial() {
        return bias;
    }

    @Override
    public int initialOffset(int p) {
        return biasStart + p * width;
    }

    @Override
    public BFloat16Panels slice(int from, int to) {
        return new BFloat16Panels(
                values, offset(from), bias, initialOffset(from), k, columns(from, to), width, lanes, buffers);
    }
}
