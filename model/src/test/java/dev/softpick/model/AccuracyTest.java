package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameters;
import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the forward pass promises of its rounding errors: 5e-6 · max(1, |y|) for weights as Edifice initialises them,
 * 1e-5 for the trained models; for any weights no more than twice the error of a plain float32 pass, the worst of
 * twenty seeds on either side.
 */
@Tag("once")
class AccuracyTest {

    private static final int SEEDS = 20;
    private static final int STEPS = 24;
    private static final int EMBED = 12;
    private static final double ORDINARY = 5e-6;
    private static final double TRAINED = 1e-5;

    /** Weights as Edifice initialises them, every kernel multiplied with a gain. */
    private static SoftpickTransformer model(Normalizer normalizer, int layers, float gain, long seed)
            throws Exception {
        SoftpickConfig config = SoftpickConfig.builder()
                .embedDim(EMBED).hiddenSize(48).numLayers(layers).normalizer(normalizer).build();
        Parameters.Values values = Parameters.random(seed);
        ModelWeights weights = Parameters.build(config, 0, Set.of(), parameter -> {
            float[] own = values.get(parameter);
            for (int i = 0; i < own.length && parameter.isKernel(); i++) {
                own[i] *= gain;
            }
            return own;
        });
        return new SoftpickTransformer(config, weights, Map.of());
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({
        "SOFTPICK, 6, 1", "SOFTMAX, 6, 1", "SSMAX, 6, 1", "RECTIFIED_SOFTPICK, 6, 1",
        "SOFTPICK, 8, 1.5", "SOFTMAX, 8, 1.5", "SSMAX, 8, 1.5", "RECTIFIED_SOFTPICK, 8, 1.5",
        "SOFTPICK, 8, 3", "SOFTMAX, 8, 3", "SSMAX, 8, 3", "RECTIFIED_SOFTPICK, 8, 3"
    })
    void errorsAreAtMostTwiceThoseOfAPlainFloatPass(Normalizer normalizer, int layers, float gain) throws Exception {
        double worst = 0;
        double plain = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            SoftpickTransformer model = model(normalizer, layers, gain, seed);
            float[] x = Gaussian.floats(seed, STEPS * EMBED);
            double[] expected = new NaiveModel(model).last(x);
            worst = Math.max(worst, Fixtures.worst(model.forward(Tensor.of(x, 1, STEPS, EMBED)).values(), expected));
            plain = Math.max(plain, Fixtures.worst(floats(new NaiveModel(model, Naive.FLOAT, 0).last(x)), expected));
        }
        System.out.println("%s, %d layers, gain %s, seeds 1 to %d: worst error %.2e, a plain float pass %.2e".formatted(
                normalizer, layers, gain, SEEDS, worst, plain));
        assertThat(worst).isLessThanOrEqualTo(2 * plain);
        if (gain == 1) {
            assertThat(worst).isLessThanOrEqualTo(ORDINARY);
        }
    }

    /** Sequences of the test sets, against the double pass that the expected outputs were made with. */
    @ParameterizedTest
    @Tag("long")
    @CsvSource({
        "digits, softpick", "digits, softmax", "digits, ssmax", "digits, rectified_softpick",
        "ecg, softpick", "ecg, softmax", "ecg, ssmax", "ecg, rectified_softpick"
    })
    void soAreThoseOfTrainedModels(String data, String normalizer) throws Exception {
        var model = SoftpickTransformer.load(Fixtures.path("models/" + data + "-" + normalizer + ".safetensors"));
        Tensor x = Fixtures.tensor(Fixtures.file("models/" + data + "-test.safetensors"), "input");
        int length = x.size(1) * x.size(2);
        double worst = 0;
        double plain = 0;
        for (int i = 0; i < SEEDS; i++) {
            float[] one = Arrays.copyOfRange(x.values(), i * length, (i + 1) * length);
            double[] expected = new NaiveModel(model).last(one);
            float[] y = model.forward(Tensor.of(one, 1, x.size(1), x.size(2))).values();
            worst = Math.max(worst, Fixtures.worst(y, expected));
            plain = Math.max(plain, Fixtures.worst(floats(new NaiveModel(model, Naive.FLOAT, 0).last(one)), expected));
        }
        System.out.println("%s-%s, %d sequences: worst error %.2e, of a plain float pass %.2e".formatted(
                data, normalizer, SEEDS, worst, plain));
        assertThat(worst).isLessThanOrEqualTo(2 * plain);
        assertThat(worst).isLessThanOrEqualTo(TRAINED);
    }

    private static float[] floats(double[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = (float) x[i];
        }
        return y;
    }
}
