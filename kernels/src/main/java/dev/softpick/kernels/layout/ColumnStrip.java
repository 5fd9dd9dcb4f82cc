package dev.softpick.kernels.layout;

import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a normalizer keeps for each of 64 neighbouring columns while it goes down their rows: the virtual lanes, so that
 * every row is read in memory order, four cache lines at a time, and a few numbers.
 *
 * <p>One spare is kept: a caller that is alone allocates nothing, callers at the same time make their own. Strips of
 * 128 and 256 columns were no faster: a pass over large rows waits for memory.
 */
public final class ColumnStrip {

    /** Columns in a strip. */
    public static final int COLUMNS = 64;

    /** Elements from a lane to the one that stands 8 further. */
    private static final int EIGHTH = VirtualLanes.COUNT / 8 * COLUMNS;

    private static final AtomicReference<ColumnStrip> SPARE = new AtomicReference<>();

    /** Lane l of column c is {@code lanes[l · COLUMNS + c]}. */
    public final float[] lanes = new float[VirtualLanes.COUNT * COLUMNS];

    /** The largest element of each column, then what is subtracted from its elements. */
    public final float[] peaks = new float[COLUMNS];

    /** What each column's exponentials are multiplied with, where that is not 1. */
    public final float[] factors = new float[COLUMNS];

    /** What each column is multiplied with in the end. */
    public final float[] shares = new float[COLUMNS];

    /** The sum of each column's finished blocks. */
    public final double[] sums = new double[COLUMNS];

    private final float[] folded = new float[EIGHTH];

    private ColumnStrip() {}

    /** The spare one, or a new one; its contents are arbitrary. */
    public static ColumnStrip take() {
        ColumnStrip strip = SPARE.getAndSet(null);
        return strip == null ? new ColumnStrip() : strip;
    }

    /** Makes this the spare one; the caller must not use it any longer. */
    public void giveBack() {
        SPARE.set(this);
    }

    /**
     * Rows that one vector of columns is followed down before the next one is: a longer inner loop where rows are
     * short, up to 16; where they are long, so few that their lines do not push each other out of a set of the first
     * cache.
     */
    public static int tileRows(int columns) {
        return Math.clamp(4096 / columns, 4, 16);
    }

    /** Where row i of a block adds its columns up. */
    public static int lane(int i) {
        return i % VirtualLanes.COUNT * COLUMNS;
    }

    /**
     * Folds the lanes of a block of {@code rows} rows by halves and adds them to the sums: first the eight lanes that
     * stand 8 apart, for each of the eight first lanes, then those eight. One array is read and another one written, or
     * the compiler would not vectorize the loops.
     */
    public void foldBlock(int rows) {
        if (rows < VirtualLanes.COUNT) {
            Arrays.fill(lanes, rows * COLUMNS, lanes.length, 0f);
        }
        for (int i = 0; i < EIGHTH; i++) {
            float even = (lanes[i] + lanes[i + 4 * EIGHTH]) + (lanes[i + 2 * EIGHTH] + lanes[i + 6 * EIGHTH]);
            float odd = (lanes[i + EIGHTH] + lanes[i + 5 * EIGHTH]) + (lanes[i + 3 * EIGHTH] + lanes[i + 7 * EIGHTH]);
            folded[i] = even + odd;
        }
        for (int c = 0; c < COLUMNS; c++) {
            float even = (folded[c] + folded[c + 4 * COLUMNS]) + (folded[c + 2 * COLUMNS] + folded[c + 6 * COLUMNS]);
            float odd = (folded[c + COLUMNS] + folded[c + 5 * COLUMNS])
                    + (folded[c + 3 * COLUMNS] + folded[c + 7 * COLUMNS]);
            sums[c] += even + odd;
        }
    }
}
