package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backend.Family;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.select.Rehearsals.Rehearsal;
import dev.softpick.kernels.select.Repetition.Repeat;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the models of one {@link Workload} run on: scalar kernels at first, and each family of vector kernels as soon as
 * C2 has compiled it, for it is an order of magnitude slower than scalar code until then. Nobody can tell from the
 * results.
 *
 * <p>The first model of a workload starts a daemon thread that goes through the {@link Rehearsals} until each kernel in
 * turn allocates nothing: a vector that C2 has not compiled is an object. What another workload has rehearsed is not
 * rehearsed again. The thread ends by itself. A kernel that C2 has not compiled within the limit stays scalar, and its
 * family with it, until {@link #await} or, once, {@link #RETRY_CALLS} more calls try again with a longer limit. Nothing
 * is warmed up where the backend is forced.
 */
public final class BackendWarmUp {

    private static final Map<Workload, BackendWarmUp> BY_WORKLOAD = new ConcurrentHashMap<>();

    /** What has been rehearsed until it allocated nothing; the lock lets one thread rehearse at a time. */
    private static final Set<List<Object>> REHEARSED = new HashSet<>();

    /** For the first call, if it comes at once, to have the processors to itself. */
    private static final long HEAD_START_MILLIS = 200;

    /** Processor time for a kernel, some five seconds on an idle machine; what is not compiled then stays scalar. */
    private static final long LIMIT_NANOS = 2_500_000_000L;

    /** The same when it is tried again: C2 may have had half a processor, or a queue before it. */
    private static final long LONG_LIMIT_NANOS = 20_000_000_000L;

    /** Calls until it is tried again. */
    private static final int RETRY_CALLS = 1_000;

    private enum State { RUNNING, COMPLETE, INCOMPLETE }

    private final Workload workload;
    private final Repeat repeat;
    private final boolean inBackground;
    private final Set<List<Object>> rehearsed;
    private volatile Backend backend;
    private volatile State state = State.RUNNING;
    private volatile boolean counts;
    private boolean retried;
    private int calls;

    /** For tests, which decide what is compiled, and do not wait. */
    BackendWarmUp(Workload workload, Repeat repeat, boolean inBackground) {
        this(workload, repeat, inBackground, null);
    }

    private BackendWarmUp(Workload workload, Repeat repeat, boolean inBackground, @Nullable Backend first) {
        this.workload = workload;
        this.repeat = repeat;
        this.inBackground = inBackground;
        rehearsed = inBackground ? REHEARSED : new HashSet<>();
        if (inBackground && (Backends.isForced() || Backends.preferred() == Backends.scalar())) {
            backend = Backends.current();
            state = State.COMPLETE;
        } else {
            backend = first != null ? first : Backends.scalar().with(null, Backends.vector());
            start(HEAD_START_MILLIS, LIMIT_NANOS);
        }
    }

    /** The warm-up of a workload, which the first to ask starts. */
    public static BackendWarmUp of(Workload workload) {
        return of(workload, null);
    }

    private static BackendWarmUp of(Workload workload, @Nullable Backend first) {
        BackendWarmUp known = BY_WORKLOAD.get(workload);
        if (known != null) {
            return known;
        }
        synchronized (BY_WORKLOAD) {
            known = BY_WORKLOAD.get(workload);
            if (known == null) {
                known = new BackendWarmUp(workload, new Repetition.UntilQuiet(), true, first);
                BY_WORKLOAD.put(workload, known);
            }
            return known;
        }
    }

    /**
     * The warm-up of calls that look back beyond a chunk of keys, if this one is not: what is warm stays on vectors,
     * and attention goes back to scalar kernels until its new paths are compiled.
     */
    public BackendWarmUp withChunks() {
        return workload.chunks() ? this
                : of(workload.withChunks(), backend.with(Family.ATTENTION, Backends.scalar()));
    }

    /** What a call runs on; to be asked once a call. */
    public Backend backend() {
        if (counts) {
            count();
        }
        return backend;
    }

    private synchronized void count() {
        if (++calls >= RETRY_CALLS && state == State.INCOMPLETE) {
            counts = false;
            start(0, LONG_LIMIT_NANOS);
        }
    }

    /**
     * Waits for the end, after another try where some kernels are still scalar; returns early, with the interrupt
     * status set, if the caller is interrupted.
     */
    public synchronized void await() {
        if (state == State.INCOMPLETE) {
            start(0, LONG_LIMIT_NANOS);
        }
        try {
            while (state == State.RUNNING) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(long delayMillis, long limitNanos) {
        state = State.RUNNING;
        if (!inBackground) {
            new Run(this, 0, limitNanos).run();
            return;
        }
        try {
            Thread.ofPlatform()
                    .name("softpick-warm-up")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .start(new Run(this, delayMillis, limitNanos));
        } catch (OutOfMemoryError e) {
            // No thread is to be had now; later calls try again.
            end(false);
        }
    }

    private synchronized void end(boolean complete) {
        state = complete ? State.COMPLETE : State.INCOMPLETE;
        counts = !complete && !retried;
        retried = true;
        calls = 0;
        notifyAll();
    }

    /** What the thread does; a record, since the first lambda of a cold JVM takes it 5 ms. */
    private record Run(BackendWarmUp warmUp, long delayMillis, long limitNanos) implements Runnable {
        @Override
        public void run() {
            boolean complete = false;
            try {
                Thread.sleep(delayMillis);
                complete = warmUp.rehearse(limitNanos);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (LinkageError | IllegalStateException e) {
                // The application is gone, and its class loader closed: nobody is left to be told.
            } finally {
                warmUp.end(complete);
            }
        }
    }

    private boolean rehearse(long limitNanos) throws InterruptedException {
        long start = System.nanoTime();
        Backend vector = Backends.vector();
        Set<Family> failed = EnumSet.noneOf(Family.class);
        int turns = 0;
        synchronized (rehearsed) {
            if (inBackground && Backends.current() == Backends.scalar()) {
                backend = Backends.scalar();
                return true;
            }
            List<Rehearsal> rehearsals = Rehearsals.of(vector, workload);
            for (int i = 0; i < rehearsals.size(); i++) {
                Rehearsal rehearsal = rehearsals.get(i);
                if (!rehearsed.contains(rehearsal.what())) {
                    Repetition repetition = repeat.of(rehearsal.calls(), limitNanos);
                    turns += repetition.turns();
                    if (repetition.compiled()) {
                        rehearsed.add(rehearsal.what());
                    } else {
                        failed.add(rehearsal.family());
                    }
                }
                boolean last = i + 1 == rehearsals.size() || rehearsals.get(i + 1).family() != rehearsal.family();
                if (last && !failed.contains(rehearsal.family())) {
                    backend = backend.with(rehearsal.family(), vector);
                }
            }
        }
        if (failed.isEmpty()) {
            backend = vector;
        }
        if (inBackground) {
            WarmUpReport.tell(workload.name(), failed, turns, System.nanoTime() - start, limitNanos);
        }
        return failed.isEmpty();
    }

    /** Rehearses every kernel on the caller's thread; returns whether C2 has compiled them all. */
    public static boolean everything() {
        if (Backends.current() == Backends.scalar()) {
            return true;
        }
        Backend vector = Backends.vector();
        List<Rehearsal> rehearsals = new ArrayList<>(Rehearsals.ofRows(vector));
        List<ScoreNormalizer> normalizers = List.of(
                new ScoreNormalizer.Softpick(), new ScoreNormalizer.Softmax(), new ScoreNormalizer.SSMax(1f),
                new ScoreNormalizer.RectifiedSoftpick());
        for (ScoreNormalizer normalizer : normalizers) {
            rehearsals.addAll(Rehearsals.of(vector, Workload.everything(normalizer)));
        }
        boolean compiled = true;
        synchronized (REHEARSED) {
            for (Rehearsal rehearsal : rehearsals) {
                try {
                    if (!REHEARSED.contains(rehearsal.what())) {
                        if (new Repetition.UntilQuiet().of(rehearsal.calls(), LIMIT_NANOS).compiled()) {
                            REHEARSED.add(rehearsal.what());
                        } else {
                            compiled = false;
                        }
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
        }
        return compiled;
    }
}
