package dev.softpick.kernels.layout;

import dev.softpick.kernels.numerics.VirtualLanes;

/**
 * What attention writes while it works on one tile of query rows. Holds nothing between calls; not for more than one
 * thread at a time.
 */
public final class AttentionScratch {

    /** Most query rows that a kernel works on at once. */
    public static final int ROWS = BlockSizes.TILE_ROWS;

    public final int headSize;

    public final int panelWidth;

    /** Scores of the current chunk, {@link #scoreStride} floats a row. */
    public final float[] scores;

    public final int scoreStride;

    /** {@link VirtualLanes} of the denominator of each row of a chunk, and of those by which a last tile is longer. */
    public final float[] lanes;

    /** What the lanes of each row, or its exponentials, have summed to so far. */
    public final double[] sums;

    /** The largest score of each row so far; normalizers with exponentials. */
    public final float[] maxima = new float[ROWS];

    /** What each row's sum and numerator so far are multiplied with, because the largest score has changed. */
    public final float[] factors = new float[ROWS];

    /** Numerators, {@link #numeratorStride} floats a row. */
    public final float[] numerators;

    /** The head size in whole panels. */
    public final int numeratorStride;

    /** A row of zeros to start from. */
    public final float[] zeros;

    public AttentionScratch(int headSize, int panelWidth) {
        this.headSize = headSize;
        this.panelWidth = panelWidth;
        int chunk = KeyValueCache.chunkFor(headSize);
        numeratorStride = Math.ceilDiv(headSize, panelWidth) * panelWidth;
        scoreStride = chunk;
        lanes = new float[Panels.LEAD + (chunk + ROWS) * VirtualLanes.COUNT];
        sums = new double[chunk];
        scores = new float[Panels.LEAD + ROWS * scoreStride];
        numerators = new float[Panels.LEAD + ROWS * numeratorStride];
        zeros = new float[panelWidth];
    }
}
