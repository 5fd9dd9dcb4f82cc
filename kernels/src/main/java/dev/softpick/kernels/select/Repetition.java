package dev.softpick.kernels.select;

import com.sun.management.ThreadMXBean;
import dev.softpick.kernels.select.Rehearsals.Calls;
import java.lang.management.ManagementFactory;

/**
 * Calls of one kernel again and again.
 *
 * @param turns how often it was called
 * @param compiled whether it allocated nothing any more in the end
 */
record Repetition(int turns, boolean compiled) {

    /** Calls a kernel until it is compiled, or until the time is over; tests have their own. */
    @FunctionalInterface
    interface Repeat {
        Repetition of(Calls calls, long limitNanos) throws InterruptedException;
    }

    /** Until nothing is allocated any more; a record, since the first lambda of a cold JVM takes it 5 ms. */
    record UntilQuiet() implements Repeat {
        @Override
        public Repetition of(Calls calls, long limitNanos) throws InterruptedException {
            return untilQuiet(calls, limitNanos);
        }
    }

    /** Calls between two looks at the counter. */
    private static final int TURNS = 12;

    /** Looks at the counter that must find it unchanged; a rehearsal goes through its shapes in 32 calls. */
    private static final int QUIET = 3;

    /**
     * How long the thread rests for each nanosecond that it calls: C2 needs the second of two processors more than it
     * does, and the callers need the first. Of 0, 1, 2 and 3 the slowest call meanwhile was the fastest with 1; kernels
     * are warm after 2.0, 2.1, 2.5 and 3.1 s; benchmark {@code ColdStart}.
     */
    private static final int REST = 1;

    /**
     * The limit is processor time of this thread, because where processors are scarce C2 has as little of them; by the
     * clock it may take so many times as long.
     */
    private static final int WALL = 12;

    /** Without a counter, so many calls must do. */
    private static final int BLIND_TURNS = 5_000;

    private static Repetition untilQuiet(Calls calls, long limitNanos) throws InterruptedException {
        long end = System.nanoTime() + WALL * limitNanos;
        boolean counts = ModuleLayer.boot().findModule("jdk.management").isPresent();
        long cpuEnd = counts ? Counter.cpu() + limitNanos : Long.MAX_VALUE;
        int turn = 0;
        for (int quiet = 0; quiet < QUIET; ) {
            if (!counts && turn >= BLIND_TURNS) {
                break;
            }
            if (System.nanoTime() >= end || counts && Counter.cpu() >= cpuEnd) {
                return new Repetition(turn, false);
            }
            long before = counts ? Counter.allocated() : 0;
            long begun = System.nanoTime();
            for (int i = 0; i < TURNS; i++) {
                calls.call(turn++);
            }
            quiet = counts && Counter.allocated() == before ? quiet + 1 : 0;
            if (quiet == 0) {
                Thread.sleep(Math.max(1, REST * (System.nanoTime() - begun) / 1_000_000));
            }
        }
        return new Repetition(turn, true);
    }

    /** In a class of its own: the module may be missing. */
    private static final class Counter {
        private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        /** Of this thread; 0 where the JVM does not measure it. */
        static long cpu() {
            return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : 0;
        }

        static long allocated() {
            return THREADS.getCurrentThreadAllocatedBytes();
        }
    }
}
