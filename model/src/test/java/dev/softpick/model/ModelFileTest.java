package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.softpick.model.safetensors.DType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What loads, what is refused and with which words, and what a saved file keeps. */
@Tag("once")
class ModelFileTest {

    private static final SoftpickConfig CONFIG =
            SoftpickConfig.builder().embedDim(5).hiddenSize(8).numHeads(2).numLayers(2).build();

    private static final SoftpickConfig SSMAX = CONFIG.toBuilder().normalizer(Normalizer.SSMAX).build();

    private static final String NO_PLACE =
            " has no place in this model (its name is one of a model's own, but the options leave no room for it)";

    private static ModelBytes file() {
        return ModelBytes.of(CONFIG, 3);
    }

    private static Map<String, float[]> parameters(SoftpickTransformer model) {
        return Fixtures.parameters(model);
    }

    private static void assertSameModel(SoftpickTransformer actual, SoftpickTransformer expected) {
        assertThat(actual.config()).isEqualTo(expected.config());
        Map<String, float[]> values = parameters(actual);
        Map<String, float[]> wanted = parameters(expected);
        assertThat(values.keySet()).isEqualTo(wanted.keySet());
        wanted.forEach((name, bits) -> {
            float[] found = values.get(name);
            assertThat(found).as(name).hasSameSizeAs(bits);
            for (int i = 0; i < bits.length; i++) {
                assertThat(Float.floatToRawIntBits(found[i])).as(name + " at " + i)
                        .isEqualTo(Float.floatToRawIntBits(bits[i]));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F16", "BF16"})
    void weightsOfEveryFloatTypeLoad(DType dtype) throws IOException {
        SoftpickTransformer expected = SoftpickTransformer.load(file().bytes());
        SoftpickTransformer model = SoftpickTransformer.load(file().as(dtype).bytes());
        assertThat(model.config().weightFormat())
                .isEqualTo(dtype == DType.BF16 ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32);
        assertSameModel(model.withWeights(WeightFormat.FLOAT32), expected);
    }

    @Test
    void bytesStreamAndFileGiveTheSameModel(@TempDir Path folder) throws IOException {
        byte[] bytes = file().bytes();
        Path path = Files.write(folder.resolve("m.safetensors"), bytes);
        SoftpickTransformer expected = SoftpickTransformer.load(path);
        boolean[] closed = {false};
        ByteArrayInputStream stream = new ByteArrayInputStream(bytes) {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        assertSameModel(SoftpickTransformer.load(bytes), expected);
        assertSameModel(SoftpickTransformer.load(stream), expected);
        assertThat(closed[0]).as("the caller's stream is left open").isFalse();
        assertThat(expected.classes()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void dataMayStartAtAnyByte(int remainder) throws IOException {
        SoftpickTransformer expected = SoftpickTransformer.load(file().bytes());
        assertSameModel(SoftpickTransformer.load(file().dataAt(remainder).bytes()), expected);
        assertSameModel(SoftpickTransformer.load(file().as(DType.F64).dataAt(remainder).bytes()), expected);
    }

    @Test
    void foreignTensorsAreLeftAlone() throws IOException {
        byte[] bytes = file()
                .zeros("input", DType.I64, 3)
                .zeros("label", DType.I64, 1)
                .zeros("expected_f64", DType.F64, 2, 2)
                .zeros("softpick_block_1_attn_dropout.key", DType.U32, 2)
                .zeros("softpick_block_99_attn_dropout.key", DType.U32, 2)
                .zeros("softpick_block_01_ffn_up.kernel", DType.U32, 2)
                .bytes();
        assertSameModel(SoftpickTransformer.load(bytes), SoftpickTransformer.load(file().bytes()));
    }

    @Test
    void nonFiniteWeightsAreRefusedUnlessAllowed() throws IOException {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e300}) {
            byte[] bytes = file().as(DType.F64).value("final_norm.beta", 3, value).bytes();
            assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage("tensor 'final_norm.beta' has " + (float) value + " at index 3;"
                            + " weights must be finite, unless LoadOptions.allowNonFinite or --allow-non-finite");
            SoftpickTransformer model =
                    SoftpickTransformer.load(bytes, LoadOptions.defaults().allowNonFinite(true));
            assertThat(parameters(model).get("final_norm.beta")[3]).isEqualTo(Float.valueOf((float) value));
        }
    }

    @Test
    void optionsStandOverTheFile() throws IOException {
        byte[] bytes = file().withoutMetadata("num_heads").withoutMetadata("normalizer").bytes();
        SoftpickTransformer model = SoftpickTransformer.load(bytes, LoadOptions.defaults()
                .numHeads(4).normalizer(Normalizer.SOFTMAX).outputMode(OutputMode.MEAN_POOL));
        assertThat(model.config()).isEqualTo(CONFIG.toBuilder()
                .numHeads(4).normalizer(Normalizer.SOFTMAX).outputMode(OutputMode.MEAN_POOL).build());
        byte[] told = file().metadata("output_mode", "all").bytes();
        assertThat(SoftpickTransformer.load(told, LoadOptions.defaults().numHeads(1)).config())
                .isEqualTo(CONFIG.toBuilder().numHeads(1).outputMode(OutputMode.ALL).build());
    }

    @Test
    void metadataSetsEveryOption() throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(ModelBytes
                .of(SSMAX.toBuilder().finalNorm(false).build(), 0)
                .metadata("embed_dim", "5").metadata("hidden_size", "8").metadata("num_layers", "2")
                .metadata("window_size", "17").metadata("dropout", "0.25").metadata("output_mode", "mean_pool")
                .metadata("final_norm", "false").bytes());
        assertThat(model.config()).isEqualTo(
                new SoftpickConfig(5, 8, 2, 2, 0.25f, 17, Normalizer.SSMAX, OutputMode.MEAN_POOL, false));
        assertThat(model.hasClassifier()).isFalse();
    }

    @Test
    void savingKeepsEveryBitAndUnknownMetadata(@TempDir Path folder) throws IOException {
        byte[] bytes = ModelBytes.of(SSMAX, 3)
                .metadata("author", "Žofie \\\"quoted\\\" \\u0001\\n").metadata("edifice", "0.2.0")
                .metadata("window_size", "9").metadata("dropout", "0.3").metadata("output_mode", "all")
                .value("final_norm.beta", 0, -0.0).value("final_norm.beta", 1, Float.MIN_VALUE)
                .value("classifier.kernel", 2, -Float.MAX_VALUE).value("softpick_block_2_attn_ssmax.scale", 0, 0.75)
                .bytes();
        SoftpickTransformer model = SoftpickTransformer.load(bytes);
        Path first = folder.resolve("first.safetensors");
        model.save(first);
        SoftpickTransformer again = SoftpickTransformer.load(first);
        assertSameModel(again, model);
        assertThat(again.classes()).isEqualTo(3);
        assertThat(again.metadata()).containsAllEntriesOf(model.metadata())
                .containsEntry("author", "Žofie \"quoted\" \u0001\n");

        Path second = folder.resolve("second.safetensors");
        again.save(second);
        assertThat(second).hasSameBinaryContentAs(first);
        again.save(first);
        assertThat(first).hasSameBinaryContentAs(second);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(first, second);
        }
    }

    @Test
    void everyKindOfRandomModelSurvivesSaving(@TempDir Path folder) throws IOException {
        for (Normalizer normalizer : Normalizer.values()) {
            for (int embed : new int[] {8, 5}) {
                SoftpickTransformer model = SoftpickTransformer.random(
                        CONFIG.toBuilder().embedDim(embed).normalizer(normalizer).finalNorm(embed == 8).build(), 3);
                Path path = folder.resolve(normalizer.id() + embed);
                model.save(path);
                assertSameModel(SoftpickTransformer.load(path), model);
            }
        }
    }

    @Test
    void aFailedSaveLeavesNothing(@TempDir Path folder) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 3);
        assertThatThrownBy(() -> model.save(folder.resolve("missing").resolve("m.safetensors")))
                .isInstanceOf(NoSuchFileException.class);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void messagesOfFilesBeginWithTheirPath(@TempDir Path folder) throws IOException {
        Path incomplete = Files.write(folder.resolve("m.safetensors"), file().without("final_norm.beta").bytes());
        assertThatThrownBy(() -> SoftpickTransformer.load(incomplete))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(incomplete + ": missing tensors: final_norm.beta");
        Path empty = Files.createFile(folder.resolve("empty.safetensors"));
        assertThatThrownBy(() -> SoftpickTransformer.load(empty))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(empty + ": the file has 0 bytes");
        Path absent = folder.resolve("absent.safetensors");
        assertThatThrownBy(() -> SoftpickTransformer.load(absent)).isInstanceOf(NoSuchFileException.class);
    }

    private static Arguments bad(String message, UnaryOperator<ModelBytes> spoil) {
        return arguments(message, spoil);
    }

    static List<Arguments> spoiltTensors() {
        List<Arguments> table = new ArrayList<>();
        table.add(bad("there is no tensor 'softpick_block_1_attn_norm.gamma';"
                + " a model has one block at least, under Edifice's names or a mapping",
                f -> ModelBytes.of(SSMAX, 0).rename("softpick_block_1_attn_norm.gamma", "a")
                        .metadata("num_layers", "2")));
        table.add(bad("missing tensors: softpick_block_1_ffn_up.kernel, softpick_block_2_attn_v_proj.bias,"
                + " final_norm.beta",
                f -> f.without("final_norm.beta", "softpick_block_1_ffn_up.kernel")
                        .without("softpick_block_2_attn_v_proj.bias")));
        table.add(bad("tensor 'classifier.kernel' is missing", f -> f.without("classifier.kernel")));
        table.add(bad("missing tensors: softpick_block_1_attn_ssmax.scale, softpick_block_2_attn_ssmax.scale",
                f -> f.metadata("normalizer", "ssmax")));
        table.add(bad("tensor 'softpick_block_1_attn_q_proj.kernel' has shape [8, 9]; this model needs [8, 8]",
                f -> f.zeros("softpick_block_1_attn_q_proj.kernel", DType.F32, 8, 9)));
        table.add(bad("tensor 'softpick_block_2_ffn_up.kernel' has shape [32, 8]; this model needs [8, 32]",
                f -> f.zeros("softpick_block_2_ffn_up.kernel", DType.F32, 32, 8)));
        table.add(bad("tensor 'final_norm.gamma' has shape [1, 8]; this model needs [8]",
                f -> f.zeros("final_norm.gamma", DType.F32, 1, 8)));
        table.add(bad("tensor 'softpick_block_1_attn_norm.gamma' has shape [8, 1]; it must have rank 1",
                f -> f.zeros("softpick_block_1_attn_norm.gamma", DType.F32, 8, 1)));
        table.add(bad("tensor 'input_projection.kernel' has shape [40]; it must have rank 2",
                f -> f.zeros("input_projection.kernel", DType.F32, 40)));
        table.add(bad("tensor 'softpick_block_1_attn_norm.gamma' has shape [0]; every size must be 1 or more",
                f -> f.zeros("softpick_block_1_attn_norm.gamma", DType.F32, 0)));
        table.add(bad("tensor 'input_projection.kernel' has shape [5, 9];"
                + " an input projection leads to the hidden size, 8",
                f -> f.zeros("input_projection.kernel", DType.F32, 5, 9)));
        table.add(bad("tensor 'input_projection.kernel' has shape [8, 9];"
                + " an input projection leads to the hidden size, 8",
                f -> f.zeros("input_projection.kernel", DType.F32, 8, 9)));
        table.add(bad("tensor 'final_norm.gamma' has type I64; allowed are F32, F64, F16, BF16",
                f -> f.zeros("final_norm.gamma", DType.I64, 8)));
        table.add(bad("tensor 'input_projection.scale'" + NO_PLACE,
                f -> f.zeros("input_projection.scale", DType.F32, 1)));
        table.add(bad("tensor 'softpick_block_1_attn_ssmax.scale'" + NO_PLACE,
                f -> f.zeros("softpick_block_1_attn_ssmax.scale", DType.F32)));
        table.add(bad("tensor 'softpick_block_7_ffn_up.bias'" + NO_PLACE,
                f -> ModelBytes.of(CONFIG.toBuilder().numLayers(6).build(), 0).metadata("num_layers", "6")
                        .zeros("softpick_block_7_ffn_up.bias", DType.F32, 32)));
        table.add(bad("tensor 'softpick_block_0_ffn_up.bias'" + NO_PLACE,
                f -> f.zeros("softpick_block_0_ffn_up.bias", DType.F32, 32)));
        table.add(bad("tensor 'softpick_block_2_attn_norm.gamma'" + NO_PLACE, f -> f.metadata("num_layers", "1")));
        table.add(bad("a tensor's name speaks of block 16000; the file has 39 tensors",
                f -> f.zeros("softpick_block_16000_ffn_up.bias", DType.F32, 32)));
        table.add(bad("tensor 'final_norm.gamma'" + NO_PLACE, f -> f.metadata("final_norm", "false")));
        return table;
    }

    static List<Arguments> spoiltMetadata() {
        List<Arguments> table = new ArrayList<>();
        table.add(bad("the file does not say num_heads, and shapes cannot tell it;"
                + " give it with LoadOptions.numHeads or --num-heads", f -> f.withoutMetadata("num_heads")));
        table.add(bad("numHeads is 3; it must divide hiddenSize 8", f -> f.metadata("num_heads", "3")));
        table.add(bad("numHeads is 0; allowed is 1 to 16384", f -> f.metadata("num_heads", "0")));
        table.add(bad("metadata num_heads is 'two'; allowed is a whole number", f -> f.metadata("num_heads", "two")));
        table.add(bad("metadata num_heads is '2.5'; allowed is a whole number", f -> f.metadata("num_heads", "2.5")));
        table.add(bad("the file does not say its normalizer, and shapes cannot tell it;"
                + " give it with LoadOptions.normalizer or --normalizer"
                + " (softpick, softmax, ssmax, rectified_softpick)", f -> f.withoutMetadata("normalizer")));
        table.add(bad("normalizer is 'sparsemax'; allowed are softpick, softmax, ssmax, rectified_softpick",
                f -> f.metadata("normalizer", "sparsemax")));
        table.add(bad("output_mode is 'first'; allowed are last_timestep, all, mean_pool",
                f -> f.metadata("output_mode", "first")));
        table.add(bad("metadata final_norm is 'maybe'; allowed are true and false",
                f -> f.metadata("final_norm", "maybe")));
        table.add(bad("metadata hidden_size is 9; the tensors' shapes say 8", f -> f.metadata("hidden_size", "9")));
        table.add(bad("metadata embed_dim is 6; the tensors' shapes say 5", f -> f.metadata("embed_dim", "6")));
        table.add(bad("metadata embed_dim is 5; the tensors' shapes say 8",
                f -> f.metadata("embed_dim", "5").without("input_projection.kernel", "input_projection.bias")));
        table.add(bad("metadata num_layers is 2000000000; the file has blocks 1 to 2",
                f -> f.metadata("num_layers", "2000000000")));
        table.add(bad("metadata num_layers is '99999999999'; allowed is a whole number",
                f -> f.metadata("num_layers", "99999999999")));
        table.add(bad("metadata num_layers is 0; the file has blocks 1 to 2", f -> f.metadata("num_layers", "0")));
        table.add(bad("metadata num_layers is -1; the file has blocks 1 to 2", f -> f.metadata("num_layers", "-1")));
        table.add(bad("metadata window_size is 'sixty'; allowed is a whole number",
                f -> f.metadata("window_size", "sixty")));
        table.add(bad("windowSize is 0; allowed is 1 to 2147483647", f -> f.metadata("window_size", "0")));
        table.add(bad("metadata dropout is 'none'; allowed is a number", f -> f.metadata("dropout", "none")));
        table.add(bad("dropout is 1.5; allowed is 0 up to but not including 1", f -> f.metadata("dropout", "1.5")));
        return table;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"spoiltTensors", "spoiltMetadata"})
    void aSpoiltFileIsRefusedInOneLine(String message, UnaryOperator<ModelBytes> spoil) {
        byte[] bytes = spoil.apply(file()).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aBlockThatIsPartlyThereIsListedWhole() {
        byte[] bytes = file().metadata("num_layers", "3").bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(bytes))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("missing tensors: softpick_block_3_attn_norm.gamma,")
                .hasMessageEndingWith(" softpick_block_3_ffn_down.bias")
                .satisfies(e -> assertThat(e.getMessage().split(", ")).hasSize(16));
    }
}
