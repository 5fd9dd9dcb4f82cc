package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Sizes;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Gaussian;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Products with a packed matrix against the loop nest that C2 vectorizes. */
public class MatMul extends OnBackend {

    /**
     * M×K×N: an odd one; the model's matrices (q k v side by side, out, up, down) for a window and for eight; one
     * step; a large square.
     */
    @Param({
        "37x61x129", "60x256x768", "60x256x256", "60x256x1024", "60x1024x256", "480x256x768", "480x256x256",
        "480x256x1024", "480x1024x256", "1x256x1024", "1024x1024x1024"
    })
    public String shape;

    private int m;
    private int k;
    private int n;
    private float[] a;
    private float[] b;
    private PackedMatrix packed;
    private float[] out;

    /** All three add in the same order with fused multiply-add, so the bits must be the same. */
    @Setup
    public void setup() {
        int[] sizes = Sizes.parse(shape, 3);
        m = sizes[0];
        k = sizes[1];
        n = sizes[2];
        a = Gaussian.of(1, m * k);
        b = Gaussian.of(2, k * n);
        packed = PackedMatrix.pack(b, k, n);
        out = new float[m * n];
        float[] kernel = kernel().clone();
        Outputs.same("products", kernel, packing().clone(), 0);
        Outputs.same("products", kernel, loop(), 0);
    }

    /** The library's, the matrix packed before. */
    @Benchmark
    public float[] kernel() {
        dev.softpick.kernels.MatMul.multiply(a, m, packed, out);
        return out;
    }

    /** The library's, packing included. */
    @Benchmark
    public float[] packing() {
        dev.softpick.kernels.MatMul.multiply(a, m, PackedMatrix.pack(b, k, n), out);
        return out;
    }

    /** Row by row; the inner loop runs over columns. */
    @Benchmark
    public float[] loop() {
        Arrays.fill(out, 0);
        for (int row = 0; row < m; row++) {
            for (int i = 0; i < k; i++) {
                addScaled(a[row * k + i], i * n, row * n);
            }
        }
        return out;
    }

    private void addScaled(float factor, int from, int to) {
        for (int column = 0; column < n; column++) {
            out[to + column] = Math.fma(factor, b[from + column], out[to + column]);
        }
    }
}
