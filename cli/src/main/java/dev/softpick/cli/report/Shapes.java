package dev.softpick.cli.report;

import dev.softpick.measure.Gaussian;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the normalizers make of scores.
 *
 * @param examples one vector of scores, diffuse to concentrated
 * @param rows normally distributed scores of the same spreads
 * @param lone the weight of a key that is alone, for larger and larger scores
 */
record Shapes(List<Example> examples, List<Rows64> rows, List<Lone> lone, double ssmaxFactor) {

    private static final float[] SCORES = {1.2f, -0.7f, 0.3f, -1.5f, 0.1f, 0.8f, -0.2f, 0.5f};
    private static final double[] SPREADS = {0.5, 2, 8};
    private static final String[] NAMES = {"diffuse", "between", "concentrated"};
    private static final int KEYS = 64;
    private static final int ROWS = 1000;
    private static final float[] LONE = {1f, 10f, 100f, 1e4f, 1e6f, 1e9f};

    /** One vector of scores and its weights by normalizer. */
    record Example(String name, double spread, float[] scores, Map<String, float[]> weights) {}

    /**
     * Statistics of 1,000 rows of 64 scores.
     *
     * @param signKept share of the weights that have their score's sign
     */
    record Rows64(
            double spread, String normalizer, WeightStatistics.Summary weights, double signKept) {}

    /** The weight of one key without others. */
    record Lone(float score, Map<String, Float> weight) {}

    static Shapes measure() {
        List<Example> examples = new ArrayList<>();
        List<Rows64> rows = new ArrayList<>();
        for (int i = 0; i < SPREADS.length; i++) {
            double spread = SPREADS[i];
            float[] scores = new float[SCORES.length];
            for (int j = 0; j < scores.length; j++) {
                scores[j] = (float) (SCORES[j] * spread);
            }
            examples.add(new Example(NAMES[i], spread, scores, Rows.each(n -> Rows.weights(n, scores))));
            Rows.each(n -> n).forEach((name, normalizer) -> {
                WeightStatistics statistics = new WeightStatistics();
                long kept = 0;
                for (int row = 0; row < ROWS; row++) {
                    float[] x = Gaussian.of(row, KEYS, spread);
                    float[] w = Rows.weights(normalizer, x);
                    statistics.add(w, 0, KEYS);
                    for (int j = 0; j < KEYS; j++) {
                        kept += Math.signum(w[j]) == Math.signum(x[j]) ? 1 : 0;
                    }
                }
                rows.add(new Rows64(spread, name, statistics.summary(), (double) kept / (ROWS * KEYS)));
            });
        }
        List<Lone> lone = new ArrayList<>();
        for (float score : LONE) {
            lone.add(new Lone(score, Rows.each(n -> Rows.weights(n, new float[] {score})[0])));
        }
        return new Shapes(examples, rows, lone, Rows.SSMAX_FACTOR);
    }
}
