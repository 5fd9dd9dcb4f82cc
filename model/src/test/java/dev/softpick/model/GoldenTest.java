package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against the outputs of the real Edifice in float64. */
class GoldenTest {

    private static final double TOLERANCE = 5e-6;

    /** A constant input makes every variance vanish, so layer norm amplifies rounding. */
    private static final double CONSTANT_INPUT_TOLERANCE = 1e-5;

    static Stream<String> models() throws IOException {
        return Stream.concat(Fixtures.golden("model_").stream(), Fixtures.golden("extra_").stream())
                .filter(name -> !name.contains("ssmax"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void modelsAgreeWithEdifice(String name) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(Fixtures.path(name));
        SafetensorsFile file = Fixtures.file(name);
        Tensor x = Fixtures.tensor(file, "input");
        Tensor y = model.forward(x);
        double worst = Fixtures.worst(y.values(), file.doubles("expected_f64"));
        System.out.println("golden " + name + " worst difference " + worst);
        assertThat(y.rank()).isEqualTo(file.tensors().get("expected_f64").shape().size());
        assertThat(worst).isLessThanOrEqualTo(name.contains("constant_input") ? CONSTANT_INPUT_TOLERANCE : TOLERANCE);
    }

    /** Edifice's SSMax shifts all scores of a row alike, which is softmax; its blocks have other names. */
    @Test
    void softmaxAgreesWithEdificesSsmax() throws IOException {
        String name = "golden/extra_ssmax_model.safetensors";
        LoadOptions options = LoadOptions.defaults().names(
                own -> new LoadOptions.Source(own.replace("softpick_block", "ssmax_block"), false));
        SafetensorsFile file = Fixtures.file(name);
        Tensor y = SoftpickTransformer.load(Fixtures.path(name), options).forward(Fixtures.tensor(file, "input"));
        assertThat(Fixtures.worst(y.values(), file.doubles("expected_f64"))).isLessThanOrEqualTo(TOLERANCE);
    }

    static List<String> attentions() throws IOException {
        return Fixtures.golden("attention_");
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void attentionAgreesWithEdifice(String name) throws IOException {
        SafetensorsFile file = Fixtures.file(name);
        String prefix = file.metadata().get("name") + "_";
        int heads = Fixtures.integer(file.metadata(), "num_heads");
        MultiHeadAttention attention = new MultiHeadAttention(
                dense(file, prefix + "q_proj"), dense(file, prefix + "k_proj"), dense(file, prefix + "v_proj"),
                dense(file, prefix + "out_proj"), heads, Normalizer.SOFTPICK, 1f);
        Tensor y = attention.forward(Fixtures.tensor(file, "input"));
        double worst = Fixtures.worst(y.values(), file.doubles("expected_f64"));
        System.out.println("golden " + name + " worst difference " + worst);
        assertThat(worst).isLessThanOrEqualTo(TOLERANCE);
    }

    private static Dense dense(SafetensorsFile file, String name) throws IOException {
        List<Long> shape = file.tensors().get(name + ".kernel").shape();
        return new Dense(
                file.floats(name + ".kernel"), file.floats(name + ".bias"),
                shape.get(0).intValue(), shape.get(1).intValue());
    }
}
