package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.Softpick;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What softpick is good for outside attention. */
class SoftpickUseCasesTest {

    /**
     * Mixture of experts: a router scores each expert for each token; softpick turns the scores into signed weights, so
     * an expert can be subtracted as well as added, and a token that no expert suits (scores near 0) gets almost
     * nothing.
     */
    @Test
    void routesTokensToExperts() {
        int tokens = 7;
        int width = 6;
        int experts = 4;
        Tensor x = Tensor.of(Gaussian.floats(1, tokens * width), tokens, width);
        Layer router = new Dense(Gaussian.floats(2, width * experts), new float[experts], width, experts)
                .then(new SoftpickLayer(-1));
        List<Dense> mixture = IntStream.range(0, experts)
                .mapToObj(e -> new Dense(Gaussian.floats(10 + e, width * width), new float[width], width, width))
                .toList();

        Tensor weights = router.forward(x);
        Tensor y = Tensor.zeros(tokens, width);
        for (int e = 0; e < experts; e++) {
            Tensor output = mixture.get(e).forward(x);
            for (int i = 0; i < y.values().length; i++) {
                y.values()[i] += weights.get(i / width, e) * output.values()[i];
            }
        }

        double[] in = Naive.doubles(x.values());
        double[] scores = dense(in, Gaussian.floats(2, width * experts), experts);
        double[] expected = new double[tokens * width];
        boolean subtracted = false;
        for (int t = 0; t < tokens; t++) {
            double[] row = Arrays.copyOfRange(scores, t * experts, (t + 1) * experts);
            double[] picked = Formula.SOFTPICK.weights(row, Double.NaN);
            double magnitude = 0;
            for (int e = 0; e < experts; e++) {
                double[] token = Arrays.copyOfRange(in, t * width, (t + 1) * width);
                double[] output = dense(token, Gaussian.floats(10 + e, width * width), width);
                for (int c = 0; c < width; c++) {
                    expected[t * width + c] += picked[e] * output[c];
                }
                float weight = weights.get(t, e);
                assertThat(Math.signum(weight)).isEqualTo((float) Math.signum(row[e]));
                subtracted |= weight < 0;
                magnitude += Math.abs(weight);
            }
            assertThat(magnitude).as("what token " + t + " hands out").isLessThan(1);
        }
        assertThat(subtracted).isTrue();
        assertThat(Fixtures.worst(y.values(), expected)).isLessThanOrEqualTo(1e-5);
    }

    @Test
    void aTokenThatNoExpertSuitsIsLeftOut() {
        float[] weights = new float[8];
        Softpick.normalize(new float[] {0, 0, 0, 0, 9, -3, 0, 0.5f}, new int[] {2, 4}, -1, weights);
        assertThat(Arrays.copyOf(weights, 4)).containsOnly(0);
        assertThat(Arrays.copyOfRange(weights, 4, 8)).containsExactly(9 / 13.5f, -3 / 13.5f, 0, 0.5f / 13.5f);
    }

    /**
     * Feature selection: the correlation of each feature with a target, through softpick, is a signed importance. The
     * order is that of the magnitudes, the informative features come first with the right sign, and a feature that says
     * nothing keeps its nothing instead of softmax's fair share.
     */
    @Test
    void selectsFeatures() {
        int samples = 400;
        int features = 10;
        float[] x = Gaussian.floats(21, samples * features);
        float[] importance = new float[features];
        for (int row = 0; row < samples; row++) {
            x[row * features + 9] = 0;
            double target = 3 * x[row * features + 2] - 2 * x[row * features + 7];
            for (int feature = 0; feature < features; feature++) {
                importance[feature] += (float) (target * x[row * features + feature] / samples);
            }
        }

        Softpick.normalize(importance, new int[] {features}, 0, importance);

        List<Integer> ranked = IntStream.range(0, features).boxed()
                .sorted(Comparator.comparingDouble(feature -> -Math.abs(importance[feature])))
                .toList();
        assertThat(ranked.subList(0, 2)).containsExactly(2, 7);
        assertThat(importance[2]).isPositive();
        assertThat(importance[7]).isNegative();
        assertThat(importance[9]).isZero();
        List<Integer> selected = ranked.stream().filter(feature -> Math.abs(importance[feature]) > 0.1f).toList();
        assertThat(selected).containsExactly(2, 7);
    }

    private static double[] dense(double[] x, float[] kernel, int out) {
        return Naive.DOUBLE.dense(x, Naive.doubles(kernel), new double[out]);
    }
}
