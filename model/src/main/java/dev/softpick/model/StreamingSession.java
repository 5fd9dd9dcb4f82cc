package dev.softpick.model;

import dev.softpick.kernels.layout.Weights;
import dev.softpick.model.stream.SessionState;
import dev.softpick.model.stream.StateFormat;
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
 * with the same bits, whatever the blocks in which frames came, on every backend and width, before and after
 * {@link #fork}, {@link #save} and {@link #restore}, alone or in a {@link SessionGroup}. A frame is {@code [embedDim]},
 * an answer {@code [outputSize]}. Output modes {@code last_timestep} and {@code all} answer alike.
 *
 * <p>A NaN in a frame makes the answers NaN that attend to it, and no others: those of the next
 * {@code windowSize − 1} frames with {@code EXACT}, of the next {@code layers · (windowSize − 1)} with
 * {@code SLIDING}, of all later ones with {@code UNBOUNDED}.
 *
 * <p>Once warm, and once the window is full, a step allocates nothing; a cache that still grows does so in pages of up
 * to 256 frames. For one thread at a time, not always the same; a call that finds another one at work throws
 * {@link IllegalStateException}. Many sessions share one model. A step stays on its thread, whatever the model's
 * parallelism.
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
    private final SessionState state;

    @SuppressWarnings("unused") // read and written through STATUS
    private volatile int status;

    StreamingSession(SoftpickTransformer model, SessionState state) {
        this.model = model;
        this.state = state;
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
     * Takes a block of frames and writes the answer to each. Products take its frames together, so blocks are faster.
     *
     * @param frames {@code [count, embedDim]}, from index 0
     * @param count how many frames, 1 or more
     * @param output {@code [count, outputSize]}, from index 0
     * @throws IllegalArgumentException if count is below 1, an array is too short, or both are the same; the session
     *     stays as it was
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public void step(float[] frames, int count, float[] output) {
        check(frames, count);
        Shapes.output(output, (long) count * model.outputSize(), frames);
        begin();
        try {
            model.steps().step(state, frames, count, output);
        } finally {
            end();
        }
    }

    /**
     * Takes a block of frames whose answers nobody needs. With {@code EXACT} this leaves out most of the work.
     *
     * @param frames {@code [count, embedDim]}, from index 0
     * @param count how many frames, 1 or more
     * @throws IllegalArgumentException if count is below 1 or the array is too short; the session stays as it was
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public void feed(float[] frames, int count) {
        check(frames, count);
        begin();
        try {
            model.steps().step(state, frames, count, null);
        } finally {
            end();
        }
    }

    private void check(float[] frames, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count is " + count + "; allowed is 1 or more");
        }
        Shapes.input("frames", frames, (long) count * model.config().embedDim());
    }

    /** What a group steps, between {@link #begin} and {@link #end}. */
    SessionState state() {
        return state;
    }

    /** Keeps other threads out. */
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

    /**
     * What the classifier head makes of the latest answer, {@code h · W + b}: the bits of the model's {@code logits}.
     *
     * @param output {@code [classes]}, from index 0
     * @throws IllegalStateException if the model has no head, or there is no answer to the latest frame
     */
    public void logits(float[] output) {
        Weights w = model.requireClassifier();
        Shapes.output(output, w.n(), null);
        begin();
        try {
            if (!state.answered()) {
                throw new IllegalStateException("there is no answer to the latest frame; call step before logits");
            }
            model.steps()
                    .backend()
                    .matMul()
                    .multiply(state.answer(), 0, w.k(), 1, w, output, 0, w.n());
        } finally {
            end();
        }
    }

    /** Forgets all frames: the session is as new. */
    public void reset() {
        begin();
        try {
            state.clear();
        } finally {
            end();
        }
    }

    /** {@return how many frames were taken since the session was new or reset} */
    public long position() {
        return state.position();
    }

    /** {@return what it attends to} */
    public Window window() {
        return state.window();
    }

    /** {@return the model that it runs} */
    public SoftpickTransformer model() {
        return model;
    }

    /**
     * Bytes of what the session remembers of its frames: keys, values, states. Grows with {@code UNBOUNDED}.
     *
     * @return that many bytes
     */
    public long stateBytes() {
        begin();
        try {
            return state.bytes();
        } finally {
            end();
        }
    }

    /**
     * A second session that has seen the same frames, to try what would be if. {@code UNBOUNDED} sessions share the
     * pages of keys that are full; the rest, a window's worth, is copied.
     *
     * @return a session like this one
     */
    public StreamingSession fork() {
        begin();
        try {
            return new StreamingSession(model, state.fork());
        } finally {
            end();
        }
    }

    /**
     * The state as bytes, for {@link #restore} on any machine and vector width. {@code EXACT} saves the window's
     * frames, {@code SLIDING} keys and values of {@code windowSize − 1} frames, {@code UNBOUNDED} those of all.
     *
     * <p>Little-endian: 8 bytes {@code SPKSTATE}; int version, 1; int window, its ordinal; 32 bytes SHA-256 of the
     * model's options and weights; long position; int whether there is an answer; floats: the answer, then the state;
     * int CRC-32C of everything before it.
     *
     * @return the bytes
     * @throws IllegalStateException if the state is larger than an array, or the session closed or in use
     */
    public byte[] save() {
        begin();
        try {
            return StateFormat.write(state, model.fingerprint());
        } finally {
            end();
        }
    }

    /**
     * Goes on from a saved state, in place of what the session has seen so far.
     *
     * @param saved bytes from {@link #save}
     * @throws SessionFormatException if the bytes are not a state, are damaged or cut off, or belong to another
     *     version, model or window; the session stays as it was
     */
    public void restore(byte[] saved) throws SessionFormatException {
        begin();
        try {
            model.steps().restore(state, StateFormat.read(state, model.fingerprint(), saved));
        } finally {
            end();
        }
    }

    /** Gives the memory back; the session cannot be used any more. Closing twice is allowed. */
    @Override
    public void close() {
        if (STATUS.compareAndSet(this, IDLE, CLOSED)) {
            state.release();
        } else if ((int) STATUS.getVolatile(this) == BUSY) {
            throw new IllegalStateException("the session is in use by another thread; it is for one thread at a time");
        }
    }
}
