package dev.softpick.model.forward;

import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What calls have asked of one executor. It may start a helper at once, run it in the thread that asks, keep it in a
 * queue for ever, or drop it: a few helpers that have not started are outstanding at most, and when as many are, a call
 * asks for no more. An outstanding helper is one that somebody still holds, so that dropped ones do not count for ever.
 */
final class Helpers {

    /** Of one executor, whichever models use it; holds no executor. */
    private static final Map<Executor, Helpers> BY_EXECUTOR = Collections.synchronizedMap(new WeakHashMap<>());

    /** More helpers than this would have no processor to run on when they start. */
    static final int MOST = Math.max(16, 4 * Runtime.getRuntime().availableProcessors());

    private final AtomicReferenceArray<@Nullable WeakReference<Helper>> outstanding = new AtomicReferenceArray<>(MOST);

    private Helpers() {}

    static Helpers of(Executor executor) {
        return BY_EXECUTOR.computeIfAbsent(executor, any -> new Helpers());
    }

    /**
     * Asks for one helper.
     *
     * @return whether it is worth while to ask for another one
     */
    boolean ask(Executor executor, Team team) {
        for (int i = 0; i < MOST; i++) {
            WeakReference<Helper> reference = outstanding.get(i);
            Helper other = reference == null ? null : reference.get();
            if (other != null && !other.isStarted()) {
                continue;
            }
            Helper helper = new Helper(team);
            if (outstanding.compareAndSet(i, reference, new WeakReference<>(helper))) {
                boolean accepted = false;
                try {
                    executor.execute(helper);
                    accepted = true;
                } finally {
                    if (!accepted) {
                        helper.set(null);
                    }
                }
                return true;
            }
        }
        return false;
    }

    /** Joins the team once, if the call goes on; of a call that has ended a team holds nothing. */
    private static final class Helper extends AtomicReference<@Nullable Team> implements Runnable {
        private static final long serialVersionUID = 1L;

        Helper(Team team) {
            super(team);
        }

        boolean isStarted() {
            return get() == null;
        }

        @Override
        public void run() {
            Team team = getAndSet(null);
            if (team != null) {
                team.help();
            }
        }
    }
}
