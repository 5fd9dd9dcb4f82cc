package dev.softpick.bench.jmh;

import dev.softpick.kernels.Reduce;
import dev.softpick.measure.Gaussian;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@code Σ|x_i|} against the loop that one would write. */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AbsSum extends OnBackend {

    /** A head's row of scores, an odd one, one in L1, one in L2, and one that comes from memory. */
    @Param({"60", "1021", "4096", "131072", "16777216"})
    public int length;

    private float[] x;

    /** Makes sure that both compute the same sum. */
    @Setup
    public void setup() {
        x = Gaussian.of(1, length);
        double exact = 0;
        for (float value : x) {
            exact += Math.abs(value);
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
