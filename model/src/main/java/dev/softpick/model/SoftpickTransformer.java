package dev.softpick.model;

import dev.softpick.model.file.ModelFile;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * Edifice's Softpick transformer ({@code Edifice.Blocks.Softpick.build/1}): a window of frames in, the hidden state at
 * the last position out.
 *
 * <pre>
 *   h = x · W_in + b_in                               only where embedDim ≠ hiddenSize
 *   h = h + attention(layerNorm(h))                   for each block
 *   h = h + ffn(layerNorm(h))
 *   y = layerNorm(h) at the last position             or at all positions, or their mean: {@link OutputMode}
 * </pre>
 *
 * {@code x} is {@code [batch, steps, embedDim]}, {@code y} is {@code [batch, hiddenSize]}, all row-major float32:
 *
 * {@snippet :
 * SoftpickTransformer model = SoftpickTransformer.load(Path.of("model.safetensors"));
 * Tensor y = model.forward(Tensor.of(frames, batch, steps, model.config().embedDim()));
 * model.forward(frames, batch, steps, output);        // the same into an array of yours, without allocating
 * }
 *
 * <p>Special cases:
 * <ul>
 * <li>Any number of steps from 1 up is accepted; {@code windowSize} is only what is expected.
 * <li>A NaN or an infinity in a frame reaches the positions from its own on, and no other sequence.
 * <li>Where scores or sums overflow float, IEEE arithmetic is followed; nothing is thrown.
 * <li>Arrays may be longer than needed; the output must not be the input array.
 * </ul>
 *
 * <p>The same input gives the same bits on every machine, vector width and thread count, alone or in any batch; a step
 * later than a position never changes it. The error against the formulas in double, relative to {@code max(1, |y|)}, is
 * at most 5e-6 for weights as Edifice initialises them, 1e-5 for trained models and for constant or huge input, and for
 * any weights no more than twice that of a plain float32 pass, comparing the worst of twenty inputs.
 *
 * <p>The first calls of a cold JVM run on scalar kernels, later ones on vector kernels ({@link #warmUp}). Immutable and
 * safe to share; a call stays on the caller's thread unless {@link #parallelism} says otherwise. Once warm, a call into
 * the caller's array allocates nothing (with parallelism, a small constant for handing out the work).
 */
public final class SoftpickTransformer extends SequenceModel {

    private static final int LARGEST_PARALLELISM = 1_024;

    private final int parallelism;
    private final @Nullable Executor executor;

    private SoftpickTransformer(ModelFile.Loaded file) {
        this(file.config(), file.weights(), file.metadata());
    }

    SoftpickTransformer(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {
        super(config, weights, metadata);
        parallelism = 1;
        executor = null;
    }

    /** The same model, whose calls may take so many threads. */
    private SoftpickTransformer(SoftpickTransformer other, int parallelism, Executor executor) {
        super(other, Math.min(parallelism, Runtime.getRuntime().availableProcessors()), executor);
        this.parallelism = parallelism;
        this.executor = executor;
    }

    /**
     * Loads a safetensors file with Edifice's parameter names.
     *
     * @param file to read
     * @return the model
     * @throws ModelFormatException if the file is not a model: malformed, incomplete, or without its options
     * @throws IOException if it cannot be read
     */
    public static SoftpickTransformer load(Path file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /**
     * Loads a file with options for what it does not say.
     *
     * @param file to read
     * @param options in place of the file's, or beside them
     * @return the model
     * @throws IOException if it cannot be read, or a {@link ModelFormatException} if it is not a model
     */
    public static SoftpickTransformer load(Path file, LoadOptions options) throws IOException {
        return new SoftpickTransformer(ModelFile.load(file, options));
    }

    /**
     * Loads from bytes that have the form of a safetensors file.
     *
     * @param file its bytes
     * @return the model
     * @throws IOException a {@link ModelFormatException} if they are not a model
     */
    public static SoftpickTransformer load(byte[] file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /**
     * Loads from bytes, with options.
     *
     * @param file its bytes
     * @param options in place of the file's, or beside them
     * @return the model
     * @throws IOException a {@link ModelFormatException} if they are not a model
     */
    public static SoftpickTransformer load(byte[] file, LoadOptions options) throws IOException {
        return new SoftpickTransformer(ModelFile.load(file, options));
    }

    /**
     * Loads from a stream, which is read to its end and not closed.
     *
     * @param file the stream
     * @return the model
     * @throws IOException if it cannot be read, or a {@link ModelFormatException} if it is not a model
     */
    public static SoftpickTransformer load(InputStream file) throws IOException {
        return load(file, LoadOptions.defaults());
    }

    /**
     * Loads from a stream, with options.
     *
     * @param file the stream, which is read to its end and not closed
     * @param options in place of the file's, or beside them
     * @return the model
     * @throws IOException if it cannot be read, or a {@link ModelFormatException} if it is not a model
     */
    public static SoftpickTransformer load(InputStream file, LoadOptions options) throws IOException {
        return new SoftpickTransformer(ModelFile.load(file, options));
    }

    /**
     * A model with random weights, as Axon initialises them: the same seed gives the same weights everywhere.
     *
     * @param config its options
     * @param seed of {@link java.util.Random}
     * @return it, without a head
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
     *
     * @param file to write
     * @throws IOException if it cannot be written
     */
    public void save(Path file) throws IOException {
        ModelFile.writer(new ModelFile.Loaded(config(), weights(), metadata())).write(file);
    }

    /**
     * Writes the model to a stream.
     *
     * @param out the stream, which is not closed
     * @throws IOException if it cannot be written
     */
    public void save(OutputStream out) throws IOException {
        ModelFile.writer(new ModelFile.Loaded(config(), weights(), metadata())).write(out);
    }

    /**
     * The same model, whose calls spread over up to {@code threads} threads: the caller, and helpers from the common
     * pool. Shares the weights; the results have the same bits. A call never uses more threads than there are
     * processors, or pieces of work.
     *
     * @param threads 1 to 1,024
     * @return a model beside this one
     * @throws IllegalArgumentException if {@code threads} is out of range
     */
    public SoftpickTransformer parallelism(int threads) {
        return parallelism(threads, ForkJoinPool.commonPool());
    }

    /**
     * The same with helpers from an executor of the caller's, which may use virtual threads, run a helper in the thread
     * that asks, keep it in a queue or drop it: helpers are only ever asked to help, and what they do not do, the
     * caller does. So it does when the executor throws {@link java.util.concurrent.RejectedExecutionException} or, for
     * want of a thread, {@link OutOfMemoryError}; anything else that it throws arrives at the caller. What it keeps of
     * a call that has ended is a few small objects, and none of the call's arrays.
     *
     * @param threads 1 to 1,024
     * @param executor what starts helpers
     * @return a model beside this one
     * @throws IllegalArgumentException if {@code threads} is out of range, or the executor is null
     */
    public SoftpickTransformer parallelism(int threads, Executor executor) {
        if (threads < 1 || threads > LARGEST_PARALLELISM) {
            throw new IllegalArgumentException("threads is " + threads + "; allowed is 1 to " + LARGEST_PARALLELISM);
        }
        if (executor == null) {
            throw new IllegalArgumentException("executor is null; give one, or none for the common pool");
        }
        return new SoftpickTransformer(this, threads, executor);
    }

    /**
     * This model with rounded kernels, as {@link WeightFormat} defines them; this one stays as it is. From bfloat16 to
     * float the weights, and the results, keep their bits.
     *
     * @param format of the kernels
     * @return the rounded model; this one, where it has that format
     * @throws IllegalArgumentException if the format is null, or finer than this model's int8, or a kernel has a weight
     *     that it cannot hold: one that is not finite in int8, a finite one that would round to infinity in bfloat16
     */
    public SoftpickTransformer withWeights(WeightFormat format) {
        if (format == null) {
            throw new IllegalArgumentException("format is null; allowed are FLOAT32, BFLOAT16, INT8");
        }
        if (format == config().weightFormat()) {
            return this;
        }
        if (config().weightFormat() == WeightFormat.INT8) {
            throw new IllegalArgumentException("format is " + format
                    + "; the model's weights are int8 and cannot be made finer: take the model that was rounded");
        }
        SoftpickConfig rounded = config().toBuilder().weightFormat(format).build();
        try {
            ModelWeights kernels = Parameters.build(rounded, classes(), weights().withoutBias(), weights()::values);
            SoftpickTransformer model = new SoftpickTransformer(rounded, kernels, metadata());
            return executor == null ? model : model.parallelism(parallelism, executor);
        } catch (ModelFormatException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@return the most threads that one call spreads over} */
    public int parallelism() {
        return parallelism;
    }

    /**
     * Returns once calls run on warm vector kernels. Vector code is slower than scalar code until the JVM has compiled
     * it, so the first calls run on scalar kernels, with the same bits, while a daemon thread warms the vector kernels
     * up: the first model whose calls take certain paths through the kernels starts it (its normalizer, head size,
     * weight format, a window beyond 192 keys, sizes that are no multiples of a vector), it takes a second or two, and
     * ends by itself. The first call of more steps, where the window is shorter, starts one of attention, which is
     * scalar in such calls until then. Returns at once where the backend is forced
     * ({@link dev.softpick.kernels.BackendInfo}) or is scalar; and early, with the interrupt status set, when the
     * calling thread is interrupted.
     *
     * <p>What the JVM has not compiled after some five seconds a kernel stays scalar, which the log tells. It is tried
     * again, with a longer limit, by this method, and once by itself after 1,000 more calls.
     */
    public void warmUp() {
        pass().awaitWarmUp();
    }

    /**
     * A session that takes one frame at a time.
     *
     * @param window what it attends to
     * @return a new session, to be used by one thread at a time
     * @throws IllegalArgumentException if the window is null, or too large for an exact session's memory
     * @throws IllegalStateException if the output mode is {@code mean_pool}: a session answers for a position
     */
    public StreamingSession newSession(Window window) {
        Shapes.session(config(), window);
        return new StreamingSession(this, steps().newState(window));
    }

}
