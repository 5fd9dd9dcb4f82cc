package dev.softpick.model.stream;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.model.Window;
import dev.softpick.model.forward.CallEvent;
import dev.softpick.model.forward.CallRecord;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.forward.ScratchPool;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The way of sessions' next frames through the model. A block of rows goes together: one row each of many sessions, or
 * the next rows of one. A row continues from its session's keys and values; with an exact window that slides, which has
 * none, its window is computed anew, but for what does not depend on where it begins.
 */
public final class StepPass {

    private final RowPass rows;
    private final ForwardPass windows;
    private final ScratchPool<StepScratch> pool = new ScratchPool<>();
    private final int embed;
    private final int h;

    /** Single rows go through the one pass, windows through the other. */
    public StepPass(RowPass rows, ForwardPass windows) {
        this.rows = rows;
        this.windows = windows;
        embed = rows.config().embedDim();
        h = rows.config().hiddenSize();
    }

    /** What a session without a frame remembers. */
    public SessionState newState(Window window) {
        return new SessionState(rows, window);
    }

    /**
     * One frame for each session: {@code frames} is {@code [states, embedDim]}, {@code output}
     * {@code [states, hiddenSize]}.
     */
    public void step(SessionState[] states, float[] frames, float[] output) {
        CallEvent event = CallRecord.begin();
        Backend backend = backend();
        StepScratch s = take(states.length);
        for (int first = 0; first < states.length; first += s.states.length) {
            int n = Math.min(s.states.length, states.length - first);
            for (int i = 0; i < n; i++) {
                s.states[i] = states[first + i];
                s.positions[i] = states[first + i].position();
            }
            block(backend, s, n, frames, first * embed, output, first * h);
        }
        giveBack(s);
        end(event, "step", states.length, 1);
    }

    /**
     * The next frames of one session, {@code [count, embedDim]}; where {@code output} is null, nobody needs the
     * answers.
     */
    public void step(SessionState state, float[] frames, int count, float @Nullable [] output) {
        CallEvent event = CallRecord.begin();
        step(state, frames, 0, count, output);
        end(event, "step", 1, count);
    }

    private void end(@Nullable CallEvent event, String operation, int batch, int steps) {
        if (event != null) {
            event.ended(operation, batch, steps, 1, backend(), rows.config());
        }
    }

    private void step(SessionState state, float[] frames, int from, int count, float @Nullable [] output) {
        Backend backend = backend();
        StepScratch s = take(count);
        for (int first = 0; first < count; ) {
            int n = state.together(Math.min(s.states.length, count - first));
            for (int i = 0; i < n; i++) {
                s.states[i] = state;
                s.positions[i] = state.position() + i;
            }
            block(backend, s, n, frames, (from + first) * embed, output, first * h);
            first += n;
        }
        giveBack(s);
    }

    /** The answer to each window of a series: {@code output} is {@code [count − windowSize + 1, hiddenSize]}. */
    public void series(float[] frames, int count, float[] output) {
        CallEvent event = CallRecord.begin();
        int before = rows.config().windowSize() - 1;
        SessionState state = newState(Window.EXACT);
        state.startSliding(0);
        if (before > 0) {
            step(state, frames, 0, before, null);
        }
        step(state, frames, before, count - before, output);
        end(event, "forwardWindows", 1, count);
    }

    private void block(
            Backend backend, StepScratch s, int n, float[] frames, int from, float @Nullable [] output, int to) {
        int going = s.place(n);
        rows.embed(backend, s.scratch, frames, from, n);
        if (output != null && going < n) {
            windows(backend, s, n, output, to);
        }
        for (int i = 0; i < n; i++) {
            s.states[i].keep(s.positions[i], frames, from + i * embed, s.scratch, i);
        }
        if (going > 0) {
            s.moveUp(going);
            rows.run(backend, s.scratch, s.caches, s.rows, going);
        }
        for (int i = 0; i < going && output != null; i++) {
            rows.finalNorm(backend, s.scratch, i, 1, output, to + s.places[i] * h);
        }
        for (int i = 0; i < n; i++) {
            if (output != null) {
                System.arraycopy(output, to + i * h, s.states[i].answer(), 0, h);
            }
            s.states[i].moveTo(s.positions[i] + 1, output != null);
        }
    }

    /** The answers of the rows whose exact window slides, as many windows at a time as make a block of rows. */
    private void windows(Backend backend, StepScratch s, int n, float[] output, int to) {
        for (int i = 0; i < n; ) {
            int most = Math.min(windows.windowsTogether(), n - i);
            Scratch target = windows.windows(most);
            int count = 0;
            for (; i < n && count < most; i++) {
                if (s.states[i].slides(s.positions[i])) {
                    s.copyWindow(i, target, count);
                    s.answers[count++] = to + i * h;
                }
            }
            windows.lastOfWindows(backend, target, count, output, s.answers);
        }
    }

    /** Goes on from a saved state, which was of a session like this one. */
    public void restore(SessionState state, StateFormat saved) {
        state.clear();
        if (state.window() == Window.EXACT) {
            float[] frames = saved.frames();
            int count = frames.length / embed;
            if (saved.position() >= rows.config().windowSize()) {
                state.startSliding(saved.position() - count);
            }
            if (count > 0) {
                step(state, frames, count, null);
            }
        } else {
            saved.fill(state.cache());
        }
        saved.copyAnswer(state.answer());
        state.moveTo(saved.position(), saved.answered());
    }

    /** What is warm. */
    public Backend backend() {
        return rows.warmUp().backend();
    }

    private StepScratch take(int count) {
        int block = Math.min(count, Scratch.BLOCK_ROWS);
        StepScratch s = pool.take(1, 1, block);
        return s != null ? s : new StepScratch(rows, block);
    }

    /** What waits for the next call must not keep closed sessions alive. */
    private void giveBack(StepScratch s) {
        Arrays.fill(s.states, null);
        Arrays.fill(s.caches, null);
        pool.giveBack(s);
    }
}
