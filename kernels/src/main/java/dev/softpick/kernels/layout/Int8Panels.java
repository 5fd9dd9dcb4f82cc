package dev.softpick.kernels.layout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Weights of 8 bits with a scale for each column, {@code w = q · s}. A panel's bytes stand as its floats would, row
 * after row, so that a narrow load and a conversion give a vector. At four lanes there is no load of four bytes; there,
 * sixteen elements {@code e} stand as four ints, element {@code e} in byte {@code e / 4} of int {@code e % 4}, counted
 * in the order of memory on every processor.
 *
 * <p>A product adds {@code a · q} from +0 on over all rows, and multiplies with the scale and adds the bias at the
 * end, in one fused multiply-add.
 *
 * @param values the bytes of all panels
 * @param start where the first panel starts in them
 * @param scale one float a column, padded to whole panels
 * @param bias the same
 * @param columnStart where the first column stands in {@code scale} and {@code bias}
 * @param k rows of the matrix
 * @param n columns
 * @param width columns in a panel, a multiple of {@code lanes}
 * @param lanes floats in a vector of the backend that these panels are for
 * @param buffers where products decode them to
 */
public record Int8Panels(
        byte[] values, int start, float[] scale, float[] bias, int columnStart, int k, int n, int width, int lanes,
        PanelBuffers buffers) implements Weights {

    /** Bytes in front of the first panel: as many as {@link Panels#LEAD} floats are. */
    public static final int LEAD = Panels.LEAD * Float.BYTES;

    /** Panels are at most as wide as this. */
    private static final float[] ZEROS = new float[64];

    /** Bytes that a packed {@code [k, n]} matrix takes. */
    public static long size(int k, int n, int width) {
        return (long) Math.ceilDiv(n, width) * width * k;
    }

    /** Packs a dense row-major {@code [k, n]} matrix into an array of its own; {@code bias} may be null. */
    public static Int8Panels pack(
            byte[] matrix, float[] scale, int k, int n, float @Nullable [] bias, int width, int lanes) {
        int columns = Math.ceilDiv(n, width) * width;
        Int8Panels packed = new Int8Panels(
                new byte[Math.toIntExact(LEAD + size(k, n, width))], LEAD, Arrays.copyOf(scale, columns),
                bias == null ? new float[columns] : Arrays.copyOf(bias, columns), 0, k, n, width, lanes,
                new PanelBuffers(k, width, n % width != 0));
        packed.fill(matrix, 0, n);
        return packed;
    }

    /** Writes a dense row-major {@code [k, columns]} matrix into the columns from {@code column} on. */
    public void fill(byte[] matrix, int column, int columns) {
        for (int row = 0; row < k; row++) {
            for (int j = 0, run; j < columns; j += run) {
                int element = row * width + (column + j) % width;
                int panel = offset((column + j) / width);
                run = Math.min(width - (column + j) % width, columns - j);
                if (lanes > 4) {
                    System.arraycopy(matrix, row * columns + j, values, panel + element, run);
                } else {
                    for (int i = 0; i < run; i++) {
                        values[panel + place(element + i)] = matrix[row * columns + j + i];
                    }
                }
            }
        }
    }

    /** Writes the columns from {@code column} on as a dense row-major {@code [k, columns]} matrix. */
    public void unpack(int column, int columns, byte[] matrix) {
        for (int row = 0; row < k; row++) {
            for (int j = 0; j < columns; j++) {
                int element = row * width + (column + j) % width;
                matrix[row * columns + j] = values[offset((column + j) / width) + place(element)];
            }
        }
    }

    /** Where an element stands in its panel; {@code row · width + column} numbers the elements. */
    public int place(int element) {
        return lanes > 4 ? element : element / 16 * 16 + element % 4 * 4 + element / 4 % 4;
    }

    /** Where panel {@code p} starts in {@link #values}. */
    public int offset(int p) {
        return start + p * k * width;
    }

    /** Where panel {@code p} starts in {@link #scale} and {@link #bias}. */
    public int columnOffset(int p) {
        return columnStart + p * width;
    }

    @Override
    public float[] initial() {
        return ZEROS;
    }

    @Override
    public int initialOffset(int p) {
        return 0;
    }

    @Override
    public Int8Panels slice(int from, int to) {
        return new Int8Panels(
                values, offset(from), scale, bias, columnOffset(from), k, columns(from, to), width, lanes, buffers);
    }
}
