package dev.softpick.model;

import dev.softpick.model.stream.SessionState;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Sessions that are stepped together, each with a frame of its own: every product of the step takes all their rows at
 * once, so the weights are read once and not once a session. The bits are those of stepping each alone.
 *
 * <p>Sessions stay usable alone, may stand at different positions, and may be in several groups. Once warm a step
 * allocates nothing. For one thread at a time, like its sessions. With {@link Window#EXACT}, windows that slide are
 * computed anew, as many together as make a block of rows.
 */
public final class SessionGroup {

    private final StreamingSession[] sessions;
    private final SessionState[] states;
    private final SoftpickTransformer model;

    private SessionGroup(List<StreamingSession> sessions) {
        this.sessions = sessions.toArray(StreamingSession[]::new);
        states = sessions.stream().map(StreamingSession::state).toArray(SessionState[]::new);
        model = this.sessions[0].model();
    }

    /**
     * Groups sessions.
     *
     * @param sessions of one model and one window, each once
     * @return the group
     * @throws IllegalArgumentException if there are none, one is there twice, or they differ in model or window
     */
    public static SessionGroup of(List<StreamingSession> sessions) {
        if (sessions == null || sessions.isEmpty()) {
            throw new IllegalArgumentException(
                    "sessions is " + (sessions == null ? "null" : "empty") + "; give 1 or more");
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

    /** {@return the number of sessions} */
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
        Shapes.input("frames", frames, (long) sessions.length * model.config().embedDim());
        Shapes.output(output, (long) sessions.length * model.outputSize(), frames);
        int begun = 0;
        try {
            while (begun < sessions.length) {
                sessions[begun].begin();
                begun++;
            }
            model.steps().step(states, frames, output);
        } finally {
            while (begun > 0) {
                sessions[--begun].end();
            }
        }
    }
}
