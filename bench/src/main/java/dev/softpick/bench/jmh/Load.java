package dev.softpick.bench.jmh;

import dev.softpick.bench.harness.Outputs;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Loading a model: parsing, checking the weights, packing them. */
public class Load extends OnBackend {

    /** Hidden size: a small odd model's, and the default's with 19 MB of weights. */
    @Param({"36", "256"})
    public int hiddenSize;

    /** Of the kernels; bfloat16 and int8 work as well. */
    @Param("float32")
    public String weights;

    private Path file;
    private byte[] bytes;

    /** Writes a model to a file and makes sure that it comes back from there. */
    @Setup
    public void setup() throws IOException {
        SoftpickConfig config =
                SoftpickConfig.builder().embedDim(64).hiddenSize(hiddenSize).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 1).withWeights(WeightFormat.fromId(weights));
        file = Files.createTempFile("softpick", ".safetensors");
        model.save(file);
        bytes = Files.readAllBytes(file);
        float[] x = Gaussian.of(1, 60 * config.embedDim());
        float[] expected = new float[hiddenSize];
        model.forward(x, 1, 60, expected);
        for (SoftpickTransformer loaded : new SoftpickTransformer[] {fromFile(), fromBytes()}) {
            float[] y = new float[hiddenSize];
            loaded.forward(x, 1, 60, y);
            Outputs.same("hidden states of the model and the loaded one", y, expected, 0);
        }
    }

    /** Removes the file. */
    @TearDown
    public void delete() throws IOException {
        Files.delete(file);
    }

    /** From the file, which the system has in memory. */
    @Benchmark
    public SoftpickTransformer fromFile() throws IOException {
        return SoftpickTransformer.load(file);
    }

    /** From an array. */
    @Benchmark
    public SoftpickTransformer fromBytes() throws IOException {
        return SoftpickTransformer.load(bytes);
    }
}
