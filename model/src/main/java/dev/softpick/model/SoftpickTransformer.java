package dev.softpick.model;

import dev.softpick.model.file.ModelFile;
import dev.softpick.model.forward.BandedPass;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.WarmUp;
import dev.softpick.model.stream.StateFormat;
import dev.softpick.model.stream.StepPass;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * Edifice's Softpick transformer ({@code Edifice.Blocks.Softpick.build/1}): a window of frames in, the hidden state at the
 * last position out.
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
 * <p>The first calls of a young JVM run on scalar kernels, later ones on vector kernels ({@link #warmUp}).
 *
 * <p>Immutable and safe to share; a call stays on the caller's thread unless {@link #parallelism} says otherwise. Once warm,
 * a call into the caller's array allocates nothing (with parallelism, a small constant for handing out the work).
 */
public final class SoftpickTransformer {

    private static final int LARGEST_PARALLELISM = 1_024;

    private final SoftpickConfig config;
    private final ModelWeights weights;
    private final Map<String, String> metadata;
    private final ForwardPass pass;
    private final int parallelism;
    private final BandedPass banded;
    private final StepPass steps;
    private volatile byte[] fingerprint;

    SoftpickTransformer(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {
        this.config = config;
        this.weights = weights;
        this.metadata = metadata;
        pass = new ForwardPass(config, weights);
        parallelism = 1;
        RowPass rows = new RowPass(config, weights);
        banded = new BandedPass(rows);
        steps = new StepPass(rows, pass);
        WarmUp.of(config.normalizer()).start(config, classes());
    }

    /** The same model whose batches go another way. */
    private SoftpickTransformer(SoftpickTransformer other, ForwardPass pass, int parallelism) {
        config = other.config;
        weights = other.weights;
        metadata = other.metadata;
        this.pass = pass;
        this.parallelism = parallelism;
        banded = other.banded;
        steps = other.steps;
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
        return of(ModelFile.load(file, options));
    }

    /** Loads from bytes that have the form of a safetensors file. */
    public static SoftpickTransformer load(byte[] file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /** The same with options. */
    public static SoftpickTransformer load(byte[] file, LoadOptions options) throws IOException {
        return of(ModelFile.load(file, options));
    }

    /** Loads from a stream, which is read to its end and not closed. */
    public static SoftpickTransformer load(InputStream file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /** The same with options. */
    public static SoftpickTransformer load(InputStream file, LoadOptions options) throws IOException {
        return of(ModelFile.load(file, options));
    }

    private static SoftpickTransformer of(ModelFile.Loaded file) {
        return new SoftpickTransformer(file.config(), file.weights(), file.metadata());
    }

    /**
     * A model with random weights, as Axon initialises them: the same seed gives the same weights everywhere.
     */
    public static SoftpickTransformer random(SoftpickConfig config, long seed) {
        try {
            var weights = Parameters.build(config, 0, Set.of(), Parameters.random(seed));
            return new SoftpickTransformer(config, weights, Map.of());
        } catch (ModelFormatException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Writes the model as a safetensors file, bit for bit, with the metadata it was loaded with. The file is written
     * beside its place and renamed, so a failure leaves what was there.
     */
    public void save(Path file) throws IOException {
        ModelFile.writer(new ModelFile.Loaded(config, weights, metadata)).write(file);
    }

    /** The same to a stream, which is not closed. */
    public void save(OutputStream out) throws IOException {
        ModelFile.writer(new ModelFile.Loaded(config, weights, metadata)).write(out);
    }

    /**
     * The same model, whose calls spread over up to {@code threads} threads: the caller, and helpers from the common pool.
     * Shares the weights; the results have the same bits. A call never uses more threads than there are processors, or
     * pieces of work.
     *
     * @throws IllegalArgumentException if {@code threads} is not 1 to 1,024
     */
    public SoftpickTransformer parallelism(int threads) {
        return parallelism(threads, ForkJoinPool.commonPool());
    }

    /**
     * The same with helpers from an executor of the caller's, which may use virtual threads, run a helper in the thread that
     * asks, keep it in a queue or drop it: helpers are only ever asked to help, and what they do not do, the caller does. So
     * it does when the executor throws {@link java.util.concurrent.RejectedExecutionException} or, for want of a thread,
     * {@link OutOfMemoryError}; anything else that it throws arrives at the caller. What it keeps of a call that has ended is
     * a few small objects, and none of the call's arrays.
     *
     * @throws IllegalArgumentException if {@code threads} is not 1 to 1,024, or the executor is null
     */
    public SoftpickTransformer parallelism(int threads, Executor executor) {
        if (threads < 1 || threads > LARGEST_PARALLELISM) {
            throw new IllegalArgumentException("threads is " + threads + "; allowed is 1 to " + LARGEST_PARALLELISM);
        }
        if (executor == null) {
            throw new IllegalArgumentException("executor is null; give one, or none for the common pool");
        }
        int members = Math.min(threads, Runtime.getRuntime().availableProcessors());
        return new SoftpickTransformer(this, pass.withMembers(members, executor), threads);
    }

    /** Most threads that one call spreads over. */
    public int parallelism() {
        return parallelism;
    }

    /**
     * Returns once calls run on warm vector kernels. Vector code is slower than scalar code until the JVM has compiled it, so
     * the first calls run on scalar kernels, with the same bits, while a daemon thread warms the vector kernels up: the first
     * model of each normalizer starts it, it takes a second or two, and ends by itself. Returns at once where the backend
     * was asked for ({@link dev.softpick.kernels.BackendInfo}) or is scalar; and early, with the interrupt status
     * set, when the calling thread is interrupted.
     */
    public void warmUp() {
        WarmUp.of(config.normalizer()).await();
    }

    /** The model's options. */
    public SoftpickConfig config() {
        return config;
    }

    /** The metadata of the file it was loaded from, unmodifiable; empty for a random model. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Floats in a hidden state. */
    public int outputSize() {
        return config.hiddenSize();
    }

    /** Whether a classifier head turns the last hidden state into {@link #logits}. */
    public boolean hasClassifier() {
        return weights.classifier() != null;
    }

    /** Outputs of the classifier head; 0 without one. */
    public int classes() {
        return weights.classes();
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
        pass.run(x.values(), batch, steps, null, y.values(), ForwardPass.result(config.outputMode()));
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
        pass.run(input, batch, steps, null, output, ForwardPass.result(config.outputMode()));
    }

    /**
     * The hidden state of sequences of different lengths: each ends at its own, and nothing behind it is read. The bits are
     * those of that sequence alone.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param lengths for each sequence how many of its steps count, 1 to {@code steps}
     * @param output {@code [batch, hiddenSize]}, the last step that counts; with {@link OutputMode#ALL}
     *     {@code [batch, steps, hiddenSize]}, zeros behind each length
     * @throws IllegalArgumentException if a length is out of range, batch or steps is below 1, or an array is too short;
     *     nothing is written then
     */
    public void forward(float[] input, int batch, int steps, int[] lengths, float[] output) {
        long rows = config.outputMode() == OutputMode.ALL ? (long) batch * steps : batch;
        check(input, batch, steps, output, rows * outputSize());
        checkLengths(lengths, batch, steps);
        pass.run(input, batch, steps, lengths, output, ForwardPass.result(config.outputMode()));
    }

    /**
     * The hidden state under a banded mask: in every layer, position t attends to the last {@code windowSize} positions only,
     * {@code max(0, t − windowSize + 1) … t}, SSMax counting as many. So a position depends on
     * {@code layers · (windowSize − 1) + 1} frames.
     *
     * <p>Up to {@code windowSize} steps this is {@link #forward(float[], int, int, float[])}; the bits are the same too, but
     * with softpick only up to windows of a chunk, 192 · ⌈headSize / 96⌉: beyond, {@code forward} adds its numerator
     * through a running state, and a band adds it key by key from the first visible one. For long sequences and
     * {@link Window#SLIDING} sessions, which give the same bits. Stays on the caller's thread.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param output {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if batch or steps is below 1 or an array is too short; nothing is written then
     */
    public void forwardBanded(float[] input, int batch, int steps, float[] output) {
        long rows = config.outputMode() == OutputMode.ALL ? (long) batch * steps : batch;
        check(input, batch, steps, output, rows * outputSize());
        banded.run(input, batch, steps, output);
    }

    /** The same for a tensor {@code [batch, steps, embedDim]}; the shape of the result is that of {@link #forward(Tensor)}. */
    public Tensor forwardBanded(Tensor x) {
        Shapes.sequence(x, config.embedDim());
        Tensor y = config.outputMode() == OutputMode.ALL
                ? Tensor.zeros(x.size(0), x.size(1), outputSize())
                : Tensor.zeros(x.size(0), outputSize());
        banded.run(x.values(), x.size(0), x.size(1), y.values());
        return y;
    }

    /**
     * A session that takes one frame at a time.
     *
     * @throws IllegalArgumentException if the window is null, or too large for an exact session's memory
     * @throws IllegalStateException if the output mode is {@code mean_pool}: a session answers for a position
     */
    public StreamingSession newSession(Window window) {
        if (window == null) {
            throw new IllegalArgumentException("window is null; allowed are EXACT, SLIDING, UNBOUNDED");
        }
        if (config.outputMode() == OutputMode.MEAN_POOL) {
            throw new IllegalStateException(
                    "the model's output mode is mean_pool; sessions answer for one position, last_timestep or all");
        }
        long floats = 3L * config.windowSize() * Math.max(config.hiddenSize(), config.embedDim());
        if (window == Window.EXACT && floats > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("windowSize " + config.windowSize() + " needs " + floats
                    + " floats in an exact session; an array holds at most " + (Integer.MAX_VALUE - 8));
        }
        return new StreamingSession(this, steps.newState(window));
    }

    /** What the classifier head makes of sequences of different lengths, {@code [batch, classes]}. */
    public void logits(float[] input, int batch, int steps, int[] lengths, float[] output) {
        check(input, batch, steps, output, (long) batch * requireClassifier().outputSize());
        checkLengths(lengths, batch, steps);
        pass.run(input, batch, steps, lengths, output, ForwardPass.Result.LOGITS);
    }

    private static void checkLengths(int[] lengths, int batch, int steps) {
        if (lengths == null || lengths.length < batch) {
            throw new IllegalArgumentException("lengths has " + (lengths == null ? "no" : "" + lengths.length)
                    + " elements; batch " + batch + " needs as many");
        }
        for (int i = 0; i < batch; i++) {
            if (lengths[i] < 1 || lengths[i] > steps) {
                throw new IllegalArgumentException(
                        "lengths[" + i + "] is " + lengths[i] + "; allowed is 1 to steps " + steps);
            }
        }
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
        pass.run(x.values(), x.size(0), x.size(1), null, y.values(), ForwardPass.Result.LOGITS);
        return y;
    }

    /** The same into the caller's array, {@code [batch, classes]}. */
    public void logits(float[] input, int batch, int steps, float[] output) {
        check(input, batch, steps, output, (long) batch * requireClassifier().outputSize());
        pass.run(input, batch, steps, null, output, ForwardPass.Result.LOGITS);
    }

    Dense requireClassifier() {
        if (!hasClassifier()) {
            throw new IllegalStateException(
                    "the model has no classifier head; files with classifier.kernel and classifier.bias have one");
        }
        return new Dense(weights.classifier());
    }

    private void check(float[] input, int batch, int steps, float[] output, long outputLength) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch is " + batch + "; allowed is 1 or more");
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps is " + steps + "; allowed is 1 or more");
        }
        long rows = (long) batch * steps;
        if (rows > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("batch " + batch + " × steps " + steps + " is " + rows
                    + "; allowed is at most " + Integer.MAX_VALUE);
        }
        long inputLength = rows * config.embedDim();
        if (input == null || input.length < inputLength) {
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

    /** The layers' names with their shapes and numbers of parameters, in the order of the computation. */
    public List<LayerSummary> layers() {
        return LayerSummary.of(config, weights);
    }

    /** What leads from a frame to the first hidden state; empty where embedDim is hiddenSize. */
    public Optional<Dense> inputProjection() {
        return Optional.ofNullable(weights.inputProjection()).map(Dense::new);
    }

    /** The blocks, in the order of the computation. */
    public List<TransformerBlock> blocks() {
        List<TransformerBlock> blocks = new ArrayList<>();
        for (BlockWeights block : weights.blocks()) {
            blocks.add(new TransformerBlock(block));
        }
        return List.copyOf(blocks);
    }

    /** The norm behind the last block; empty where the model has none. */
    public Optional<LayerNorm> finalNorm() {
        return Optional.ofNullable(weights.finalNorm()).map(LayerNorm::new);
    }

    ModelWeights weights() {
        return weights;
    }

    StepPass steps() {
        return steps;
    }

    /** SHA-256 of options and weights, computed when it is first asked for. */
    byte[] fingerprint() {
        byte[] known = fingerprint;
        if (known == null) {
            known = StateFormat.fingerprint(config, weights);
            fingerprint = known;
        }
        return known;
    }
}
