package dev.softpick.cli.report;

/** What many rows of weights have in common. */
final class WeightStatistics {

    /** Weights whose magnitude is below this count as small. */
    private static final double SMALL = 1e-3;

    private long rows;
    private long weights;
    private long negative;
    private long small;
    private long zero;
    private long empty;
    private double smallest = Double.POSITIVE_INFINITY;
    private double largest = Double.NEGATIVE_INFINITY;
    private double smallestSum = Double.POSITIVE_INFINITY;
    private double largestSum = Double.NEGATIVE_INFINITY;
    private double magnitudes;
    private double effective;

    /**
     * The numbers.
     *
     * @param smallest the smallest weight
     * @param smallestSum the smallest sum of a row
     * @param magnitude Σ|w| of a row, on average
     * @param negative share of the weights
     * @param small share of the weights whose magnitude is below 1e-3, zeros included
     * @param zero share of the weights that are exactly 0
     * @param empty share of the rows that are 0 altogether
     * @param effectiveKeys e to the entropy of |w| / Σ|w|, on average over the rows that are not empty
     * @param keys weights in a row, on average
     */
    record Summary(
            long rows, double smallest, double largest, double smallestSum, double largestSum, double magnitude,
            double negative, double small, double zero, double empty, double effectiveKeys, double keys) {}

    void add(float[] w, int from, int length) {
        double sum = 0;
        double magnitude = 0;
        for (int i = from; i < from + length; i++) {
            double value = w[i];
            sum += value;
            magnitude += Math.abs(value);
            smallest = Math.min(smallest, value);
            largest = Math.max(largest, value);
            negative += value < 0 ? 1 : 0;
            small += Math.abs(value) < SMALL ? 1 : 0;
            zero += value == 0 ? 1 : 0;
        }
        rows++;
        weights += length;
        smallestSum = Math.min(smallestSum, sum);
        largestSum = Math.max(largestSum, sum);
        magnitudes += magnitude;
        if (magnitude == 0) {
            empty++;
            return;
        }
        double entropy = 0;
        for (int i = from; i < from + length; i++) {
            double share = Math.abs(w[i]) / magnitude;
            entropy -= share > 0 ? share * Math.log(share) : 0;
        }
        effective += Math.exp(entropy);
    }

    /** Takes up the rows of another one. */
    void addAll(WeightStatistics other) {
        rows += other.rows;
        weights += other.weights;
        negative += other.negative;
        small += other.small;
        zero += other.zero;
        empty += other.empty;
        smallest = Math.min(smallest, other.smallest);
        largest = Math.max(largest, other.largest);
        smallestSum = Math.min(smallestSum, other.smallestSum);
        largestSum = Math.max(largestSum, other.largestSum);
        magnitudes += other.magnitudes;
        effective += other.effective;
    }

    Summary summary() {
        double all = weights;
        return new Summary(
                rows, smallest, largest, smallestSum, largestSum, magnitudes / rows, negative / all, small / all,
                zero / all, (double) empty / rows, empty == rows ? 0 : effective / (rows - empty), all / rows);
    }
}
