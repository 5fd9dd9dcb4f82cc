package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.measure.Gaussian;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Division by a number and element by element, against the loops that C2 vectorizes by itself. */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Divide extends OnBackend {

    private static final float DIVISOR = 3.7f;

    /** A head's row of scores, an odd one, one in L1, one in L2, and one that comes from memory. */
    @Param({"60", "1021", "4096", "131072", "16777216"})
    public int length;

    private float[] x;
    private float[] y;
    private float[] out;

    /** Division is correctly rounded, so the bits must be the same. */
    @Setup
    public void setup() {
        x = Gaussian.of(1, length);
        y = Gaussian.of(2, length);
        out = new float[length];
        float[] scalar = byScalar().clone();
        Outputs.same("quotients by a scalar", scalar, byScalarLoop(), 0);
        float[] elementwise = elementwise().clone();
        Outputs.same("quotients", elementwise, elementwiseLoop(), 0);
    }

    /** The library's, by one number. */
    @Benchmark
    public float[] byScalar() {
        dev.softpick.kernels.Divide.byScalar(x, 0, DIVISOR, out, 0, length);
        return out;
    }

    /** The loop, by one number. */
    @Benchmark
    public float[] byScalarLoop() {
        for (int i = 0; i < length; i++) {
            out[i] = x[i] / DIVISOR;
        }
        return out;
    }

    /** The library's, element by element. */
    @Benchmark
    public float[] elementwise() {
        dev.softpick.kernels.Divide.elementwise(x, 0, y, 0, out, 0, length);
        return out;
    }

    /** The loop, element by element. */
    @Benchmark
    public float[] elementwiseLoop() {
        for (int i = 0; i < length; i++) {
            out[i] = x[i] / y[i];
        }
        return out;
    }
}
