package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models as PyTorch users have them: without biases, of another width, with a projection that need not be. */
@Tag("once")
class ForeignModelTest {

    private static final SoftpickConfig CONFIG =
            SoftpickConfig.builder().embedDim(5).hiddenSize(8).numHeads(2).numLayers(2).windowSize(7).build();

    private static final String NORMS = "final_norm.beta|softpick_block_\\d_(attn|ffn)_norm.beta";
    private static final String ATTENTION = "softpick_block_\\d_attn_(q|k|v|out)_proj.bias";

    private static List<String> names(Predicate<String> wanted) {
        List<String> names = new ArrayList<>();
        for (Parameter parameter : Parameters.of(CONFIG, 3)) {
            if (wanted.test(parameter.name())) {
                names.add(parameter.name());
            }
        }
        assertThat(names).isNotEmpty();
        return names;
    }

    private static byte[] saved(SoftpickTransformer model) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        model.save(out);
        return out.toByteArray();
    }

    private static float[] frames(int steps, int embed) {
        float[] frames = new float[steps * embed];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = (float) Math.sin(i * 0.7);
        }
        return frames;
    }

    private static float[] forward(SoftpickTransformer model) {
        float[] y = new float[model.outputSize()];
        model.forward(frames(7, model.config().embedDim()), 1, 7, y);
        return y;
    }

    /** What leaves a model is the same at once and step by step. */
    private static void assertStreams(SoftpickTransformer model) {
        int embed = model.config().embedDim();
        float[] frames = frames(7, embed);
        float[] y = new float[model.outputSize()];
        for (Window window : Window.values()) {
            try (StreamingSession session = model.newSession(window)) {
                for (int i = 0; i < 7; i++) {
                    session.step(Arrays.copyOfRange(frames, i * embed, (i + 1) * embed), y);
                }
            }
            assertThat(y).as("%s", window).isEqualTo(forward(model));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        ATTENTION, NORMS, "softpick_block_\\d_ffn_up.bias", "softpick_block_\\d_ffn_down.bias", "classifier.bias",
        "input_projection.bias", ATTENTION + "|" + NORMS, ".*\\.(bias|beta)"
    })
    void biasesMayBeMissingWhereTheyAreMissingEverywhereOfTheirKind(String pattern) throws IOException {
        String[] absent = names(name -> name.matches(pattern)).toArray(new String[0]);
        ModelBytes zeros = ModelBytes.of(CONFIG, 3);
        for (Parameter parameter : Parameters.of(CONFIG, 3)) {
            if (parameter.name().matches(pattern)) {
                zeros.zeros(parameter.name(), DType.F32, parameter.shape());
            }
        }
        SoftpickTransformer model = SoftpickTransformer.load(ModelBytes.of(CONFIG, 3).without(absent).bytes());
        SoftpickTransformer same = SoftpickTransformer.load(zeros.bytes());
        assertThat(forward(model)).isEqualTo(forward(same));
        Tensor x = Tensor.of(frames(7, 5), 1, 7, 5);
        assertThat(model.logits(x).values()).isEqualTo(same.logits(x).values());
        assertStreams(model);

        byte[] saved = saved(model);
        assertThat(SafetensorsFile.read(saved).tensors().keySet()).doesNotContain(absent)
                .hasSize(Parameters.of(CONFIG, 3).size() - absent.length);
        assertThat(saved(SoftpickTransformer.load(saved))).isEqualTo(saved);
        long less = 0;
        for (String name : absent) {
            less += SafetensorsFile.read(zeros.bytes()).tensors().get(name).elements();
        }
        assertThat(parameters(model)).isEqualTo(parameters(same) - less);
    }

    private static long parameters(SoftpickTransformer model) {
        long sum = 0;
        for (LayerSummary layer : model.layers()) {
            sum += layer.parameters();
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {ATTENTION, NORMS, "softpick_block_\\d_ffn_up.bias", "softpick_block_\\d_ffn_down.bias"})
    void biasesThatAreMissingInPlacesAreListed(String pattern) {
        List<String> kind = names(name -> name.matches(pattern));
        for (String present : kind) {
            List<String> absent = new ArrayList<>(kind);
            absent.remove(present);
            byte[] bytes = ModelBytes.of(CONFIG, 3)
                    .without(absent.toArray(new String[0])).without("classifier.bias").bytes();
            assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage("missing tensors: " + String.join(", ", absent));
        }
    }

    @Test
    void aMappingSaysThatThereIsNoBias() throws IOException {
        byte[] bytes = ModelBytes.of(CONFIG, 3).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes, LoadOptions.defaults().names(name ->
                        name.endsWith("ffn_up.bias") ? null : new LoadOptions.Source(name, false))))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("tensor 'softpick_block_1_ffn_up.bias' has no place in this model");
        byte[] without = ModelBytes.of(CONFIG, 3).without("classifier.bias").bytes();
        assertThat(SoftpickTransformer.load(without, LoadOptions.defaults().names(name ->
                name.equals("classifier.bias") ? null : new LoadOptions.Source(name, false))).classes()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void theFeedForwardWidthComesFromTheShapes(Normalizer normalizer) throws IOException {
        for (int width : new int[] {1, 13, 24, 96}) {
            SoftpickConfig config = CONFIG.toBuilder().normalizer(normalizer).feedForwardSize(width).build();
            assertThat(config.feedForwardSize()).isEqualTo(width);
            SoftpickTransformer model = SoftpickTransformer.random(config, 3);
            SoftpickTransformer loaded = SoftpickTransformer.load(saved(model));
            assertThat(loaded.config()).isEqualTo(config);
            assertThat(forward(loaded)).isEqualTo(forward(model));
            assertStreams(loaded);
            assertThat(model.blocks().getFirst().ffn().forward(Tensor.zeros(1, 8)).shape()).containsExactly(1, 8);
        }
        assertThat(CONFIG.feedForwardSize()).isEqualTo(32);
    }

    /** Columns of zeros behind the others change nothing. */
    @Test
    void aWiderLayerOfZerosIsTheSameModel() throws IOException {
        SoftpickConfig narrow = CONFIG.toBuilder().feedForwardSize(12).build();
        ModelBytes wide = ModelBytes.of(narrow, 0);
        float[] expected = forward(SoftpickTransformer.load(wide.bytes()));
        for (int block = 1; block <= 2; block++) {
            String up = "softpick_block_" + block + "_ffn_up";
            wide.resized(up + ".kernel", 8, 20).resized(up + ".bias", 20);
            wide.resized("softpick_block_" + block + "_ffn_down.kernel", 20, 8);
        }
        SoftpickTransformer model = SoftpickTransformer.load(wide.bytes());
        assertThat(model.config().feedForwardSize()).isEqualTo(20);
        assertThat(forward(model)).isEqualTo(expected);
    }

    @Test
    void theFeedForwardWidthIsOneInAllBlocks() {
        byte[] bytes = ModelBytes.of(CONFIG, 0).zeros("softpick_block_2_ffn_up.kernel", DType.F32, 8, 24).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("tensor 'softpick_block_2_ffn_up.kernel' has shape [8, 24]; this model needs [8, 32]");
        byte[] down = ModelBytes.of(CONFIG, 0).zeros("softpick_block_1_ffn_down.kernel", DType.F32, 24, 8).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(down))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("tensor 'softpick_block_1_ffn_down.kernel' has shape [24, 8]; this model needs [32, 8]");
        byte[] wide = ModelBytes.of(CONFIG, 0).zeros("softpick_block_1_ffn_up.kernel", DType.F32, 8, 16385).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(wide))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("feedForwardSize is 16385; allowed is 1 to 16384");
    }

    @ParameterizedTest
    @EnumSource
    void aSquareProjectionIsUsed(Normalizer normalizer) throws IOException {
        SoftpickConfig plain = CONFIG.toBuilder().embedDim(8).normalizer(normalizer).build();
        SoftpickConfig projected = plain.toBuilder().inputProjection(true).build();
        assertThat(projected.inputProjection()).isTrue();
        ModelBytes file = ModelBytes.of(projected, 3);
        SoftpickTransformer model = SoftpickTransformer.load(file.bytes());
        assertThat(model.config()).isEqualTo(projected.toBuilder().windowSize(60).build());
        SoftpickTransformer without = SoftpickTransformer.load(
                file.without("input_projection.kernel", "input_projection.bias").bytes());
        assertThat(without.config().inputProjection()).isFalse();

        Tensor x = Tensor.of(frames(7, 8), 1, 7, 8);
        Tensor first = model.inputProjection().orElseThrow().forward(x);
        assertThat(model.forward(x).values()).isEqualTo(without.forward(first).values())
                .isNotEqualTo(without.forward(x).values());
        assertThat(model.layers().getFirst().name()).isEqualTo("input_projection");
        assertStreams(SoftpickTransformer.load(saved(model), LoadOptions.defaults().windowSize(7)));
        assertThat(saved(SoftpickTransformer.load(saved(model)))).isEqualTo(saved(model));
    }

    @Test
    void aScaleOfOneElementIsAScalar() throws IOException {
        SoftpickConfig ssmax = CONFIG.toBuilder().normalizer(Normalizer.SSMAX).build();
        ModelBytes scalar = ModelBytes.of(ssmax, 0);
        ModelBytes vector = ModelBytes.of(ssmax, 0);
        for (int block = 1; block <= 2; block++) {
            String name = "softpick_block_" + block + "_attn_ssmax.scale";
            scalar.value(name, 0, 0.25 * block);
            vector.resized(name, 1).value(name, 0, 0.25 * block);
        }
        SoftpickTransformer model = SoftpickTransformer.load(vector.bytes());
        assertThat(forward(model)).isEqualTo(forward(SoftpickTransformer.load(scalar.bytes())));
        assertThat(saved(model)).isEqualTo(saved(SoftpickTransformer.load(scalar.bytes())));
        byte[] two = ModelBytes.of(ssmax, 0).zeros("softpick_block_1_attn_ssmax.scale", DType.F32, 2).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(two)).isInstanceOf(ModelFormatException.class)
                .hasMessage("tensor 'softpick_block_1_attn_ssmax.scale' has shape [2]; this model needs []");
    }

    @Test
    void windowSizeAndFinalNormCanBeGiven() throws IOException {
        LoadOptions options = LoadOptions.defaults().windowSize(9).finalNorm(false);
        byte[] bytes = ModelBytes.of(CONFIG.toBuilder().finalNorm(false).build(), 0)
                .metadata("window_size", "sixty").metadata("final_norm", "true").bytes();
        SoftpickTransformer model = SoftpickTransformer.load(bytes, options);
        assertThat(model.config()).isEqualTo(CONFIG.toBuilder().windowSize(9).finalNorm(false).build());
        assertThat(SoftpickTransformer.load(saved(model)).config()).isEqualTo(model.config());
        assertThat(SoftpickTransformer.load(ModelBytes.of(CONFIG, 0).metadata("final_norm", "false").bytes(),
                LoadOptions.defaults().finalNorm(true)).finalNorm()).isPresent();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes, options.windowSize(0)))
                .isInstanceOf(ModelFormatException.class).hasMessage("windowSize is 0; allowed is 1 to 2147483647");
        byte[] norm = ModelBytes.of(CONFIG, 0).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(norm, options))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("tensor 'final_norm.gamma' has no place in this model");
    }

    @ParameterizedTest
    @CsvSource({"True, 4.0", "true, 4", "True, 4.000", "true, +4"})
    void metadataAsPythonWritesIt(String truth, String four) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(ModelBytes.of(CONFIG, 0)
                .metadata("final_norm", truth).metadata("num_heads", four).metadata("window_size", four)
                .metadata("num_layers", "2.0").metadata("hidden_size", "8.0").metadata("embed_dim", "5.0").bytes());
        assertThat(model.config()).isEqualTo(CONFIG.toBuilder().numHeads(4).windowSize(4).build());
        assertThat(SafetensorsFile.read(saved(model)).metadata())
                .containsEntry("final_norm", "true").containsEntry("num_heads", "4").containsEntry("window_size", "4");
        assertThat(model.metadata()).containsEntry("num_heads", four);
        ModelBytes without = ModelBytes.of(CONFIG.toBuilder().finalNorm(false).build(), 0);
        assertThat(SoftpickTransformer.load(without.metadata("final_norm", "False").bytes()).finalNorm()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.5", "4.", ".0", "4.00x", "4e0", " 4", "4.0.0", "", "-", "1.0e1", "NaN"})
    void otherNumbersAreNoWholeNumbers(String text) {
        byte[] bytes = ModelBytes.of(CONFIG, 0).metadata("num_heads", text).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("metadata num_heads is '" + text + "'; allowed is a whole number");
    }

    @Test
    void theConfigChecksWhatFollowsFromOtherOptions() {
        assertThat(CONFIG.toBuilder().hiddenSize(16).build().feedForwardSize()).isEqualTo(64);
        assertThat(CONFIG.toBuilder().embedDim(8).build().inputProjection()).isFalse();
        SoftpickConfig own = CONFIG.toBuilder().feedForwardSize(24).build();
        assertThat(own.toBuilder().hiddenSize(16).build().feedForwardSize()).isEqualTo(24);
        assertThatThrownBy(() -> CONFIG.toBuilder().feedForwardSize(0).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("feedForwardSize is 0; allowed is 1 to 16384");
        assertThatThrownBy(() -> CONFIG.toBuilder().inputProjection(false).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inputProjection is false; frames of embedDim 5 need one to reach hiddenSize 8");
    }
}
