package dev.softpick.bench.jmh;

import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.measure.Gaussian;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The four normalizers on one row, each checked against its formula in double; copying the row is the ceiling. */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Rows extends OnBackend {

    private static final float FACTOR = 0.4f;

    /** The shortest, a head's row of scores, an odd one, the longest window, one in L2, and a million. */
    @Param({"8", "60", "1021", "4096", "65536", "1048576"})
    public int length;

    private float[] x;
    private float[] out;

    /** Makes sure that each computes its formula. */
    @Setup
    public void setup() {
        x = Gaussian.of(1, length);
        out = new float[length];
        double largest = Double.NEGATIVE_INFINITY;
        double absSum = 0;
        for (float value : x) {
            largest = Math.max(largest, value);
            absSum += Math.abs(value);
        }
        double scale = FACTOR * Math.log(length);
        double expSum = 0;
        double scaledSum = 0;
        double rectifiedSum = 0;
        for (float value : x) {
            expSum += Math.exp(value - largest);
            scaledSum += Math.exp(scale * (value - largest));
            rectifiedSum += Math.abs(Math.expm1(value)) * Math.exp(-largest);
        }
        softpick();
        for (int i = 0; i < length; i++) {
            near("softpick", i, x[i] / (1 + absSum));
        }
        softmax();
        for (int i = 0; i < length; i++) {
            near("softmax", i, Math.exp(x[i] - largest) / expSum);
        }
        ssmax();
        for (int i = 0; i < length; i++) {
            near("ssmax", i, Math.exp(scale * (x[i] - largest)) / scaledSum);
        }
        rectifiedSoftpick();
        for (int i = 0; i < length; i++) {
            near("rectified softpick", i, Math.max(Math.expm1(x[i]), 0) * Math.exp(-largest) / (rectifiedSum + 1e-8));
        }
    }

    private void near(String name, int i, double exact) {
        if (!(Math.abs(out[i] - exact) <= 1e-5 * Math.abs(exact))) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "%s differs at %d: %s, exact %s", name, i, out[i], exact));
        }
    }

    /** {@code x / (1 + Σ|x|)}. */
    @Benchmark
    public float[] softpick() {
        Softpick.normalize(x, 0, length, out, 0);
        return out;
    }

    /** {@code e^x / Σe^x}. */
    @Benchmark
    public float[] softmax() {
        Softmax.normalize(x, 0, length, out, 0);
        return out;
    }

    /** Softmax, scaled with the logarithm of the length. */
    @Benchmark
    public float[] ssmax() {
        SSMax.normalize(x, 0, length, FACTOR, out, 0);
        return out;
    }

    /** {@code relu(e^x − 1) / Σ|e^x − 1|}. */
    @Benchmark
    public float[] rectifiedSoftpick() {
        RectifiedSoftpick.normalize(x, 0, length, out, 0);
        return out;
    }

    /** What no kernel can beat. */
    @Benchmark
    public float[] copy() {
        System.arraycopy(x, 0, out, 0, length);
        return out;
    }
}
