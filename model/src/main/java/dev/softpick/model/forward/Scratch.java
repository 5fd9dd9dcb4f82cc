package dev.softpick.model.forward;

import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.weights.Rows;
import java.lang.ref.SoftReference;
import org.jspecify.annotations.Nullable;

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

    private static final int LINE = 16;

    private final SoftReference<Scratch> reference = new SoftReference<>(this);

    /** Hidden states, {@code [rows, hidden]}. */
    public final Rows hidden;

    /** Where the next ones are written, and before that the normalized rows that attention projects. */
    final Rows next;

    /** Queries, keys and values, {@code [rows, 3·hidden]}. */
    public final Rows qkv;

    /** What attention returns, {@code [rows, hidden]}, and once that is projected, the rows' second norm. */
    final Rows attended;

    /**
     * For each member of a team: inner feed-forward rows of a block, {@code [BLOCK_ROWS, inner]}, where queries, keys
     * and values stood, which nobody reads any more by then.
     */
    final Rows[] inner;

    /** For each member: the keys and values of the head at hand. */
    final KeyValueCache[] caches;

    private final float[] values;
    private final int mostRows;
    private final int mostSteps;

    /** Where each sequence of the group starts, in rows; the last entry is the number of rows. */
    private final int[] starts;

    private int end = Panels.LEAD;
    private int first;
    private int sequences;
    private int steps;

    Scratch(int h, int innerSize, KeyValueCache[] caches, int sequences, int steps) {
        this.caches = caches;
        mostSteps = steps;
        mostRows = Math.multiplyExact(sequences, steps);
        starts = new int[sequences + 1];
        int block = Math.min(mostRows, BLOCK_ROWS);
        int members = caches.length;
        values = allocate(
                3 * lined(mostRows, h) + Math.max(lined(mostRows, 3 * h), members * lined(block, innerSize)));
        hidden = region(mostRows, h);
        next = region(mostRows, h);
        attended = region(mostRows, h);
        int shared = end;
        qkv = region(mostRows, 3 * h);
        end = shared;
        inner = new Rows[members];
        for (int member = 0; member < members; member++) {
            inner[member] = region(block, innerSize);
        }
    }

    /** Floats of a region that ends where a cache line does. */
    private static long lined(int rows, int length) {
        return ((long) rows * length + LINE - 1) / LINE * LINE;
    }

    private static float[] allocate(long floats) {
        long size = Panels.LEAD + floats;
        if (size > BlockSizes.LARGEST_ARRAY) {
            throw new IllegalArgumentException("steps is too large: one sequence needs " + size
                    + " floats of scratch memory, an array holds " + BlockSizes.LARGEST_ARRAY);
        }
        return new float[(int) size];
    }

    private Rows region(int rows, int length) {
        Rows region = new Rows(values, end, length);
        end += (int) lined(rows, length);
        return region;
    }

    /** Makes room for {@code count} sequences, the first of which is sequence {@code from} of a batch. */
    public void begin(int from, int count, int steps, int @Nullable [] lengths) {
        first = from;
        sequences = count;
        this.steps = steps;
        starts[0] = 0;
        for (int i = 0; i < count; i++) {
            starts[i + 1] = starts[i] + (lengths == null ? steps : lengths[from + i]);
        }
    }

    /** Sequences of the group at hand. */
    int sequences() {
        return sequences;
    }

    /** Which of the batch is the group's first one. */
    int first() {
        return first;
    }

    /** Steps from one sequence of the batch to the next one. */
    int steps() {
        return steps;
    }

    /** Rows of all sequences of the group, which stand one behind the other, without what follows their length. */
    int rows() {
        return starts[sequences];
    }

    /** The row where a sequence starts. */
    int start(int sequence) {
        return starts[sequence];
    }

    /** The rows of a sequence. */
    int length(int sequence) {
        return starts[sequence + 1] - starts[sequence];
    }

    @Override
    public boolean fits(int members, int sequences, int steps) {
        return members <= caches.length && sequences < starts.length && steps <= mostSteps
                && (long) sequences * steps <= mostRows;
    }

    @Override
    public int size() {
        return values.length;
    }

    @Override
    public SoftReference<Scratch> reference() {
        return reference;
    }
}
