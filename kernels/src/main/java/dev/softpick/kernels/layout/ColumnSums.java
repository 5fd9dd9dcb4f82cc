package dev.softpick.kernels.layout;

import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Scratch memory for the absolute sums of columns, many columns at once, so that memory is read along its rows and not
 * much more than once: a sum needs far fewer than the 64 numbers a column that {@link ColumnStrip} keeps.
 *
 * <p>One spare is kept: a caller that is alone allocates nothing, callers at the same time make their own.
 */
public final class ColumnSums {

    /** Most columns in a strip: a page of each row. A block beyond L2 takes 1.4 times as long with strips of 256. */
    public static final int COLUMNS = 1024;

    /** A row of {@link #COLUMNS} for the sum of 1, 2, 4 … {@link VirtualLanes#COUNT} lanes, and room for a vector. */
    public static final int FLOATS = 7 * COLUMNS;

    private static final AtomicReference<ColumnSums> SPARE = new AtomicReference<>();

    /** Sums that are not complete yet. */
    public final float[] partial = new float[FLOATS + 64];

    /** The sum of each column. */
    public final double[] sums = new double[COLUMNS];

    private ColumnSums() {}

    /** Lanes that n rows reach, rounded up to a power of two: the others would add zeros. */
    public static int lanes(int n) {
        return Math.max(1, 2 * Integer.highestOneBit(Math.min(n, VirtualLanes.COUNT) - 1));
    }

    /** The j-th of so many lanes when their numbers count with the bits reversed. */
    public static int lane(int j, int lanes) {
        return Integer.reverse(j) >>> Integer.numberOfLeadingZeros(lanes - 1);
    }

    /** The spare one, or a new one; its contents are arbitrary. */
    public static ColumnSums take() {
        ColumnSums spare = SPARE.getAndSet(null);
        return spare == null ? new ColumnSums() : spare;
    }

    /** Makes this the spare one; the caller must not use it any longer. */
    public void giveBack() {
        SPARE.set(this);
    }
}
