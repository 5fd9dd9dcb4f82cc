package dev.softpick.measure;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.apache.commons.statistics.descriptive.Quantile;

/**
 * Times several things in turns, so that whatever else the machine does meets all of them: a warm-up, then rounds in
 * which each runs for a few milliseconds.
 */
public final class Turns {

    /** Turns that each work gets at least where a time is given, the one of the warm-up included. */
    public static final int FEWEST_TURNS = Plan.FEWEST_ROUNDS + 1;

    private static final int MOST_CALLS = 1 << 20;

    /** What counts as getting faster. */
    private static final double FASTER = 0.8;

    private static final int PATIENCE = 4;

    /** Interpolates between the two samples beside a quantile. */
    private static final Quantile QUANTILE =
            Quantile.withDefaults().with(Quantile.EstimationMethod.HF7).withCopy(true);

    private final LongSupplier nanoTime;

    /** With the clock that is given: {@code System::nanoTime}, or a test's. */
    public Turns(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Something to time. It has the loop in itself, so that the compiler sees one callee in it and not all of them. */
    @FunctionalInterface
    public interface Work {

        /** Calls it so often. */
        void repeat(int times);

        /** A work that has no loop of its own. */
        static Work of(Runnable call) {
            return times -> {
                for (int i = 0; i < times; i++) {
                    call.run();
                }
            };
        }
    }

    /**
     * How long to measure.
     *
     * @param warmUpNanos of all works together
     * @param turnNanos a turn lasts about so long, unless one call lasts longer
     * @param nanos warm-up and rounds together
     * @param fewestRounds whatever the time
     * @param mostRounds however much time is left
     * @param restMillis before each turn, for works that leave threads spinning behind them; a call after it does not
     *     count, since it may have to wake its own
     */
    public record Plan(
            long warmUpNanos, long turnNanos, long nanos, int fewestRounds, int mostRounds, int restMillis) {

        private static final int FEWEST_ROUNDS = 3;
        private static final int MOST_ROUNDS = 41;

        /** Share of the time that goes into the warm-up. */
        private static final double WARM_UP = 0.35;

        /** A time, in which as many rounds are taken as it allows, three at least. */
        public static Plan within(long nanos) {
            return new Plan((long) (WARM_UP * nanos), 5_000_000, nanos, FEWEST_ROUNDS, MOST_ROUNDS, 0);
        }

        /** A number of rounds after a warm-up of some milliseconds. */
        public static Plan rounds(int rounds, int warmUpMillis) {
            return new Plan(warmUpMillis * 1_000_000L, 30_000_000, 0, rounds, rounds, 0);
        }

        /** The same with a rest before each turn. */
        public Plan resting(int millis) {
            return new Plan(warmUpNanos, turnNanos, nanos, fewestRounds, mostRounds, millis);
        }
    }

    /**
     * Nanoseconds a call; of a ceiling, its own figure.
     *
     * @param lower the first quartile of the rounds
     * @param upper the third
     */
    public record Timing(double median, double lower, double upper, int rounds) {}

    /** Timings of the works, in their order. */
    public List<Timing> measure(List<Work> works, Plan plan) {
        return measure(works, List.of(), plan);
    }

    /** Timings of the works and then of the ceilings, which measure themselves, once a round. */
    public List<Timing> measure(List<Work> works, List<DoubleSupplier> ceilings, Plan plan) {
        long start = nanoTime.getAsLong();
        int[] calls = warmUp(works, plan.warmUpNanos(), plan.turnNanos());
        double[][] samples = new double[works.size() + ceilings.size()][plan.mostRounds()];
        int rounds = 0;
        while (rounds < plan.fewestRounds()
                || rounds < plan.mostRounds() && nanoTime.getAsLong() - start < plan.nanos()) {
            for (int i = 0; i < calls.length; i++) {
                if (plan.restMillis() > 0) {
                    rest(plan.restMillis());
                    works.get(i).repeat(1);
                }
                samples[i][rounds] = turn(works.get(i), calls[i]);
            }
            rest(plan.restMillis());
            for (int i = 0; i < ceilings.size(); i++) {
                samples[calls.length + i][rounds] = ceilings.get(i).getAsDouble();
            }
            rounds++;
        }
        int counted = rounds;
        return Arrays.stream(samples).map(all -> timing(Arrays.copyOf(all, counted))).toList();
    }

    /**
     * Runs the works for so long, at least once, and up to {@value #PATIENCE} times as long while one of them still
     * gets faster: then the compiler is not done. Returns how many calls of each make a turn.
     */
    public int[] warmUp(List<Work> works, long nanos, long turnNanos) {
        long start = nanoTime.getAsLong();
        int[] calls = new int[works.size()];
        double[] fastest = new double[works.size()];
        Arrays.fill(calls, 1);
        Arrays.fill(fastest, Double.POSITIVE_INFINITY);
        long faster = start;
        long now;
        do {
            for (int i = 0; i < calls.length; i++) {
                double one = Math.max(1, turn(works.get(i), calls[i]));
                faster = one < FASTER * fastest[i] ? nanoTime.getAsLong() : faster;
                fastest[i] = Math.min(fastest[i], one);
                // Not at once: the first calls are much slower than the later ones, or too short for the clock.
                calls[i] = (int) Math.clamp(turnNanos / one, 1, (double) Math.min(4L * calls[i], MOST_CALLS));
            }
            now = nanoTime.getAsLong();
        } while (now - start < nanos || now - faster < nanos && now - start < PATIENCE * nanos);
        return calls;
    }

    private double turn(Work work, int calls) {
        long start = nanoTime.getAsLong();
        work.repeat(calls);
        return (nanoTime.getAsLong() - start) / (double) calls;
    }

    private static void rest(int millis) {
        long end = System.nanoTime() + millis * 1_000_000L;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted while measuring");
            }
        }
    }

    private static Timing timing(double[] samples) {
        return new Timing(quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75), samples.length);
    }

    /** The q-quantile, interpolated between the two samples beside it; the samples stay as they are. */
    public static double quantile(double[] samples, double q) {
        return QUANTILE.evaluate(samples, q);
    }
}
