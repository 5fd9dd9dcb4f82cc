package dev.softpick.kernels.layout;

import java.util.Arrays;

/**
 * The keys and values of several heads of a sequence that goes on, one position after the other; for one query row at a
 * time. Keys and values stand in groups of {@link #GROUP}, several groups of all heads in a page, so that the cache
 * grows page by page without a copy. Within a group they lie as in {@link KeyValueCache}: keys
 * {@code [panel][headSize][panelWidth]}, values {@code [panel of columns][GROUP][panelWidth]}.
 *
 * <p>With a window, row i sees the last {@code window} keys and the pages are a ring. Without one it sees all; what is
 * linear in the scores ({@code linear}, softpick) then keeps values of the current chunk only, and the finished chunks
 * in the state {@code Σ k vᵀ}. A state cannot forget its oldest key exactly, so under a window values are kept
 * instead.
 *
 * <p>Rows are the caller's to count: each head takes row 0, 1, 2, …, and {@link #ensurePage} before that. Not for
 * more than one thread at a time.
 */
public final class PagedKeyValueCache {

    /** Keys in a group: a whole number of panels at every width, and of virtual lanes; every chunk is a multiple. */
    public static final int GROUP = 64;

    private static final float[] NONE = {};

    /** Groups in a page: 1.5 MB of the default model's keys, more than half a region, so that pages are never moved. */
    private static final int PAGE_GROUPS = 4;

    private final int heads;
    private final AttentionScratch scratch;
    private final int window;
    private final boolean linear;
    private final int headSize;
    private final int panelWidth;
    private final int paddedSize;
    private final int chunk;
    private final int pageGroups;
    private float[][] pages;

    /** Values of the current chunk, and the state, from the first row on; only where a state keeps finished chunks. */
    private float[] recent = NONE;

    private float[] state = NONE;

    /** A window of 0 is none. */
    public PagedKeyValueCache(int heads, int headSize, int panelWidth, int window, boolean linear) {
        this.heads = heads;
        this.headSize = headSize;
        this.panelWidth = panelWidth;
        this.window = window;
        this.linear = linear;
        scratch = new AttentionScratch(headSize, panelWidth);
        paddedSize = scratch.numeratorStride;
        chunk = KeyValueCache.chunkFor(headSize);
        int ring = Math.ceilDiv(window, GROUP);
        pages = new float[Math.max(1, Math.ceilDiv(ring, PAGE_GROUPS))][];
        pageGroups = window == 0 ? PAGE_GROUPS : Math.ceilDiv(ring, pages.length);
    }

    /** For {@link #fork}. */
    private PagedKeyValueCache(PagedKeyValueCache other) {
        heads = other.heads;
        headSize = other.headSize;
        panelWidth = other.panelWidth;
        window = other.window;
        linear = other.linear;
        scratch = new AttentionScratch(headSize, panelWidth);
        paddedSize = other.paddedSize;
        chunk = other.chunk;
        pageGroups = other.pageGroups;
        pages = other.pages.clone();
        recent = other.recent.clone();
        state = other.state.clone();
    }

    private static int floats(int a, int b, int c) {
        return Math.multiplyExact(Math.multiplyExact(a, b), c);
    }

    /**
     * A second cache that goes on from the first {@code rows} rows. Full pages of a cache without a window are never
     * written again, so both share them.
     */
    public PagedKeyValueCache fork(long rows) {
        PagedKeyValueCache fork = new PagedKeyValueCache(this);
        int full = window == 0 ? (int) Math.min(rows / ((long) pageGroups * GROUP), pages.length) : 0;
        for (int page = full; page < pages.length; page++) {
            fork.pages[page] = pages[page] == null ? null : pages[page].clone();
        }
        return fork;
    }

    /** Forgets everything. What is without a window gives its memory back. */
    public void clear() {
        if (window == 0) {
            Arrays.fill(pages, null);
            recent = NONE;
            state = NONE;
        }
    }

    /** Makes room for a row; allocates only where a page begins that has not been used before. */
    public void ensurePage(int row) {
        int page = row / GROUP / pageGroups;
        if (window > 0) {
            page %= pages.length;
        } else if (page >= pages.length) {
            pages = Arrays.copyOf(pages, Math.max(page + 1, 2 * pages.length));
        }
        if (pages[page] == null) {
            int width = keepsState() ? headSize : headSize + paddedSize;
            pages[page] = new float[Panels.LEAD + floats(heads, pageGroups * GROUP, width)];
        }
        if (keepsState() && state.length == 0) {
            recent = new float[Panels.LEAD + floats(heads, chunk, paddedSize)];
            state = new float[Panels.LEAD + floats(heads, headSize, paddedSize)];
        }
    }

    /** Takes the key and the value of a row of one head. */
    public void append(int head, int row, float[] k, int kOffset, float[] v, int vOffset) {
        float[] keys = keys(row);
        int to = keyOffset(head, row);
        for (int d = 0; d < headSize; d++) {
            keys[to + d * panelWidth] = k[kOffset + d];
        }
        float[] values = values(row);
        for (int column = 0; column < headSize; column += panelWidth) {
            int columns = Math.min(panelWidth, headSize - column);
            System.arraycopy(v, vOffset + column, values, valueOffset(head, row, column), columns);
        }
    }

    /** Whether the chunk before this row must be absorbed into the state before the row is appended. */
    public boolean absorbsBefore(int row) {
        return keepsState() && row > 0 && row % chunk == 0;
    }

    /** The first key that a row sees. */
    public int first(int row) {
        return window == 0 ? 0 : Math.max(0, row - window + 1);
    }

    /** A row that stands for a position of any size: rows of a full ring come around. */
    public int row(long position) {
        if (window == 0) {
            return Math.toIntExact(position);
        }
        long ring = (long) pages.length * pageGroups * GROUP;
        return (int) (position < 2 * ring ? position : ring + position % ring);
    }

    /** Copies a key out. */
    public void key(int head, int row, float[] to, int toOffset) {
        float[] keys = keys(row);
        int from = keyOffset(head, row);
        for (int d = 0; d < headSize; d++) {
            to[toOffset + d] = keys[from + d * panelWidth];
        }
    }

    /** Copies a value out. */
    public void value(int head, int row, float[] to, int toOffset) {
        copyOut(values(row), valueOffset(head, row, 0), GROUP * panelWidth, to, toOffset);
    }

    /** Copies row {@code i} of a head's state out. */
    public void stateRow(int head, int i, float[] to, int toOffset) {
        copyOut(state, stateOffset(head, 0) + i * panelWidth, headSize * panelWidth, to, toOffset);
    }

    /** Sets row {@code i} of a head's state. */
    public void setStateRow(int head, int i, float[] from, int fromOffset) {
        for (int column = 0; column < headSize; column += panelWidth) {
            System.arraycopy(
                    from, fromOffset + column, state, stateOffset(head, column) + i * panelWidth,
                    Math.min(panelWidth, headSize - column));
        }
    }

    private void copyOut(float[] from, int offset, int panelStride, float[] to, int toOffset) {
        for (int column = 0; column < headSize; column += panelWidth) {
            System.arraycopy(
                    from, offset + column / panelWidth * panelStride, to, toOffset + column,
                    Math.min(panelWidth, headSize - column));
        }
    }

    /** Floats that it holds. */
    public long size() {
        long size = (long) recent.length + state.length;
        for (float[] page : pages) {
            size += page == null ? 0 : page.length;
        }
        return size;
    }

    /** The array with the keys of the group of a row. */
    public float[] keys(int row) {
        return pages[row / GROUP / pageGroups % pages.length];
    }

    /** Whether two rows have one place: they are as far apart as a ring is long. */
    public boolean samePlace(int row, int other) {
        return window > 0 && (row - other) % (pages.length * pageGroups * GROUP) == 0;
    }

    /** Where component 0 of a key stands; component d is {@code d · panelWidth} further. */
    public int keyOffset(int head, int row) {
        int group = head * pageGroups + row / GROUP % pageGroups;
        int panel = row % GROUP / panelWidth;
        return Panels.LEAD + (group * GROUP + panel * panelWidth) * headSize + row % panelWidth;
    }

    /** The array with the values of the group of a row. */
    public float[] values(int row) {
        return keepsState() ? recent : keys(row);
    }

    /** Where a value starts in the panel that {@code column} begins; values of a group are a panel width apart. */
    public int valueOffset(int head, int row, int column) {
        int from = keepsState()
                ? (head * chunk + row % chunk / GROUP * GROUP) * paddedSize
                : heads * pageGroups * GROUP * headSize
                        + (head * pageGroups + row / GROUP % pageGroups) * GROUP * paddedSize;
        return Panels.LEAD + from + column * GROUP + row % GROUP * panelWidth;
    }

    /** {@code Σ_j k_j v_jᵀ} of the absorbed chunks. */
    public float[] state() {
        return state;
    }

    /** Where a head's state starts in the panel of {@code column}; rows are a panel width apart. */
    public int stateOffset(int head, int column) {
        return Panels.LEAD + (head * paddedSize + column) * headSize;
    }

    /** Whether finished chunks live on in the state rather than in their values. */
    public boolean keepsState() {
        return linear && window == 0;
    }

    public AttentionScratch scratch() {
        return scratch;
    }

    public int heads() {
        return heads;
    }

    public int headSize() {
        return headSize;
    }

    public int panelWidth() {
        return panelWidth;
    }

    public int chunk() {
        return chunk;
    }
}
