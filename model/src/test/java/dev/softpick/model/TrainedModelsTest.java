package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models trained on real data, against a float64 forward pass of the same weights, and against what training reported.
 */
class TrainedModelsTest {

    private static final double TOLERANCE = 1e-5;

    @ParameterizedTest
    @CsvSource({"softpick, 353", "softmax, 356", "ssmax, 356", "rectified_softpick, 352"})
    void digitsAreClassifiedAsReported(String normalizer, int correct) throws IOException {
        assertThat(digits(normalizer)).isEqualTo(correct);
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({"softpick, 0.6154", "softmax, 0.6599", "ssmax, 0.6768", "rectified_softpick, 0.6738"})
    void ecgIsPredictedAsReported(String normalizer, String r2) throws IOException {
        assertThat(ecg(normalizer)).isEqualTo(r2);
    }

    private static int digits(String normalizer) throws IOException {
        SafetensorsFile test = Fixtures.file("models/digits-test.safetensors");
        Tensor logits = check("digits", normalizer, test);
        long[] labels = test.longs("label");
        double[] expected = test.doubles("expected_logits_" + normalizer);
        int correct = 0;
        for (int i = 0; i < labels.length; i++) {
            int predicted = 0;
            int expectedClass = 0;
            for (int c = 1; c < 10; c++) {
                predicted = logits.get(i, c) > logits.get(i, predicted) ? c : predicted;
                expectedClass = expected[i * 10 + c] > expected[i * 10 + expectedClass] ? c : expectedClass;
            }
            assertThat(predicted).as("class of image %d", i).isEqualTo(expectedClass);
            correct += predicted == labels[i] ? 1 : 0;
        }
        return correct;
    }

    private static String ecg(String normalizer) throws IOException {
        SafetensorsFile test = Fixtures.file("models/ecg-test.safetensors");
        float[] predicted = check("ecg", normalizer, test).values();
        float[] labels = test.floats("label");
        double mean = 0;
        for (float label : labels) {
            mean += label / labels.length;
        }
        double residual = 0;
        double total = 0;
        for (int i = 0; i < labels.length; i++) {
            residual += Math.pow(labels[i] - predicted[i], 2);
            total += Math.pow(labels[i] - mean, 2);
        }
        return String.format(Locale.ROOT, "%.4f", 1 - residual / total);
    }

    /** Hidden states and logits are those of the float64 pass. */
    private static Tensor check(String data, String normalizer, SafetensorsFile test) throws IOException {
        SoftpickTransformer model =
                SoftpickTransformer.load(Fixtures.path("models/" + data + "-" + normalizer + ".safetensors"));
        Tensor x = Fixtures.tensor(test, "input");
        double hidden = Fixtures.worst(model.forward(x).values(), test.doubles("expected_hidden_" + normalizer));
        Tensor logits = model.logits(x);
        double worst = Fixtures.worst(logits.values(), test.doubles("expected_logits_" + normalizer));
        System.out.println(data + "-" + normalizer + " worst difference, hidden " + hidden + ", logits " + worst);
        assertThat(hidden).isLessThanOrEqualTo(TOLERANCE);
        assertThat(worst).isLessThanOrEqualTo(TOLERANCE);
        return logits;
    }
}
