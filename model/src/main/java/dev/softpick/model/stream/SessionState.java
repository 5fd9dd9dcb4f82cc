package dev.softpick.model.stream;

import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.Window;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * What a session remembers of its frames, and nothing that it needs only during a step: that is the {@link StepPass}'s.
 * Not for more than one thread at a time.
 */
public final class SessionState {

    private final SoftpickConfig config;
    private final Window window;

    /** Keys and values of earlier positions; empty while an exact window slides, null once the session is released. */
    private @Nullable PagedKeyValueCache cache;

    /** Null without an exact window. */
    private @Nullable FirstLayer firstLayer;

    private final float[] answer;
    private long position;
    private boolean answered;

    /** Of a session without a frame. */
    public SessionState(RowPass pass, Window window) {
        config = pass.config();
        this.window = window;
        cache = pass.newCache(window == Window.SLIDING ? config.windowSize() : 0);
        firstLayer = window == Window.EXACT ? new FirstLayer(config) : null;
        answer = new float[config.hiddenSize()];
    }

    private SessionState(SessionState other) {
        config = other.config;
        window = other.window;
        cache = other.cache().fork(other.position);
        firstLayer = other.firstLayer == null ? null : other.firstLayer.fork();
        answer = other.answer.clone();
        position = other.position;
        answered = other.answered;
    }

    /** Another one that has seen the same frames; both go on without each other. */
    public SessionState fork() {
        return new SessionState(this);
    }

    /** Forgets all frames. */
    public void clear() {
        cache().clear();
        position = 0;
        answered = false;
    }

    /** Gives the memory back; what is left are numbers. */
    public void release() {
        cache = null;
        firstLayer = null;
    }

    /** The model's options. */
    public SoftpickConfig config() {
        return config;
    }

    /** What the session attends to. */
    public Window window() {
        return window;
    }

    /** Frames taken. */
    public long position() {
        return position;
    }

    /** Whether {@link #answer} belongs to the latest frame. */
    public boolean answered() {
        return answered;
    }

    /** The latest answer, {@code [hiddenSize]}; written by what steps the session. */
    public float[] answer() {
        return answer;
    }

    /** Bytes of keys, values, states and frames. */
    public long bytes() {
        return Float.BYTES * (cache().size() + (firstLayer == null ? 0 : firstLayer.size()));
    }

    /** Whether a frame pushes another one out of an exact window, so that all its rows are computed anew. */
    boolean slides(long at) {
        return window == Window.EXACT && at >= config.windowSize();
    }

    /** How many of the next frames one block can take: an exact window fills in one and slides in the next. */
    int together(int count) {
        boolean fills = window == Window.EXACT && !slides(position);
        return fills ? (int) Math.min(count, config.windowSize() - position) : count;
    }

    /** Starts where an exact window slides already, so that its first frames attend to nothing. */
    void startSliding(long at) {
        clear();
        moveTo(at + config.windowSize(), false);
    }

    PagedKeyValueCache cache() {
        if (cache == null) {
            throw new IllegalStateException("the session's memory has been released");
        }
        return cache;
    }

    /** That of an exact window. */
    FirstLayer firstLayer() {
        if (firstLayer == null) {
            throw new IllegalStateException("the session has no exact window");
        }
        return firstLayer;
    }

    /** Makes room for a position's keys and values; returns its row in the cache. */
    int ensureRow(long at) {
        int row = cache().row(at);
        cache().ensurePage(row);
        return row;
    }

    /** Keeps of a row what an exact window uses again. */
    void keep(long at, float[] frames, int from, Scratch s, int row) {
        if (firstLayer != null) {
            firstLayer.put(at, frames, from, s, row);
        }
    }

    /** As if so many frames had been taken, and the latest had been answered or not. */
    void moveTo(long frames, boolean latestAnswered) {
        position = frames;
        answered = latestAnswered;
        if (slides(frames)) {
            cache().clear();
        }
    }
}
