package dev.softpick.bench.peers;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Measures several things in turns, so that whatever else the machine does meets all of them. */
public final class Turns {

    /** A turn lasts at least this long, unless one call does. */
    private static final long TURN_NANOS = 30_000_000;

    private Turns() {}

    /**
     * Medians over the rounds: of nanoseconds a call for each work, then of each ceiling's own figure.
     *
     * @param warmUpMillis how long each work runs before the first round
     */
    public static double[] medians(List<Runnable> works, List<DoubleSupplier> ceilings, int rounds, int warmUpMillis) {
        return medians(works, ceilings, rounds, warmUpMillis, 0);
    }

    /**
     * The same with a rest before each turn, for works that leave threads spinning behind them; a call after it does not
     * count, since it may have to wake its own.
     */
    static double[] medians(
            List<Runnable> works, List<DoubleSupplier> ceilings, int rounds, int warmUpMillis, int restMillis) {
        int[] calls = new int[works.size()];
        for (int i = 0; i < calls.length; i++) {
            double nanos = warmUp(works.get(i), warmUpMillis);
            calls[i] = (int) Math.clamp(TURN_NANOS / nanos, 1, 1_000_000);
        }
        double[][] samples = new double[works.size() + ceilings.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < calls.length; i++) {
                if (restMillis > 0) {
                    rest(restMillis);
                    works.get(i).run();
                }
                samples[i][round] = nanos(works.get(i), calls[i]);
            }
            rest(restMillis);
            for (int i = 0; i < ceilings.size(); i++) {
                samples[calls.length + i][round] = ceilings.get(i).getAsDouble();
            }
        }
        return Arrays.stream(samples).mapToDouble(Turns::median).toArray();
    }

    private static void rest(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    /** Runs for a while, at least twice; returns the nanoseconds of the fastest call. */
    public static double warmUp(Runnable work, int millis) {
        long end = System.nanoTime() + millis * 1_000_000L;
        double best = nanos(work, 1);
        do {
            best = Math.min(best, nanos(work, 1));
        } while (System.nanoTime() < end);
        return best;
    }

    private static double nanos(Runnable work, int calls) {
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            work.run();
        }
        return (System.nanoTime() - start) / (double) calls;
    }

    private static double median(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    /** Waits for a thread; an interrupt ends the measurement. */
    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    /** The largest {@code |x − y| / max(1, |y|)}; throws if it is above {@code allowed} or not a number. */
    public static double same(String what, float[] x, float[] y, double allowed) {
        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            double error = Math.abs((double) x[i] - y[i]) / Math.max(1, Math.abs(y[i]));
            if (!(error <= allowed)) {
                throw new IllegalStateException(
                        what + " differs at " + i + ": " + x[i] + " against our " + y[i] + ", allowed is " + allowed);
            }
            worst = Math.max(worst, error);
        }
        return worst;
    }
}
