package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.forward.WarmUp;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Sessions that are stepped together, each with a frame of its own: every product of the step takes all their rows at once,
 * so the weights are read once and not once a session. The bits are those of stepping each alone.
 *
 * <p>Sessions stay usable alone, may stand at different positions, and may be in several groups. Once warm a step allocates
 * nothing. For one thread at a time, like its sessions. With {@link Window#EXACT} sessions whose window slides are
 * recomputed one after the other: they already have as many rows as a window.
 */
public final class SessionGroup {

    private final StreamingSession[] sessions;
    private final RowPass pass;
    private final int embed;
    private final int h;
    private final Scratch scratch;
    private final PagedKeyValueCache[] caches;
    private final int[] rows;
    private final int[] places;

    private SessionGroup(List<StreamingSession> sessions) {
        this.sessions = sessions.toArray(StreamingSession[]::new);
        SoftpickTransformer model = this.sessions[0].model();
        pass = new RowPass(model.config(), model.weights());
        embed = model.config().embedDim();
        h = model.config().hiddenSize();
        int most = Math.min(this.sessions.length, Scratch.BLOCK_ROWS);
        scratch = pass.newScratch(most);
        caches = new PagedKeyValueCache[most];
        rows = new int[most];
        places = new int[most];
    }

    /**
     * Groups sessions.
     *
     * @throws IllegalArgumentException if there are none, one is there twice, or they differ in model or window
     */
    public static SessionGroup of(List<StreamingSession> sessions) {
        if (sessions == null || sessions.isEmpty()) {
            throw new IllegalArgumentException("sessions is " + (sessions == null ? "null" : "empty") + "; give 1 or more");
        }
        Set<StreamingSession> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        StreamingSession first = sessions.getFirst();
        for (StreamingSession session : sessions) {
            if (session.model().weights() != first.model().weights() || session.window() != first.window()) {
                throw new IllegalArgumentException("sessions differ in their model or window; a group has one of each");
            }
            if (!seen.add(session)) {
                throw new IllegalArgumentException("a session is in sessions twice; it takes one frame a step");
            }
        }
        return new SessionGroup(sessions);
    }

    /** Number of sessions. */
    public int size() {
        return sessions.length;
    }

    /**
     * Gives each session its next frame, and writes its answer.
     *
     * @param frames {@code [size, embedDim]}, from index 0, in the order of the sessions
     * @param output {@code [size, outputSize]}, from index 0
     * @throws IllegalArgumentException if an array is too short or both are the same; no session has moved then
     * @throws IllegalStateException if a session is closed, or in use by another thread; no session has moved then
     */
    public void step(float[] frames, float[] output) {
        Shapes.input("frames", frames, (long) sessions.length * embed);
        Shapes.output(output, (long) sessions.length * h, frames);
        int begun = 0;
        try {
            while (begun < sessions.length) {
                sessions[begun].begin();
                begun++;
            }
            Backend backend = WarmUp.of(pass.config().normalizer()).backend();
            for (int i = 0; i < sessions.length; i += rows.length) {
                block(backend, i, Math.min(rows.length, sessions.length - i), frames, output);
            }
        } finally {
            while (begun > 0) {
                sessions[--begun].end();
            }
        }
    }

    private void block(Backend backend, int first, int count, float[] frames, float[] output) {
        int n = 0;
        for (int i = 0; i < count; i++) {
            StreamingSession session = sessions[first + i];
            if (!session.slides()) {
                caches[n] = session.cache();
                rows[n] = session.place(0);
                places[n] = i;
                n++;
            }
        }
        pass.enter(backend, scratch, frames, first * embed, count);
        for (int i = 0; i < count; i++) {
            sessions[first + i].entered(
                    frames, (first + i) * embed, scratch, i, sessions[first + i].position());
        }
        for (int i = 0; i < n; i++) {
            moveRow(places[i], i);
        }
        if (n > 0) {
            pass.run(backend, scratch, caches, rows, n);
        }
        for (int i = 0; i < n; i++) {
            pass.leave(backend, scratch, i, 1, output, (first + places[i]) * h);
        }
        for (int i = first; i < first + count; i++) {
            StreamingSession session = sessions[i];
            if (session.slides()) {
                session.recompute(backend, output, i * h);
            }
            session.moved(1);
            session.answered(output, i * h);
        }
    }

    /** What has entered moves up to the rows that go on. */
    private void moveRow(int from, int to) {
        if (from != to) {
            float[] m = scratch.m;
            System.arraycopy(m, scratch.hidden + from * h, m, scratch.hidden + to * h, h);
            System.arraycopy(m, scratch.qkv + from * 3 * h, m, scratch.qkv + to * 3 * h, 3 * h);
        }
    }
}
