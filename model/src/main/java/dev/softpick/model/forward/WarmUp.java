package dev.softpick.model.forward;

import com.sun.management.ThreadMXBean;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the models of one normalizer run on: scalar kernels at first, and each vector kernel as soon as C2 has compiled it,
 * for it is an order of magnitude slower than scalar code until then. Nobody can tell from the results.
 *
 * <p>The first model of a normalizer starts a daemon thread that plays the {@link Rehearsal} until each kernel in turn
 * allocates nothing: a vector that C2 has not compiled is an object. The thread ends by itself, after
 * {@link #LONGEST_NANOS} a kernel at the latest. Nothing is warmed up where the backend was asked for.
 */
public final class WarmUp {

    private static final WarmUp[] BY_NORMALIZER = new WarmUp[Normalizer.values().length];

    static {
        for (Normalizer normalizer : Normalizer.values()) {
            BY_NORMALIZER[normalizer.ordinal()] = new WarmUp();
        }
    }

    /** For the first call, if it comes at once, to have the processors to itself. */
    private static final long HEAD_START_MILLIS = 200;

    /** Calls between two looks at the counter. */
    private static final int TURNS = 12;

    /** Looks at the counter that must find it unchanged; the rehearsal goes through its shapes in 32 calls. */
    private static final int QUIET = 3;

    /**
     * How long the thread rests for each nanosecond that it played: C2 needs the second of two processors more than it does,
     * and the callers need the first. Of 0, 1, 2 and 3 the slowest call meanwhile was the fastest with 1; kernels are warm
     * after 2.0, 2.1, 2.5 and 3.1 s; benchmark {@code ColdStart}.
     */
    private static final int REST = 1;

    /** Without a counter, so many calls must do. */
    private static final int BLIND_TURNS = 5_000;

    /** What is not compiled by then will be in the callers' calls. */
    private static final long LONGEST_NANOS = 5_000_000_000L;

    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch warm = new CountDownLatch(1);
    private volatile Backend backend = Backends.scalar();

    private WarmUp() {}

    /** That of a normalizer. */
    public static WarmUp of(Normalizer normalizer) {
        return BY_NORMALIZER[normalizer.ordinal()];
    }

    /** What a call runs on; to be asked once a call. */
    public Backend backend() {
        return backend;
    }

    /** Starts it with the first model; later ones change nothing. */
    public void start(SoftpickConfig config, int classes) {
        if (started.get() || !started.compareAndSet(false, true)) {
            return;
        }
        if (Backends.isAsked() || Backends.chosen() == Backends.scalar()) {
            finish(Backends.current());
            return;
        }
        backend = Backends.scalar().with(null, Backends.chosen());
        try {
            Thread.ofPlatform()
                    .name("softpick-warm-up")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .start(new Run(this, config, classes));
        } catch (OutOfMemoryError e) {
            // No thread is to be had: the callers' own calls warm the kernels up.
            finish(Backends.chosen());
        }
    }

    /** Waits for the end; returns early, with the interrupt status set, if the caller is interrupted. */
    public void await() {
        try {
            warm.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void finish(Backend chosen) {
        backend = chosen;
        warm.countDown();
    }

    /** What the thread does; a record, since the first lambda of a cold JVM takes it 5 ms. */
    private record Run(WarmUp warmUp, SoftpickConfig config, int classes) implements Runnable {
        @Override
        public void run() {
            long start = System.nanoTime();
            int turns = 0;
            try {
                Thread.sleep(HEAD_START_MILLIS);
                for (Rehearsal.Scene scene : new Rehearsal(Backends.chosen(), config, classes).scenes()) {
                    turns += rehearse(scene.play());
                    if (scene.ready() != null) {
                        warmUp.backend = warmUp.backend.with(scene.ready(), Backends.chosen());
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                warmUp.finish(Backends.chosen());
            }
            tell(config.normalizer(), turns, System.nanoTime() - start);
        }
    }

    /** Plays until nothing is allocated any more; returns how often. */
    private static int rehearse(Rehearsal.Play play) throws InterruptedException {
        long end = System.nanoTime() + LONGEST_NANOS;
        boolean counts = ModuleLayer.boot().findModule("jdk.management").isPresent();
        int turn = 0;
        for (int quiet = 0; quiet < QUIET && System.nanoTime() < end && (counts || turn < BLIND_TURNS); ) {
            long before = counts ? Counter.allocated() : 0;
            long begun = System.nanoTime();
            for (int i = 0; i < TURNS; i++) {
                play.play(turn++);
            }
            quiet = counts && Counter.allocated() == before ? quiet + 1 : 0;
            if (quiet == 0) {
                Thread.sleep(Math.max(1, REST * (System.nanoTime() - begun) / 1_000_000));
            }
        }
        return turn;
    }

    private static void tell(Normalizer normalizer, int turns, long nanos) {
        Backends.current();
        System.getLogger("dev.softpick")
                .log(System.Logger.Level.DEBUG, "softpick kernels: vector kernels for " + normalizer.id()
                        + " warm after " + turns + " calls in " + nanos / 1_000_000 + " ms");
        if (ModuleLayer.boot().findModule("jdk.jfr").isPresent()) {
            WarmUpEvent.commit(normalizer.id(), turns, nanos);
        }
    }

    /** In a class of its own: the module may be missing. */
    private static final class Counter {
        private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        static long allocated() {
            return THREADS.getCurrentThreadAllocatedBytes();
        }
    }
}
