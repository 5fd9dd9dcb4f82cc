package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backends;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Edifice's Softpick transformer: a window of frames in, the hidden state at the last position out.
 *
 * <pre>
 *   h = x · W_in + b_in                               only where embedDim ≠ hiddenSize
 *   h = h + attention(layerNorm(h))                   for each block
 *   h = h + ffn(layerNorm(h))
 *   y = layerNorm(h) at the last position             or at all positions, or their mean: {@link OutputMode}
 * </pre>
 *
 * {@code x} is {@code [batch, steps, embedDim]}, {@code y} is {@code [batch, hiddenSize]}, all row-major float32.
 *
 * <p>The same input gives the same bits on every machine, vector width and thread count, alone or in any batch; a step
 * later than a position never changes it. Against Edifice's float64 output: 5e-6 · max(1, |y|).
 *
 * <p>Immutable and safe to share; a call stays on the caller's thread. Once warm, a call into the caller's array
 * allocates nothing.
 */
public final class SoftpickTransformer {

    private final SoftpickConfig config;
    private final ModelParameters.Parts parts;
    private final Map<String, String> metadata;
    private final ScratchPool pool = new ScratchPool();

    SoftpickTransformer(SoftpickConfig config, ModelParameters.Parts parts, Map<String, String> metadata) {
        this.config = config;
        this.parts = parts;
        this.metadata = metadata;
    }

    /**
     * Loads a safetensors file with Edifice's parameter names.
     *
     * @throws ModelFormatException if the file is not a model: malformed, incomplete, or without its options
     * @throws IOException if it cannot be read
     */
    public static SoftpickTransformer load(Path file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /** The same with options for what the file does not say. */
    public static SoftpickTransformer load(Path file, LoadOptions options) throws IOException {
        return ModelFile.load(file, options);
    }

    /** Loads from bytes that have the form of a safetensors file. */
    public static SoftpickTransformer load(byte[] file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /** The same with options. */
    public static SoftpickTransformer load(byte[] file, LoadOptions options) throws IOException {
        return ModelFile.load(file, options);
    }

    /** Loads from a stream, which is read to its end and not closed. */
    public static SoftpickTransformer load(InputStream file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /** The same with options. */
    public static SoftpickTransformer load(InputStream file, LoadOptions options) throws IOException {
        return ModelFile.load(file, options);
    }

    /**
     * A model with random weights, as Axon initialises them: the same seed gives the same weights everywhere.
     */
    public static SoftpickTransformer random(SoftpickConfig config, long seed) {
        try {
            var parts = ModelParameters.build(config, 0, ModelParameters.random(seed));
            return new SoftpickTransformer(config, parts, Map.of());
        } catch (ModelFormatException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Writes the model as a safetensors file, bit for bit, with the metadata it was loaded with. The file is written
     * beside its place and renamed, so a failure leaves what was there.
     */
    public void save(Path file) throws IOException {
        ModelFile.save(this, file);
    }

    /** The model's options. */
    public SoftpickConfig config() {
        return config;
    }

    /** The metadata of the file it was loaded from; empty for a random model. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Floats in a hidden state. */
    public int outputSize() {
        return config.hiddenSize();
    }

    /** Whether a classifier head turns the last hidden state into {@link #logits}. */
    public boolean hasClassifier() {
        return parts.classifier() != null;
    }

    /** Outputs of the classifier head; 0 without one. */
    public int classes() {
        return hasClassifier() ? parts.classifier().outputSize() : 0;
    }

    /**
     * The hidden state.
     *
     * @param x {@code [batch, steps, embedDim]}
     * @return {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor forward(Tensor x) {
        Shapes.sequence(x, config.embedDim());
        int batch = x.size(0);
        int steps = x.size(1);
        Tensor y = config.outputMode() == OutputMode.ALL
                ? Tensor.zeros(batch, steps, outputSize())
                : Tensor.zeros(batch, outputSize());
        run(x.values(), batch, steps, y.values(), config.outputMode());
        return y;
    }

    /**
     * The hidden state, into the caller's array.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param output {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if batch or steps is below 1 or an array is too short; nothing is written then
     */
    public void forward(float[] input, int batch, int steps, float[] output) {
        long rows = config.outputMode() == OutputMode.ALL ? (long) batch * steps : batch;
        check(input, batch, steps, output, rows * outputSize());
        run(input, batch, steps, output, config.outputMode());
    }

    /**
     * What the classifier head makes of the hidden state at the last position: {@code h · W + b}.
     *
     * @param x {@code [batch, steps, embedDim]}
     * @return {@code [batch, classes]}
     * @throws IllegalStateException if the model has no head
     */
    public Tensor logits(Tensor x) {
        Shapes.sequence(x, config.embedDim());
        Tensor y = Tensor.zeros(x.size(0), requireClassifier().outputSize());
        runLogits(x.values(), x.size(0), x.size(1), y.values());
        return y;
    }

    /** The same into the caller's array, {@code [batch, classes]}. */
    public void logits(float[] input, int batch, int steps, float[] output) {
        check(input, batch, steps, output, (long) batch * requireClassifier().outputSize());
        runLogits(input, batch, steps, output);
    }

    private Dense requireClassifier() {
        if (!hasClassifier()) {
            throw new IllegalStateException(
                    "the model has no classifier head; files with classifier.kernel and classifier.bias have one");
        }
        return parts.classifier();
    }

    private void check(float[] input, int batch, int steps, float[] output, long outputLength) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch is " + batch + "; allowed is 1 or more");
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps is " + steps + "; allowed is 1 or more");
        }
        long inputLength = (long) batch * steps * config.embedDim();
        if (input == null || input.length < inputLength || (long) batch * steps > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("input has " + (input == null ? "no" : "" + input.length)
                    + " elements; batch " + batch + " × steps " + steps + " × embedDim " + config.embedDim()
                    + " needs " + inputLength);
        }
        if (output == null || output.length < outputLength) {
            throw new IllegalArgumentException("output has " + (output == null ? "no" : "" + output.length)
                    + " elements; " + outputLength + " are needed");
        }
        if (input == output) {
            throw new IllegalArgumentException("output is the input array; give another one");
        }
    }

    private void runLogits(float[] input, int batch, int steps, float[] output) {
        Backend backend = Backends.current();
        int group = groupSize(batch, steps);
        Scratch s = take(group, steps);
        int h = config.hiddenSize();
        int n = classes();
        for (int first = 0; first < batch; first += group) {
            int sequences = Math.min(group, batch - first);
            int from = last(backend, s, input, first, sequences, steps);
            finish(backend, s, from, sequences, s.m, s.norm);
            backend.multiply(s.m, s.norm, h, sequences, parts.classifier().weights(), output, first * n, n);
        }
        pool.giveBack(s);
    }

    private void run(float[] input, int batch, int steps, float[] output, OutputMode mode) {
        Backend backend = Backends.current();
        int group = groupSize(batch, steps);
        Scratch s = take(group, steps);
        int h = config.hiddenSize();
        for (int first = 0; first < batch; first += group) {
            int sequences = Math.min(group, batch - first);
            switch (mode) {
                case LAST_TIMESTEP -> {
                    int from = last(backend, s, input, first, sequences, steps);
                    finish(backend, s, from, sequences, output, first * h);
                }
                case ALL -> {
                    all(backend, s, input, first, sequences, steps);
                    finish(backend, s, s.hidden, sequences * steps, output, first * steps * h);
                }
                case MEAN_POOL -> {
                    all(backend, s, input, first, sequences, steps);
                    finish(backend, s, s.hidden, sequences * steps, s.m, s.next);
                    for (int i = 0; i < sequences; i++) {
                        mean(s.m, s.next + i * steps * h, steps, h, output, (first + i) * h);
                    }
                }
            }
        }
        pool.giveBack(s);
    }

    /** As many sequences at a time as make a block of rows; at least one. */
    private static int groupSize(int batch, int steps) {
        return Math.min(batch, Math.max(1, Scratch.BLOCK_ROWS / steps));
    }

    private Scratch take(int sequences, int steps) {
        Scratch scratch = pool.take(sequences, steps);
        return scratch != null ? scratch : parts.blocks().get(0).newScratch(sequences, steps);
    }

    /** The hidden states of every position, before the final norm. */
    private void all(Backend backend, Scratch s, float[] input, int first, int sequences, int steps) {
        project(backend, s, input, first, sequences, steps);
        for (int i = 0; i < parts.blocks().size(); i++) {
            parts.blocks().get(i).all(backend, s, sequences);
        }
    }

    /** The hidden states of the last positions, before the final norm; returns where they are. */
    private int last(Backend backend, Scratch s, float[] input, int first, int sequences, int steps) {
        project(backend, s, input, first, sequences, steps);
        int blocks = parts.blocks().size();
        for (int i = 0; i < blocks - 1; i++) {
            parts.blocks().get(i).all(backend, s, sequences);
        }
        parts.blocks().get(blocks - 1).last(backend, s, sequences);
        return s.next;
    }

    private void project(Backend backend, Scratch s, float[] input, int first, int sequences, int steps) {
        for (int i = 0; i <= sequences; i++) {
            s.starts[i] = i * steps;
        }
        int embed = config.embedDim();
        int rows = sequences * steps;
        int from = first * steps * embed;
        if (parts.inputProjection() == null) {
            System.arraycopy(input, from, s.m, s.hidden, rows * embed);
        } else {
            int h = config.hiddenSize();
            backend.multiply(input, from, embed, rows, parts.inputProjection().weights(), s.m, s.hidden, h);
        }
    }

    /** The final norm of dense rows of the scratch memory. */
    private void finish(Backend backend, Scratch s, int from, int rows, float[] output, int to) {
        LayerNorm norm = parts.finalNorm();
        if (norm == null) {
            System.arraycopy(s.m, from, output, to, rows * config.hiddenSize());
        } else {
            backend.layerNorm(s.m, from, rows, norm.gamma(), norm.beta(), LayerNorm.EPSILON, output, to);
        }
    }

    /** Adds in double, in order of the steps: a rounding error of one float at the end. */
    private static void mean(float[] x, int from, int steps, int h, float[] output, int to) {
        for (int column = 0; column < h; column++) {
            double sum = 0;
            for (int step = 0; step < steps; step++) {
                sum += x[from + step * h + column];
            }
            output[to + column] = (float) (sum / steps);
        }
    }

    /** The model's layers with their shapes and numbers of parameters, in the order of the computation. */
    public List<LayerSummary> layers() {
        List<LayerSummary> layers = new ArrayList<>();
        int h = config.hiddenSize();
        String sequence = "[batch, steps, " + h + "]";
        if (parts.inputProjection() != null) {
            layers.add(new LayerSummary("input_projection", "dense", sequence, (config.embedDim() + 1L) * h));
        }
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = ModelParameters.block(layer);
            long scale = config.normalizer() == Normalizer.SSMAX ? 1 : 0;
            layers.add(new LayerSummary(name + "_attn_norm", "layer_norm", sequence, 2L * h));
            layers.add(new LayerSummary(
                    name + "_attn", config.normalizer().id() + "_attention", sequence, 4L * (h + 1) * h + scale));
            layers.add(new LayerSummary(name + "_ffn_norm", "layer_norm", sequence, 2L * h));
            layers.add(new LayerSummary(
                    name + "_ffn", "feed_forward", sequence, 2L * h * config.ffnSize() + config.ffnSize() + h));
        }
        String output = config.outputMode() == OutputMode.ALL ? sequence : "[batch, " + h + "]";
        if (parts.finalNorm() != null) {
            layers.add(new LayerSummary("final_norm", "layer_norm", output, 2L * h));
        }
        if (hasClassifier()) {
            layers.add(new LayerSummary("classifier", "dense", "[batch, " + classes() + "]", (h + 1L) * classes()));
        }
        return List.copyOf(layers);
    }

    ModelParameters.Parts parts() {
        return parts;
    }
}
