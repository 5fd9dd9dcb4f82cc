package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.forward.WarmUp;
import dev.softpick.model.stream.FirstLayer;
import dev.softpick.model.stream.SessionState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A sequence whose frames come one at a time; each gets its answer, the hidden state at its position.
 *
 * <pre>
 *   y_t = forward(x_{t−W+1} … x_t)                 Window.EXACT, W = windowSize
 *   y_t = forwardBanded(x_0 … x_t)                 Window.SLIDING
 *   y_t = forward(x_0 … x_t)                       Window.UNBOUNDED
 * </pre>
 *
 * with the same bits, whatever the blocks in which frames came, on every backend and width, before and after {@link #fork},
 * {@link #save} and {@link #restore}, alone or in a {@link SessionGroup}. A frame is {@code [embedDim]}, an answer
 * {@code [outputSize]}. Output modes {@code last_timestep} and {@code all} answer alike.
 *
 * <p>A NaN in a frame makes the answers NaN that attend to it, and no others: those of the next {@code windowSize − 1} frames
 * with {@code EXACT}, of the next {@code layers · (windowSize − 1)} with {@code SLIDING}, of all later ones with
 * {@code UNBOUNDED}.
 *
 * <p>Once warm, and once the window is full, a step allocates nothing; a cache that still grows does so in pages of up to 256
 * frames. For one thread at a time, not always the same; a call that finds another one under way throws
 * {@link IllegalStateException}. Many sessions share one model. A step stays on its thread, whatever the model's parallelism.
 */
public final class StreamingSession implements AutoCloseable {

    private static final int IDLE = 0;
    private static final int BUSY = 1;
    private static final int CLOSED = 2;
    private static final VarHandle STATUS;

    static {
        try {
            STATUS = MethodHandles.lookup().findVarHandle(StreamingSession.class, "status", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final SoftpickTransformer model;
    private final SoftpickConfig config;
    private final Window window;
    private final RowPass pass;
    private final float[] answer;

    /** Keys and values of earlier positions; null while an exact window slides, which uses none. */
    private PagedKeyValueCache cache;

    private FirstLayer firstLayer;
    private Scratch scratch;
    private PagedKeyValueCache[] caches;
    private int[] rows;
    private long position;
    private boolean answered;
    private long firstLayerRows;

    @SuppressWarnings("unused") // read and written through STATUS
    private volatile int status;

    StreamingSession(SoftpickTransformer model, Window window) {
        this(model, window, null);
        cache = pass.newCache(window == Window.SLIDING ? config.windowSize() : 0);
        firstLayer = window == Window.EXACT ? new FirstLayer(config) : null;
    }

    /** Without a cache yet. */
    private StreamingSession(SoftpickTransformer model, Window window, float[] answer) {
        this.model = model;
        this.window = window;
        config = model.config();
        pass = new RowPass(config, model.weights());
        this.answer = answer == null ? new float[config.hiddenSize()] : answer.clone();
        memory(1);
    }

    private void memory(int count) {
        scratch = pass.newScratch(count);
        caches = new PagedKeyValueCache[count];
        rows = new int[count];
    }

    /**
     * Takes one frame and writes its answer.
     *
     * @param frame {@code [embedDim]}, from index 0
     * @param output {@code [outputSize]}, from index 0
     * @throws IllegalArgumentException if an array is too short or both are the same; the session stays as it was
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public void step(float[] frame, float[] output) {
        step(frame, 1, output);
    }

    /**
     * Takes a block of frames and writes the answer to each. Products take the block's frames together, so blocks are faster.
     *
     * @param frames {@code [count, embedDim]}, from index 0
     * @param output {@code [count, outputSize]}, from index 0
     * @throws IllegalArgumentException if count is below 1, an array is too short, or both are the same; the session stays as
     *     it was
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public void step(float[] frames, int count, float[] output) {
        check(frames, count);
        Shapes.output(output, (long) count * config.hiddenSize(), frames);
        begin();
        try {
            advance(frames, count, output);
        } finally {
            end();
        }
    }

    /**
     * Takes a block of frames whose answers nobody needs. With {@code EXACT} this leaves out most of the work.
     *
     * @param frames {@code [count, embedDim]}, from index 0
     * @throws IllegalArgumentException if count is below 1 or the array is too short; the session stays as it was
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public void feed(float[] frames, int count) {
        check(frames, count);
        begin();
        try {
            advance(frames, count, null);
        } finally {
            end();
        }
    }

    private void check(float[] frames, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count is " + count + "; allowed is 1 or more");
        }
        Shapes.input("frames", frames, (long) count * config.embedDim());
    }

    private void advance(float[] frames, int count, float[] output) {
        Backend backend = WarmUp.of(config.normalizer()).backend();
        int h = config.hiddenSize();
        for (int i = 0; i < count; ) {
            int n = blockRows(count - i, output != null);
            block(backend, frames, i * config.embedDim(), n, output, i * h);
            i += n;
        }
        answered = output != null;
        if (answered) {
            System.arraycopy(output, (count - 1) * h, answer, 0, h);
        }
    }

    /** How many of so many frames can go together: each answer of an exact window that slides is a pass of its own. */
    private int blockRows(int count, boolean answers) {
        int n = Math.min(count, Scratch.BLOCK_ROWS);
        if (slides()) {
            n = answers ? 1 : n;
        } else if (window == Window.EXACT) {
            n = (int) Math.min(n, config.windowSize() - position);
        }
        if (n > rows.length) {
            memory(n);
        }
        return n;
    }

    private void block(Backend backend, float[] frames, int from, int n, float[] output, int to) {
        boolean slides = slides();
        for (int i = 0; i < n && !slides; i++) {
            caches[i] = cache;
            rows[i] = place(i);
        }
        pass.enter(backend, scratch, frames, from, n);
        for (int i = 0; i < n; i++) {
            entered(frames, from + i * config.embedDim(), scratch, i, position + i);
        }
        if (!slides) {
            pass.run(backend, scratch, caches, rows, n);
            if (output != null) {
                pass.leave(backend, scratch, 0, n, output, to);
            }
        } else if (output != null) {
            recompute(backend, output, to);
        }
        moved(n);
    }

    // What a step consists of; a group takes these for each of its sessions.

    void begin() {
        if (!STATUS.compareAndSet(this, IDLE, BUSY)) {
            throw new IllegalStateException((int) STATUS.getVolatile(this) == CLOSED
                    ? "the session is closed"
                    : "the session is in use by another thread; it is for one thread at a time");
        }
    }

    void end() {
        STATUS.setRelease(this, IDLE);
    }

    /** Whether the next frame pushes another one out of an exact window, so that all rows are computed anew. */
    boolean slides() {
        return window == Window.EXACT && position >= config.windowSize();
    }

    /** Makes room in the cache for the frame {@code ahead} of the next one; returns its row. */
    int place(int ahead) {
        int row = cache.row(position + ahead);
        cache.provide(row);
        return row;
    }

    PagedKeyValueCache cache() {
        return cache;
    }

    /** Keeps what an exact window uses again. */
    void entered(float[] frames, int from, Scratch s, int row, long at) {
        firstLayerRows++;
        if (firstLayer != null) {
            firstLayer.put(at, frames, from, s, row);
        }
    }

    /** The answer of an exact window that slides, its latest frame having entered. */
    void recompute(Backend backend, float[] output, int to) {
        Scratch s = model.pass().window();
        firstLayer.copyTo(position + 1, s);
        model.pass().lastOf(backend, s, output, to);
    }

    void moved(int count) {
        position += count;
        if (slides()) {
            cache = null;
        }
    }

    void answered(float[] output, int from) {
        answered = true;
        System.arraycopy(output, from, answer, 0, answer.length);
    }

    /**
     * What the classifier head makes of the latest answer, {@code h · W + b}: the bits of the model's {@code logits}.
     *
     * @param output {@code [classes]}, from index 0
     * @throws IllegalStateException if the model has no head, or there is no answer to the latest frame
     */
    public void logits(float[] output) {
        Dense classifier = model.requireClassifier();
        Shapes.output(output, classifier.outputSize(), null);
        begin();
        try {
            if (!answered) {
                throw new IllegalStateException("there is no answer to the latest frame; call step before logits");
            }
            WarmUp.of(config.normalizer())
                    .backend()
                    .multiply(answer, 0, answer.length, 1, classifier.weights(), output, 0, classifier.outputSize());
        } finally {
            end();
        }
    }

    /** Forgets all frames: the session is as new. */
    public void reset() {
        begin();
        try {
            clear();
        } finally {
            end();
        }
    }

    private void clear() {
        if (cache == null) {
            cache = pass.newCache(0);
        }
        cache.clear();
        position = 0;
        answered = false;
        firstLayerRows = 0;
    }

    /** Frames taken since the session was new or reset. */
    public long position() {
        return position;
    }

    /** What it attends to. */
    public Window window() {
        return window;
    }

    /** The model that it runs. */
    public SoftpickTransformer model() {
        return model;
    }

    /** Bytes of what the session remembers of its frames: keys, values, states. Grows with {@code UNBOUNDED}. */
    public long stateBytes() {
        begin();
        try {
            long floats = cache == null ? 0 : cache.size();
            return Float.BYTES * (floats + (firstLayer == null ? 0 : firstLayer.size()));
        } finally {
            end();
        }
    }

    /** Rows of input projection, first norm and first queries, keys and values that were computed since the reset. */
    long firstLayerRows() {
        return firstLayerRows;
    }

    /**
     * A second session that has seen the same frames, to try what would be if. {@code UNBOUNDED} sessions share the pages of
     * keys that are full; the rest, a window's worth, is copied.
     */
    public StreamingSession fork() {
        begin();
        try {
            StreamingSession fork = new StreamingSession(model, window, answer);
            fork.cache = cache == null ? null : cache.fork(window == Window.SLIDING ? 0 : (int) position);
            fork.firstLayer = firstLayer == null ? null : firstLayer.fork();
            fork.position = position;
            fork.answered = answered;
            fork.firstLayerRows = firstLayerRows;
            return fork;
        } finally {
            end();
        }
    }

    /**
     * The state as bytes, for {@link #restore} on any machine and vector width. {@code EXACT} saves the window's frames,
     * {@code SLIDING} keys and values of {@code windowSize − 1} frames, {@code UNBOUNDED} those of all.
     *
     * <p>Little-endian: 8 bytes {@code SPKSTATE}; int version, 1; int window, its ordinal; 32 bytes SHA-256 of the model's
     * options and weights; long position; int whether there is an answer; floats: the answer, then the state; int CRC-32C of
     * everything before it.
     *
     * @throws IllegalStateException if the state is larger than an array, or the session closed or in use
     */
    public byte[] save() {
        begin();
        try {
            return SessionState.write(owner(), position, cache, firstLayer, answered, answer);
        } finally {
            end();
        }
    }

    private SessionState.Owner owner() {
        return new SessionState.Owner(config, window, model.fingerprint());
    }

    /**
     * Goes on from a saved state, in place of what the session has seen so far.
     *
     * @throws SessionFormatException if the bytes are not a state, are damaged or cut off, or belong to another version,
     *     model or window; the session stays as it was
     */
    public void restore(byte[] state) throws SessionFormatException {
        begin();
        try {
            SessionState saved = SessionState.read(owner(), state);
            clear();
            if (window == Window.EXACT) {
                float[] frames = saved.floats(answer.length, saved.floats() - answer.length);
                int count = frames.length / config.embedDim();
                // A window that slides takes its frames as if it had slid before: nothing is attended to.
                position = saved.position() < config.windowSize() ? 0 : saved.position() - count + config.windowSize();
                if (count > 0) {
                    advance(frames, count, null);
                }
            } else {
                saved.fill(cache);
            }
            position = saved.position();
            saved.copy(0, answer);
            answered = saved.answered();
        } finally {
            end();
        }
    }

    /** Gives the memory back; the session cannot be used any more. Closing twice is allowed. */
    @Override
    public void close() {
        if (!STATUS.compareAndSet(this, IDLE, CLOSED) && (int) STATUS.getVolatile(this) == BUSY) {
            throw new IllegalStateException("the session is in use by another thread; it is for one thread at a time");
        }
        cache = null;
        firstLayer = null;
        scratch = null;
        caches = null;
    }
}
