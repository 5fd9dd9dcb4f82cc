package dev.softpick.cli.report;

import java.util.Arrays;

/** Medians and quartiles. */
final class Quantiles {

    private Quantiles() {}

    /** The q-quantile, interpolated between the two samples beside it. */
    static double of(double[] samples, double q) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        double at = q * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
