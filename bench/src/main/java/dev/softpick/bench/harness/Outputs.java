package dev.softpick.bench.harness;

/** What is timed computes the same: checked before. */
public final class Outputs {

    private Outputs() {}

    /**
     * The largest {@code |x − y| / max(1, |y|)}.
     *
     * @throws IllegalStateException if it is above {@code allowed} or not a number
     */
    public static double same(String what, float[] x, float[] y, double allowed) {
        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            double error = Math.abs((double) x[i] - y[i]) / Math.max(1, Math.abs(y[i]));
            if (!(error <= allowed)) {
                throw new IllegalStateException(
                        what + " differ at " + i + ": " + x[i] + " and " + y[i] + ", allowed is " + allowed);
            }
            worst = Math.max(worst, error);
        }
        return worst;
    }

    /** The largest {@code |x − y|}, whatever it is; NaN where one is not a number. */
    public static double difference(float[] x, float[] y) {
        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            worst = Math.max(worst, Math.abs((double) x[i] - y[i]));
        }
        return worst;
    }
}
