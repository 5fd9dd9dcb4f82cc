package dev.softpick.bench.harness;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReferenceArray;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What the machine can do at this moment: multiply-adds without memory, and reading. */
public final class Ceilings {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final VectorSpecies<Byte> BYTES = LANES > 8 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
    private static final int ACCUMULATORS = 12;
    private static final int FMA_STEPS = 4_000_000;

    /** Floats that a measurement of reading reads: a quarter of a gigabyte. */
    private static final int READ_FLOATS = 1 << 26;

    /** An array's data starts 16 bytes into a cache line; 12 floats on, a line begins. */
    private static final int CACHE_LINE = 12;

    /** Keeps the loops' results, so that they are computed. */
    private static volatile float sink;

    private Ceilings() {}

    /** GFLOP/s of independent fused multiply-adds on that many threads at once. */
    public static double fma(int threads) {
        if (threads == 1) {
            return timedFma();
        }
        AtomicReferenceArray<Double> rates = new AtomicReferenceArray<>(threads);
        CountDownLatch start = new CountDownLatch(threads);
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int slot = i;
            workers[i] = Thread.ofPlatform().start(() -> {
                start.countDown();
                while (start.getCount() > 0) {
                    Thread.onSpinWait();
                }
                rates.set(slot, timedFma());
            });
        }
        double sum = 0;
        for (int i = 0; i < threads; i++) {
            Rounds.join(workers[i]);
            sum += rates.get(i);
        }
        return sum;
    }

    private static double timedFma() {
        long start = System.nanoTime();
        sink = fmaLoop(FMA_STEPS);
        return 2.0 * LANES * ACCUMULATORS * FMA_STEPS / (System.nanoTime() - start);
    }

    /** The accumulator is the addend: otherwise C2 adds register moves. */
    private static float fmaLoop(int steps) {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector y = FloatVector.broadcast(SPECIES, 1e-6f);
        FloatVector a0 = y, a1 = x, a2 = y, a3 = x, a4 = y, a5 = x, a6 = y, a7 = x, a8 = y, a9 = x, a10 = y, a11 = x;
        for (int i = 0; i < steps; i++) {
            a0 = x.fma(y, a0);
            a1 = x.fma(y, a1);
            a2 = x.fma(y, a2);
            a3 = x.fma(y, a3);
            a4 = x.fma(y, a4);
            a5 = x.fma(y, a5);
            a6 = x.fma(y, a6);
            a7 = x.fma(y, a7);
            a8 = x.fma(y, a8);
            a9 = x.fma(y, a9);
            a10 = x.fma(y, a10);
            a11 = x.fma(y, a11);
        }
        return a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).add(a8).add(a9).add(a10).add(a11).lane(0);
    }

    /** GB/s of reading these floats again and again, from whichever cache they fit in. */
    public static double read(float[] x) {
        sink = readLoop(x);
        int repeats = Math.max(2, READ_FLOATS / x.length);
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            sink = readLoop(x);
        }
        return 4.0 * x.length * repeats / (System.nanoTime() - start);
    }

    /** Nanoseconds of reading these arrays once, one after the other, from wherever they are. */
    public static long once(float[]... arrays) {
        long start = System.nanoTime();
        for (float[] x : arrays) {
            sink = readLoop(x);
        }
        return System.nanoTime() - start;
    }

    /** Two streams, each half of the array: one alone is up to a fifth slower beyond the caches. */
    private static float readLoop(float[] x) {
        FloatVector a0 = FloatVector.zero(SPECIES), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        int half = x.length / 2 & -4 * LANES;
        for (int i = CACHE_LINE; i <= half - 4 * LANES; i += 4 * LANES) {
            a0 = a0.add(FloatVector.fromArray(SPECIES, x, i));
            a1 = a1.add(FloatVector.fromArray(SPECIES, x, i + LANES));
            a2 = a2.add(FloatVector.fromArray(SPECIES, x, i + 2 * LANES));
            a3 = a3.add(FloatVector.fromArray(SPECIES, x, i + 3 * LANES));
            a4 = a4.add(FloatVector.fromArray(SPECIES, x, half + i));
            a5 = a5.add(FloatVector.fromArray(SPECIES, x, half + i + LANES));
            a6 = a6.add(FloatVector.fromArray(SPECIES, x, half + i + 2 * LANES));
            a7 = a7.add(FloatVector.fromArray(SPECIES, x, half + i + 3 * LANES));
        }
        return a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).lane(0);
    }

    /**
     * GB/s of reading bytes and making floats of them, in the loop that has nothing else to do: what eight-bit weights
     * allow where decoding takes longer than reading.
     */
    public static double decode(byte[] x) {
        sink = decodeLoop(x);
        int repeats = Math.max(2, READ_FLOATS / x.length);
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            sink = decodeLoop(x);
        }
        return (double) x.length * repeats / (System.nanoTime() - start);
    }

    private static float decodeLoop(byte[] x) {
        FloatVector a0 = FloatVector.zero(SPECIES), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        for (int i = CACHE_LINE; i <= x.length - 8 * LANES - CACHE_LINE; i += 8 * LANES) {
            a0 = a0.add(floats(x, i));
            a1 = a1.add(floats(x, i + LANES));
            a2 = a2.add(floats(x, i + 2 * LANES));
            a3 = a3.add(floats(x, i + 3 * LANES));
            a4 = a4.add(floats(x, i + 4 * LANES));
            a5 = a5.add(floats(x, i + 5 * LANES));
            a6 = a6.add(floats(x, i + 6 * LANES));
            a7 = a7.add(floats(x, i + 7 * LANES));
        }
        return a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).lane(0);
    }

    private static FloatVector floats(byte[] x, int at) {
        return (FloatVector) ByteVector.fromArray(BYTES, x, at).castShape(SPECIES, 0);
    }

    /** GB/s of copying vector by vector, counting what is read and what is written. */
    public static double copy(float[] from, float[] to) {
        return copied(from, to, false);
    }

    /**
     * The same with {@code System.arraycopy}, which beyond 2.5 MB writes past the caches; the Vector API has no such
     * stores, so what a kernel writes is read first.
     */
    public static double arrayCopy(float[] from, float[] to) {
        return copied(from, to, true);
    }

    private static double copied(float[] from, float[] to, boolean intrinsic) {
        int repeats = Math.max(2, READ_FLOATS / from.length / 2);
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            if (intrinsic) {
                System.arraycopy(from, 0, to, 0, from.length);
            } else {
                copyLoop(from, to);
            }
        }
        return 8.0 * from.length * repeats / (System.nanoTime() - start);
    }

    private static void copyLoop(float[] from, float[] to) {
        int end = from.length - 2 * LANES;
        for (int i = 0; i <= end; i += 2 * LANES) {
            FloatVector.fromArray(SPECIES, from, i).intoArray(to, i);
            FloatVector.fromArray(SPECIES, from, i + LANES).intoArray(to, i + LANES);
        }
    }
}
