package dev.softpick.kernels;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Up to sixteen neighbouring columns of a row-major block, one cache line of each of its rows, copied out so that each
 * is a row: then a column has the bits of that row because the same kernel computes it.
 *
 * <p>One spare of bounded size is kept: a lone caller with columns of up to 4,096 elements allocates nothing.
 */
final class ColumnStrip {

    /** Columns in a strip. */
    static final int COLUMNS = 16;

    /** Elements between the columns: rows of a power of two would push each other out of the first cache. */
    private static final int GAP = 16;

    /**
     * Rows that all columns of a strip are copied from at once: their cache lines are still there for the next columns.
     */
    private static final int ROWS = 16;

    private static final int LONGEST_SPARE = 4096;

    private static final AtomicReference<ColumnStrip> SPARE = new AtomicReference<>();

    /** The columns, {@link #at} apart. */
    final float[] values;

    /** A number for each of the columns of {@link SoftpickColumns}, which works in {@link #values}. */
    final double[] sums = new double[512];

    private final int longest;

    private ColumnStrip(int columns, int longest) {
        this.longest = longest;
        values = new float[Math.multiplyExact(columns, longest) + columns * GAP];
    }

    /** Room for a strip of a block. */
    static ColumnStrip take(int length, int columns) {
        if (length > LONGEST_SPARE) {
            return new ColumnStrip(Math.min(COLUMNS, columns), length);
        }
        ColumnStrip spare = SPARE.getAndSet(null);
        return spare == null ? new ColumnStrip(COLUMNS, LONGEST_SPARE) : spare;
    }

    /** Makes this the spare one, if it is not too large; the caller must not use it any longer. */
    void giveBack() {
        if (longest == LONGEST_SPARE) {
            SPARE.set(this);
        }
    }

    /** Where column {@code c} of the strip starts. */
    int at(int c) {
        return c * (longest + GAP);
    }

    /** Copies {@code count} columns out of a block whose rows are {@code columns} long. */
    void read(float[] x, int from, int length, int columns, int count) {
        for (int row = 0; row < length; row += ROWS) {
            int rows = Math.min(ROWS, length - row);
            int at = from + row * columns;
            int c = 0;
            for (; c + 8 <= count; c += 8) {
                readEight(x, at + c, rows, columns, at(c) + row);
            }
            for (; c < count; c++) {
                int to = at(c) + row;
                for (int i = 0; i < rows; i++) {
                    values[to + i] = x[at + c + i * columns];
                }
            }
        }
    }

    /** Copies them back. */
    void write(float[] out, int to, int length, int columns, int count) {
        for (int row = 0; row < length; row += ROWS) {
            int rows = Math.min(ROWS, length - row);
            int at = to + row * columns;
            int c = 0;
            for (; c + 8 <= count; c += 8) {
                writeEight(out, at + c, rows, columns, at(c) + row);
            }
            for (; c < count; c++) {
                int from = at(c) + row;
                for (int i = 0; i < rows; i++) {
                    out[at + c + i * columns] = values[from + i];
                }
            }
        }
    }

    private void readEight(float[] x, int from, int length, int columns, int to) {
        float[] v = values;
        int step = longest + GAP;
        for (int i = 0, at = from; i < length; i++, at += columns) {
            v[to + i] = x[at];
            v[to + step + i] = x[at + 1];
            v[to + 2 * step + i] = x[at + 2];
            v[to + 3 * step + i] = x[at + 3];
            v[to + 4 * step + i] = x[at + 4];
            v[to + 5 * step + i] = x[at + 5];
            v[to + 6 * step + i] = x[at + 6];
            v[to + 7 * step + i] = x[at + 7];
        }
    }

    private void writeEight(float[] out, int to, int length, int columns, int from) {
        float[] v = values;
        int step = longest + GAP;
        for (int i = 0, at = to; i < length; i++, at += columns) {
            out[at] = v[from + i];
            out[at + 1] = v[from + step + i];
            out[at + 2] = v[from + 2 * step + i];
            out[at + 3] = v[from + 3 * step + i];
            out[at + 4] = v[from + 4 * step + i];
            out[at + 5] = v[from + 5 * step + i];
            out[at + 6] = v[from + 6 * step + i];
            out[at + 7] = v[from + 7 * step + i];
        }
    }
}
