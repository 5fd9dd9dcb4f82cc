package dev.softpick.kernels.numerics;

/**
 * The order in which every reduction adds, whatever the hardware: the i-th element of a row goes to lane
 * {@code i mod COUNT}; a lane adds its elements in increasing order; after {@code BLOCK} elements (32 a lane) the lanes
 * fold by halves, {@code lane[l] += lane[l + h]} for h = 32, 16, 8, 4, 2, 1, to one float, and the blocks are added in
 * order in double. Narrower hardware holds the same 64 lanes in more registers. A lane without an element is +0.
 */
public final class VirtualLanes {

    /** Number of lanes: four 512-bit registers, enough to hide the latency of an addition. */
    public static final int COUNT = 64;

    /** Elements that are added in float before the lanes fold into double: 32 for each lane. */
    public static final int BLOCK = 32 * COUNT;

    private VirtualLanes() {}
}
