package dev.softpick.bench;

import dev.softpick.kernels.BackendInfo;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What all benchmarks have in common. The first value of every parameter is the one that the tests run. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class OnBackend {

    /** The kernels that run; {@code -p backend=scalar} measures the others. */
    @Param("vector")
    public String backend;

    /** A JVM chooses once, before its first kernel; each combination of parameters has a fork of its own. */
    @Setup
    public void choose() {
        System.setProperty("softpick.backend", backend);
        BackendInfo chosen = BackendInfo.current();
        if (!chosen.name().equals(backend)) {
            throw new IllegalStateException("this JVM already runs the " + chosen.name() + " backend");
        }
    }

    static float[] gaussian(long seed, int length) {
        Random random = new Random(seed);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    /** The numbers of a shape such as {@code 60x256x768}. */
    static int[] shape(String text) {
        String[] parts = text.split("x");
        int[] shape = new int[parts.length];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = Integer.parseInt(parts[i]);
        }
        return shape;
    }

    /** Throws if two variants differ anywhere by more than {@code allowed · max(1, |y|)}. */
    static void same(String what, float[] x, float[] y, double allowed) {
        for (int i = 0; i < y.length; i++) {
            if (!(Math.abs((double) x[i] - y[i]) <= allowed * Math.max(1, Math.abs(y[i])))) {
                throw new IllegalStateException(what + " differ at " + i + ": " + x[i] + " and " + y[i]);
            }
        }
    }
}
