package dev.softpick.kernels.layout;

/**
 * Block sizes that kernels, the memory that they work in and their warm-up must agree on. What only one kernel knows
 * stands there, with the benchmark that chose it.
 */
public final class BlockSizes {

    /**
     * Most rows that a kernel works on at once. 6 divides 60, the usual window, and 6 × 4 vectors of sums leave 8 of
     * 32 registers; the micro-kernel takes 5 where 256-bit vectors have 16 registers, in memory for 6.
     */
    public static final int TILE_ROWS = 6;

    /** Most rows of B that a tile goes through at once; deeper products go block by block. */
    public static final int DEPTH = 960;

    /** Keys in a chunk for head sizes up to 96; {@link KeyValueCache#chunkFor} says why. */
    static final int CHUNK = 192;

    /** Most elements of an array that every JVM allocates. */
    public static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private BlockSizes() {}
}
