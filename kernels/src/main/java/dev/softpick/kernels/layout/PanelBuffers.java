package dev.softpick.kernels.layout;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Memory into which products decode a part of a rounded panel, shared by the matrices of one model and gone with them.
 * As many buffers as there are processors are kept; once they are there, taking and giving back allocates nothing and
 * locks nothing.
 */
public final class PanelBuffers {

    /**
     * So many floats, a little less than 1 MB, are an object of half a region and more with heaps up to 16 GB, and so
     * start on a cache line ({@link Panels#LEAD}): products with rounded weights then take 0.94 of their time.
     */
    private static final int FEWEST = 261_000;

    private final AtomicReferenceArray<float[]> slots =
            new AtomicReferenceArray<>(Math.max(2, Runtime.getRuntime().availableProcessors()));

    private final int length;

    /**
     * Buffers for matrices of at most {@code k} rows and {@code n} columns.
     *
     * @param edges whether one of the matrices ends in a part of a panel: such a panel is decoded whole
     */
    public PanelBuffers(int k, int width, boolean edges) {
        long most = Panels.LEAD + (edges ? k : Math.min(k, BlockSizes.DEPTH)) * (long) width;
        length = Math.max(FEWEST, Math.toIntExact(most));
    }

    /** A buffer of this call alone; the panel's part goes behind {@link Panels#LEAD} floats. */
    public float[] take() {
        for (int i = 0; i < slots.length(); i++) {
            float[] buffer = slots.get(i);
            if (buffer != null && slots.compareAndSet(i, buffer, null)) {
                return buffer;
            }
        }
        return new float[length];
    }

    /** Keeps it for the next call, or drops it where there are enough. */
    public void giveBack(float[] buffer) {
        for (int i = 0; i < slots.length(); i++) {
            if (slots.get(i) == null && slots.compareAndSet(i, null, buffer)) {
                return;
            }
        }
    }
}
