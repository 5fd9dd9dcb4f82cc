package dev.softpick.model;

import com.sun.management.ThreadMXBean;
import dev.softpick.oracle.Gaussian;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Prints the bytes and the time of warm calls; with an argument, after foreign vector code. */
final class ForeignVectors {

    private static final int OPERATIONS = 1_000_000;
    private static final long LONGEST_WARM_UP = 60_000_000_000L;

    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            System.out.println("foreign: " + foreign());
        }
        SoftpickTransformer model = SoftpickTransformer.random(SoftpickConfig.builder().embedDim(64).build(), 1);
        model.warmUp();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] x = Gaussian.floats(1, 60 * 64);
        float[] y = new float[256];
        long bytes = Long.MAX_VALUE;
        long end = System.nanoTime() + LONGEST_WARM_UP;
        while (bytes > 0 && System.nanoTime() < end) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 10; call++) {
                model.forward(x, 1, 60, y);
            }
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
        }
        long[] nanos = new long[201];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            model.forward(x, 1, 60, y);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        System.out.println("bytes of ten calls: " + bytes);
        System.out.println("median of a call, microseconds: " + nanos[nanos.length / 2] / 1000);
    }

    /** A million operations of every element type at every width. */
    private static double foreign() {
        double sum = 0;
        for (VectorShape shape : VectorShape.values()) {
            sum += floats(VectorSpecies.of(float.class, shape)) + doubles(VectorSpecies.of(double.class, shape))
                    + integers(VectorSpecies.of(int.class, shape), VectorSpecies.of(long.class, shape))
                    + small(VectorSpecies.of(short.class, shape), VectorSpecies.of(byte.class, shape));
        }
        return sum;
    }

    private static float floats(VectorSpecies<Float> species) {
        FloatVector a = FloatVector.broadcast(species, 1);
        for (int i = 0; i < OPERATIONS; i++) {
            a = a.fma(FloatVector.broadcast(species, 0.5f), a).min(3f).lanewise(VectorOperators.ABS);
        }
        return a.lane(0);
    }

    private static double doubles(VectorSpecies<Double> species) {
        DoubleVector a = DoubleVector.broadcast(species, 1);
        for (int i = 0; i < OPERATIONS; i++) {
            a = a.mul(0.5).add(1);
        }
        return a.lane(0);
    }

    private static long integers(VectorSpecies<Integer> ints, VectorSpecies<Long> longs) {
        IntVector a = IntVector.broadcast(ints, 1);
        LongVector b = LongVector.broadcast(longs, 1);
        for (int i = 0; i < OPERATIONS; i++) {
            a = a.add(i).lanewise(VectorOperators.LSHL, 1);
            b = b.add(i).lanewise(VectorOperators.XOR, 3);
        }
        return a.lane(0) + b.lane(0);
    }

    private static int small(VectorSpecies<Short> shorts, VectorSpecies<Byte> bytes) {
        ShortVector a = ShortVector.broadcast(shorts, 1);
        ByteVector b = ByteVector.broadcast(bytes, 1);
        for (int i = 0; i < OPERATIONS; i++) {
            a = a.add((short) 3);
            b = b.add((byte) 3);
        }
        return a.lane(0) + b.lane(0);
    }
}
