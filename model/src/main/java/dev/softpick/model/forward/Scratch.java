package dev.softpick.model.forward;

import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import java.lang.ref.SoftReference;

/**
 * All memory that a forward pass writes for one group of sequences. The regions lie in one array: a large one is never
 * moved by the collector, and every region starts on a cache line.
 */
public final class Scratch implements ScratchPool.Memory<Scratch> {

    /**
     * Rows that go through a product, and its epilogue, together: their feed-forward rows stay in the L2 cache, and
     * weights that stream from further away are used often enough. 240 is four windows of 60 and forty tiles of 6.
     */
    public static final int BLOCK_ROWS = 240;

    private final SoftReference<Scratch> reference = new SoftReference<>(this);

    /** Most rows of this scratch. */
    final int rows;

    /** Most steps of one sequence. */
    final int steps;

    /** All regions. */
    public final float[] m;

    /** Hidden states, {@code [rows, hidden]}, and the place where the next ones are written. */
    public final int hidden;

    final int next;

    /** For each member of a team: normalized rows of a block, {@code [BLOCK_ROWS, hidden]}. */
    final int[] norm;

    /** Queries, keys and values, {@code [rows, 3·hidden]}. */
    public final int qkv;

    /** What attention returns, {@code [rows, hidden]}. */
    final int attended;

    /** For each member: inner feed-forward rows of a block, {@code [BLOCK_ROWS, 4·hidden]}. */
    final int[] inner;

    /** For each member: the keys and values of the head at hand. */
    final KeyValueCache[] caches;

    /** Where each sequence of the group starts, in rows; the last entry is the number of rows. */
    public final int[] starts;

    Scratch(int h, int innerSize, KeyValueCache[] caches, int sequences, int steps) {
        this.caches = caches;
        this.steps = steps;
        rows = Math.multiplyExact(sequences, steps);
        int block = Math.min(rows, BLOCK_ROWS);
        Layout layout = new Layout();
        hidden = layout.region(rows, h);
        next = layout.region(rows, h);
        qkv = layout.region(rows, 3 * h);
        attended = layout.region(rows, h);
        norm = new int[caches.length];
        inner = new int[caches.length];
        for (int member = 0; member < caches.length; member++) {
            norm[member] = layout.region(block, h);
            inner[member] = layout.region(block, innerSize);
        }
        m = new float[layout.size()];
        starts = new int[sequences + 1];
    }

    @Override
    public boolean fits(int members, int sequences, int steps) {
        return members <= caches.length && sequences < starts.length && steps <= this.steps
                && (long) sequences * steps <= rows;
    }

    @Override
    public int size() {
        return m.length;
    }

    @Override
    public SoftReference<Scratch> reference() {
        return reference;
    }

    /** Hands out regions of the array, each on a cache line. */
    private static final class Layout {
        private static final int LINE = 16;
        private long size = Panels.LEAD;

        int region(int rows, int columns) {
            long start = size;
            long floats = (long) rows * columns;
            size += (floats + LINE - 1) / LINE * LINE;
            size();
            return (int) start;
        }

        int size() {
            if (size > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "steps is too large: one sequence needs " + size + " floats of scratch memory, an array holds "
                                + (Integer.MAX_VALUE - 8));
            }
            return (int) size;
        }
    }
}
