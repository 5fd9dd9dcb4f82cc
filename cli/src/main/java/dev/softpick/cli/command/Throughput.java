package dev.softpick.cli.command;

import dev.softpick.cli.io.BatchShape;
import dev.softpick.cli.io.Sequences;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;

/**
 * How many sequences a model answers in a second once it is warm: the last few of repeated passes over a batch, when
 * they take about the same time.
 *
 * @param perSecond sequences per second
 * @param warmUp seconds before the passes that count
 * @param steady whether the passes took about the same time before patience ran out
 */
record Throughput(double perSecond, double warmUp, boolean steady) {

    /** Passes that count. */
    static final int PASSES = 5;

    /** The slowest of the passes that count takes at most so much longer than the fastest. */
    private static final double SPREAD = 1.15;

    /** Before that, even equal passes may be equally cold. */
    private static final double SHORTEST_SECONDS = 0.3;

    private static final double LONGEST_SECONDS = 5;

    /** Repeats passes over a batch that fits the memory. */
    static Throughput measure(SoftpickTransformer model, Sequences sequences) throws IOException {
        model.warmUp();
        BatchShape shape = sequences.shape();
        float[] input = new float[Math.multiplyExact(shape.batch(), shape.sequence())];
        sequences.read(0, shape.batch(), input);
        float[] output = new float[shape.batch() * model.classes()];
        double[] last = new double[PASSES];
        double total = 0;
        int passes = 0;
        boolean steady = false;
        while (!steady && (passes < PASSES || total < LONGEST_SECONDS)) {
            long start = System.nanoTime();
            model.logits(input, shape.batch(), shape.steps(), output);
            double seconds = (System.nanoTime() - start) / 1e9;
            last[passes++ % PASSES] = seconds;
            total += seconds;
            steady = passes >= PASSES && total >= SHORTEST_SECONDS && alike(last);
        }
        double counted = 0;
        for (double seconds : last) {
            counted += seconds;
        }
        return new Throughput(PASSES * shape.batch() / counted, total - counted, steady);
    }

    private static boolean alike(double[] seconds) {
        double shortest = seconds[0];
        double longest = seconds[0];
        for (double s : seconds) {
            shortest = Math.min(shortest, s);
            longest = Math.max(longest, s);
        }
        return longest <= SPREAD * shortest;
    }

    /** The figure, and what was timed. */
    @Override
    public String toString() {
        return Decimals.grouped(Math.round(perSecond)) + " sequences per second (" + PASSES + " passes, "
                + (steady ? "after " : "not yet steady after ") + Decimals.fixed(warmUp, 1) + " s of warm-up";
    }
}
