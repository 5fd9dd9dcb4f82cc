package dev.softpick.cli.report;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Times several things in turns, so that whatever else the machine does meets all of them: a warm-up, then rounds in
 * which each runs for a few milliseconds, until the time is up.
 */
final class Turns {

    /** A turn lasts about so long, unless one call lasts longer. */
    private static final long TURN_NANOS = 5_000_000;

    private static final int FEWEST_ROUNDS = 3;

    /** Turns that each work gets at least, the one of the warm-up included. */
    static final int FEWEST_TURNS = FEWEST_ROUNDS + 1;

    private static final int MOST_ROUNDS = 41;
    private static final int MOST_CALLS = 1 << 20;

    /** Share of the time that goes into the warm-up. */
    private static final double WARM_UP = 0.35;

    /** What counts as getting faster. */
    private static final double FASTER = 0.8;

    private static final int PATIENCE = 4;

    private final LongSupplier nanoTime;

    Turns(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Something to time. It has the loop in itself, so that the compiler sees one callee in it and not all of them. */
    @FunctionalInterface
    interface Work {
        void repeat(int times);
    }

    /**
     * Nanoseconds a call.
     *
     * @param lower the first quartile of the rounds
     * @param upper the third
     */
    record Timing(double median, double lower, double upper, int rounds) {}

    /** Timings of the works, in their order. Takes about {@code nanos}, more where three rounds need it. */
    List<Timing> measure(List<Work> works, long nanos) {
        long start = nanoTime.getAsLong();
        int[] calls = warmUp(works, (long) (WARM_UP * nanos));
        double[][] samples = new double[works.size()][MOST_ROUNDS];
        int rounds = 0;
        while (rounds < FEWEST_ROUNDS || rounds < MOST_ROUNDS && nanoTime.getAsLong() - start < nanos) {
            for (int i = 0; i < calls.length; i++) {
                samples[i][rounds] = turn(works.get(i), calls[i]);
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
    int[] warmUp(List<Work> works, long nanos) {
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
                calls[i] = (int) Math.clamp(TURN_NANOS / one, 1, Math.min(4L * calls[i], MOST_CALLS));
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

    private static Timing timing(double[] samples) {
        return new Timing(
                Quantiles.of(samples, 0.5), Quantiles.of(samples, 0.25), Quantiles.of(samples, 0.75), samples.length);
    }
}
