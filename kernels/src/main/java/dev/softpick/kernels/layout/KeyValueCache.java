package dev.softpick.kernels.layout;

import dev.softpick.kernels.numerics.VirtualLanes;
import java.util.Arrays;

/**
 * The keys and values that one attention head has seen, in the order in which the kernels read them.
 *
 * <p>Keys stand transposed in panels, {@code [panel][headSize][panelWidth]}, so that scores are a product whose vectors
 * run across keys. Values and the state stand in panels of columns, as packed weights do. Softpick's numerator is
 * linear in the scores, {@code Σ_j (q·k_j) v_j = q · (Σ_j k_j v_jᵀ)}: rows beyond the first {@link #chunk()} keys
 * read the finished chunks from the {@code [headSize, headSize]} state instead of from their values, so only the values
 * of the current chunk are kept ({@link #forSoftpick}). Other normalizers keep them all ({@link #forAllValues}).
 *
 * <p>Not for more than one thread at a time.
 */
public final class KeyValueCache {

    private static final int CHUNK = BlockSizes.CHUNK;

    private final AttentionScratch scratch;
    private final int queryStride;
    private final int outputStride;
    private final int headSize;
    private final int panelWidth;
    private final int valuePanels;
    private final int chunk;
    private final int capacity;
    private final int valueRows;

    private final float[] keys;
    private final float[] values;
    private final float[] state;
    private int length;

    private KeyValueCache(
            AttentionScratch scratch, int capacity, int queryStride, int outputStride, boolean allValues) {
        this.scratch = scratch;
        this.queryStride = queryStride;
        this.outputStride = outputStride;
        headSize = scratch.headSize;
        panelWidth = scratch.panelWidth;
        this.capacity = capacity;
        valuePanels = Math.ceilDiv(headSize, panelWidth);
        chunk = chunkFor(headSize);
        valueRows = allValues ? capacity : Math.min(capacity, chunk);
        int panels = Math.ceilDiv(capacity, panelWidth);
        keys = new float[Math.addExact(Panels.LEAD, Math.multiplyExact(panels, headSize * panelWidth))];
        values = new float[Math.addExact(Panels.LEAD, Math.multiplyExact(valueRows, valuePanels * panelWidth))];
        state = new float[!keepsState() ? 0 : Panels.LEAD + headSize * valuePanels * panelWidth];
    }

    /** For softpick: values of one chunk, and the state where {@code capacity} exceeds a chunk. */
    public static KeyValueCache forSoftpick(
            AttentionScratch scratch, int capacity, int queryStride, int outputStride) {
        return new KeyValueCache(scratch, capacity, queryStride, outputStride, false);
    }

    /** For normalizers whose numerator is not linear in the scores. */
    public static KeyValueCache forAllValues(
            AttentionScratch scratch, int capacity, int queryStride, int outputStride) {
        return new KeyValueCache(scratch, capacity, queryStride, outputStride, true);
    }

    /**
     * Keys in a chunk: a constant of the head size alone, because which path a row takes may depend on nothing else. A
     * row pays 2·headSize keys' work for the state, so a chunk of at least twice the head size never loses; a multiple
     * of 64 (lanes), and of the usual tile's 6 rows, so that tiles seldom straddle chunks. 192 against 128 and 256 for
     * heads of 64: benchmark {@code Attention}.
     */
    public static int chunkFor(int headSize) {
        return CHUNK * Math.ceilDiv(headSize, CHUNK / 2);
    }

    /** Keys whose absolute scores one lane adds in float: whole chunks, at most {@link VirtualLanes#BLOCK}. */
    public static int foldEvery(int chunk) {
        return Math.max(1, VirtualLanes.BLOCK / chunk) * chunk;
    }

    /** Whether finished chunks live on in the state rather than in their values. */
    public boolean keepsState() {
        return valueRows < capacity;
    }

    /** Forgets everything. */
    public void clear() {
        length = 0;
        Arrays.fill(state, 0f);
    }

    /**
     * Takes {@code count} more keys and values, {@link #queryStride} floats from one to the next. For softpick they
     * must not pass the end of the current chunk, and a finished chunk must have been absorbed into the state.
     */
    public void append(float[] k, int kOffset, float[] v, int vOffset, int count) {
        int stride = queryStride;
        for (int i = 0; i < count; i++) {
            for (int column = 0; column < headSize; column += panelWidth) {
                System.arraycopy(
                        v, vOffset + i * stride + column, values, valueOffset(length + i, column),
                        Math.min(panelWidth, headSize - column));
            }
        }
        int i = 0;
        for (; i < count && (length + i) % 8 != 0; i++) {
            transpose1(k, kOffset + i * stride, keyOffset(length + i));
        }
        for (; i + 8 <= count; i += 8) {
            transpose8(k, kOffset + i * stride, stride, keyOffset(length + i));
        }
        for (; i < count; i++) {
            transpose1(k, kOffset + i * stride, keyOffset(length + i));
        }
        length += count;
    }

    private void transpose1(float[] k, int from, int to) {
        for (int d = 0; d < headSize; d++) {
            keys[to + d * panelWidth] = k[from + d];
        }
    }

    /** Eight neighbouring columns at a time write half a cache line: 16 % of attention at 60 keys against 23 %. */
    private void transpose8(float[] k, int k0, int stride, int to) {
        int k1 = k0 + stride;
        int k2 = k1 + stride;
        int k3 = k2 + stride;
        int k4 = k3 + stride;
        int k5 = k4 + stride;
        int k6 = k5 + stride;
        int k7 = k6 + stride;
        for (int d = 0; d < headSize; d++) {
            int row = to + d * panelWidth;
            keys[row] = k[k0 + d];
            keys[row + 1] = k[k1 + d];
            keys[row + 2] = k[k2 + d];
            keys[row + 3] = k[k3 + d];
            keys[row + 4] = k[k4 + d];
            keys[row + 5] = k[k5 + d];
            keys[row + 6] = k[k6 + d];
            keys[row + 7] = k[k7 + d];
        }
    }

    /** Where component 0 of key {@code i} stands; component d is {@code d · panelWidth} further. */
    public int keyOffset(int i) {
        return Panels.LEAD + i / panelWidth * (headSize * panelWidth) + i % panelWidth;
    }

    /**
     * Where value {@code i} starts in the panel of {@code column}, which begins a panel; values are a panel width
     * apart.
     */
    public int valueOffset(int i, int column) {
        return Panels.LEAD + column * valueRows + i % valueRows * panelWidth;
    }

    /** Where row {@code i} of the state starts in the panel of {@code column}; rows are a panel width apart. */
    public int stateOffset(int i, int column) {
        return Panels.LEAD + column * headSize + i * panelWidth;
    }

    /** The scratch memory that attention over this cache uses; caches of one thread may share it. */
    public AttentionScratch scratch() {
        return scratch;
    }

    /** Floats from one query, key or value of the caller to the next. */
    public int queryStride() {
        return queryStride;
    }

    /** Floats from one output to the next. */
    public int outputStride() {
        return outputStride;
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

    /** Most keys it can hold. */
    public int capacity() {
        return capacity;
    }

    /** Keys it holds. */
    public int length() {
        return length;
    }

    public float[] keys() {
        return keys;
    }

    public float[] values() {
        return values;
    }

    /** {@code Σ_j k_j v_jᵀ} of the absorbed chunks. */
    public float[] state() {
        return state;
    }
}
