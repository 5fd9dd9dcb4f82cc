package dev.softpick.kernels.vector;

import jdk.incubator.vector.VectorShape;

/**
 * How wide vectors and panels are, told without a vector class: weights are packed while a cold JVM still waits for its
 * first answer, and loading a species costs it 12 ms, asking for the shape 0.6. The kernels are written for 128, 256
 * and 512 bits; elsewhere they are not chosen.
 */
public final class VectorWidth {

    /** Bits of a vector at the width that the machine prefers. */
    public static final int BITS = VectorShape.preferredShape().vectorBitSize();

    /**
     * Vectors in a row of {@link MicroKernel}'s tile: 4 where there are 32 vector registers (24 accumulators + 4 of B +
     * 1 of A), else 2. x86 has 16 where it prefers 256 bits, for then it has no AVX-512. Where an x86 prefers 128 bits,
     * 4 are better in any case: 99 against 79 % of the peak with 32 registers, 54 against 46 % with 16.
     */
    static final int VECTORS = BITS != 256 || !isX86() ? 4 : 2;

    /** Columns of a tile, and so of a panel. */
    static final int NR = VECTORS * BITS / Float.SIZE;

    private VectorWidth() {}

    private static boolean isX86() {
        String arch = System.getProperty("os.arch");
        return arch.equals("amd64") || arch.equals("x86_64") || arch.equals("x86") || arch.equals("i386");
    }
}
