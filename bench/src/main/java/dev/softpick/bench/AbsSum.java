package dev.softpick.bench;

import dev.softpick.kernels.Reduce;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
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

/** {@code Σ|x_i|} against the loop that one would write. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AbsSum {

    /** A head's row of scores, an odd one, one in L1, one in L2, and one that comes from memory. */
    @Param({"60", "1021", "4096", "131072", "16777216"})
    public int length;

    private float[] x;

    /** Fills the row and makes sure that both compute the same sum. */
    @Setup
    public void setup() {
        Random random = new Random(1);
        x = new float[length];
        double exact = 0;
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextGaussian();
            exact += Math.abs(x[i]);
        }
        if (Math.abs(kernel() - exact) > 3e-6 * exact || Math.abs(loop() - exact) > length * 0x1p-24 * exact) {
            throw new IllegalStateException("sums differ: " + kernel() + ", " + loop() + ", exact " + exact);
        }
    }

    /** The library's. */
    @Benchmark
    public float kernel() {
        return Reduce.absSum(x, 0, length);
    }

    /** One accumulator, which C2 does not vectorize because that would change the order. */
    @Benchmark
    public float loop() {
        float sum = 0;
        for (float value : x) {
            sum += Math.abs(value);
        }
        return sum;
    }
}
