package dev.softpick.kernels.layout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The right-hand side of a matrix product in the order in which the micro-kernel reads it, with its bias.
 *
 * <p>A {@code [k, n]} matrix is cut into panels of {@code width} columns; a panel stores its k rows one after the
 * other, so the kernel walks memory forwards. The last panel is padded with zero columns, and so is the bias. Immutable
 * once it is filled.
 *
 * @param values the array that holds the panels, one after the other
 * @param start where the first panel starts in it
 * @param bias the array that holds one float a column, padded to whole panels; zeros where the caller gave none
 * @param biasStart where the first column's bias stands in it
 * @param k rows of the matrix
 * @param n columns
 * @param width columns in a panel
 */
public record Panels(float[] values, int start, float[] bias, int biasStart, int k, int n, int width)
        implements Weights {

    /**
     * So many floats put a panel on a cache line where the array starts on one: 12, or 13 where compact object headers
     * move the data. Objects of half a region and more start on one under G1, and are never moved: packing the matrices
     * of a model into one array gives the micro-kernel 15 %.
     */
    public static final int LEAD = ArrayBase.floatsToLine();

    /** Floats that a packed {@code [k, n]} matrix takes. */
    public static long size(int k, int n, int width) {
        return (long) Math.ceilDiv(n, width) * width * k;
    }

    /** Packs a dense row-major {@code [k, n]} matrix into an array of its own; {@code bias} may be null. */
    public static Panels pack(float[] matrix, int k, int n, float @Nullable [] bias, int width) {
        return pack(matrix, k, n, bias, width, new float[Math.toIntExact(LEAD + size(k, n, width))], LEAD);
    }

    /** Packs a dense row-major {@code [k, n]} matrix into {@code store} from {@code start} on, which must be zeros. */
    public static Panels pack(
            float[] matrix, int k, int n, float @Nullable [] bias, int width, float[] store, int start) {
        int panels = Math.ceilDiv(n, width);
        float[] padded = bias == null ? new float[panels * width] : Arrays.copyOf(bias, panels * width);
        Panels packed = new Panels(store, start, padded, 0, k, n, width);
        packed.fill(matrix, 0, n);
        return packed;
    }

    /**
     * Writes a dense row-major {@code [k, columns]} matrix into the columns from {@code column} on, while it is packed.
     */
    public void fill(float[] matrix, int column, int columns) {
        for (int row = 0; row < k; row++) {
            fillRow(matrix, row * columns, row, column, columns);
        }
    }

    private void fillRow(float[] matrix, int from, int row, int column, int columns) {
        for (int j = 0, run; j < columns; j += run) {
            int inPanel = (column + j) % width;
            run = Math.min(width - inPanel, columns - j);
            System.arraycopy(matrix, from + j, values, offset((column + j) / width) + row * width + inPanel, run);
        }
    }

    /** Writes the matrix row by row, {@code ld} floats from row to row. */
    public void unpack(float[] to, int toOffset, int ld) {
        for (int p = 0; p < count(); p++) {
            int columns = Math.min(width, n - p * width);
            for (int row = 0; row < k; row++) {
                System.arraycopy(values, offset(p) + row * width, to, toOffset + row * ld + p * width, columns);
            }
        }
    }

    /** Where panel {@code p} starts in {@link #values}. */
    public int offset(int p) {
        return start + p * k * width;
    }

    /** Where the bias of panel {@code p} starts in {@link #bias}. */
    public int biasOffset(int p) {
        return biasStart + p * width;
    }

    @Override
    public float[] initial() {
        return bias;
    }

    @Override
    public int initialOffset(int p) {
        return biasOffset(p);
    }

    @Override
    public @Nullable PanelBuffers buffers() {
        return null;
    }

    @Override
    public Panels slice(int from, int to) {
        return new Panels(values, offset(from), bias, biasOffset(from), k, columns(from, to), width);
    }
}
