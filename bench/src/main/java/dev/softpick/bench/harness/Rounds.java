package dev.softpick.bench.harness;

import com.sun.management.ThreadMXBean;
import dev.softpick.measure.Turns;
import dev.softpick.measure.Turns.Plan;
import dev.softpick.measure.Turns.Timing;
import dev.softpick.measure.Turns.Work;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.DoubleSupplier;

/** So many rounds of works in turns, of which the medians count. */
public record Rounds(int rounds) {

    private static final Turns TURNS = new Turns(System::nanoTime);
    private static final long TURN_NANOS = 30_000_000;

    /**
     * Nanoseconds a call for each work, then each ceiling's own figure.
     *
     * @param warmUpMillis of each work
     */
    public double[] medians(List<Runnable> works, List<DoubleSupplier> ceilings, int warmUpMillis) {
        return medians(works, ceilings, Plan.rounds(rounds, warmUpMillis * works.size()));
    }

    /** The same with a rest before each turn, for works that leave threads spinning behind them. */
    public double[] medians(
            List<Runnable> works, List<DoubleSupplier> ceilings, int warmUpMillis, int restMillis) {
        return medians(works, ceilings, Plan.rounds(rounds, warmUpMillis * works.size()).resting(restMillis));
    }

    private static double[] medians(List<Runnable> works, List<DoubleSupplier> ceilings, Plan plan) {
        return TURNS.measure(works.stream().map(Work::of).toList(), ceilings, plan).stream()
                .mapToDouble(Timing::median)
                .toArray();
    }

    /** Runs something until the compiler is done with it, at least so long. */
    public static void warmUp(Runnable work, int millis) {
        TURNS.warmUp(List.of(Work.of(work)), millis * 1_000_000L, TURN_NANOS);
    }

    /** Bytes that a call allocates on this thread, on average of ten. */
    public static long allocated(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10; i++) {
            work.run();
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / 10;
    }

    /** Waits for a thread; an interrupt ends the measurement. */
    public static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }
}
