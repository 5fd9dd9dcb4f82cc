package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Sizes;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** A forward pass of the default model: 64 floats a frame, 256 hidden, 4 heads, 6 layers. */
public class Forward extends OnBackend {

    private static final int EMBED = 64;

    /** Batch × steps: an odd one, the model's window alone and in batches, and long windows. */
    @Param({"3x7", "1x60", "8x60", "32x60", "1x512", "1x2048", "1x4096"})
    public String shape;

    /** Softpick, and softmax for comparison; ssmax and rectified_softpick work as well. */
    @Param({"softpick", "softmax"})
    public String normalizer;

    /** Of the kernels; bfloat16 and int8 work as well. */
    @Param("float32")
    public String weights;

    /** The caller alone, and with one helper. */
    @Param({"1", "2"})
    public int threads;

    private SoftpickTransformer model;
    private int batch;
    private int steps;
    private float[] x;
    private float[] y;

    /** Threads and batches do not change a bit: the last sequence alone, on one thread, gives the same. */
    @Setup
    public void setup() {
        int[] sizes = Sizes.parse(shape, 2);
        batch = sizes[0];
        steps = sizes[1];
        SoftpickConfig config = SoftpickConfig.builder()
                .embedDim(EMBED)
                .normalizer(Normalizer.fromId(normalizer))
                .build();
        SoftpickTransformer one = SoftpickTransformer.random(config, 1).withWeights(WeightFormat.fromId(weights));
        model = one.parallelism(threads);
        x = Gaussian.of(1, batch * steps * EMBED);
        y = new float[batch * model.outputSize()];
        forward();
        float[] alone = new float[model.outputSize()];
        one.forward(Arrays.copyOfRange(x, (batch - 1) * steps * EMBED, x.length), 1, steps, alone);
        Outputs.same(
                "hidden states in a batch and alone", Arrays.copyOfRange(y, y.length - alone.length, y.length), alone,
                0);
    }

    /** Into the caller's array. */
    @Benchmark
    public float[] forward() {
        model.forward(x, batch, steps, y);
        return y;
    }
}
