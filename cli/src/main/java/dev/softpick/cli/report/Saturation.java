package dev.softpick.cli.report;

import dev.softpick.measure.Gaussian;
import dev.softpick.measure.Turns;
import dev.softpick.model.Normalizer;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The Frobenius norm of the Jacobian of a row, {@code √Σ (∂y_i/∂x_j)²}, against the spread of its scores,
 * median over seeds; one row of the Jacobian for each unit vector that goes through the analytic gradient.
 *
 * @param norms by normalizer, one for each spread
 */
record Saturation(int keys, int seeds, double[] spreads, Map<String, double[]> norms) {

    private static final int KEYS = 64;
    private static final int LOWEST_POWER = -4;
    private static final int HIGHEST_POWER = 6;

    static Saturation measure(int seeds) {
        double[] spreads = IntStream.rangeClosed(2 * LOWEST_POWER, 2 * HIGHEST_POWER)
                .mapToDouble(power -> Math.pow(2, power / 2.0))
                .toArray();
        return new Saturation(KEYS, seeds, spreads, Rows.each(normalizer -> Arrays.stream(spreads)
                .map(spread -> norm(normalizer, spread, seeds))
                .toArray()));
    }

    private static double norm(Normalizer normalizer, double spread, int seeds) {
        double[] norms = new double[seeds];
        for (int seed = 0; seed < seeds; seed++) {
            norms[seed] = jacobianNorm(normalizer, Gaussian.of(seed, KEYS, spread));
        }
        return Turns.quantile(norms, 0.5);
    }

    static double jacobianNorm(Normalizer normalizer, float[] x) {
        float[] g = new float[x.length];
        double squares = 0;
        for (int i = 0; i < x.length; i++) {
            g[i] = 1f;
            float[] dx = Rows.backward(normalizer, x, g);
            g[i] = 0f;
            for (float d : dx) {
                squares += (double) d * d;
            }
        }
        return Math.sqrt(squares);
    }

    /** The norm at the spread nearest to this one. */
    double at(Normalizer normalizer, double spread) {
        int nearest = IntStream.range(0, spreads.length)
                .boxed()
                .min((a, b) -> Double.compare(
                        Math.abs(Math.log(spreads[a] / spread)), Math.abs(Math.log(spreads[b] / spread))))
                .orElseThrow();
        return Rows.of(normalizer, norms)[nearest];
    }
}
