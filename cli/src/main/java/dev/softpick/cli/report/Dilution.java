package dev.softpick.cli.report;

import dev.softpick.measure.Gaussian;
import dev.softpick.measure.Turns;
import dev.softpick.model.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The weight of one signal among n − 1 keys of noise, median over seeds: how attention fades in long rows.
 *
 * @param signal the signal's score; the noise is normal with standard deviation 1
 * @param weights by normalizer, one for each number of keys
 */
record Dilution(double signal, int seeds, List<Integer> keys, Map<String, double[]> weights) {

    private static final float SIGNAL = 5f;
    private static final int FEWEST = 8;
    private static final int MOST = 65_536;

    static Dilution measure(int seeds) {
        List<Integer> keys = new ArrayList<>();
        for (int n = FEWEST; n <= MOST; n *= 2) {
            keys.add(n);
        }
        Map<String, double[]> weights =
                Rows.each(normalizer -> keys.stream().mapToDouble(n -> weight(normalizer, n, seeds)).toArray());
        return new Dilution(SIGNAL, seeds, keys, weights);
    }

    private static double weight(Normalizer normalizer, int n, int seeds) {
        double[] weights = new double[seeds];
        for (int seed = 0; seed < seeds; seed++) {
            float[] x = Gaussian.of(seed, n);
            int at = n / 2;
            x[at] = SIGNAL;
            weights[seed] = Rows.weights(normalizer, x)[at];
        }
        return Turns.quantile(weights, 0.5);
    }
}
