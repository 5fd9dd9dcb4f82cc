package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Rounding;
import dev.softpick.oracle.Gaussian;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Models with rounded weights: what they compute, what their files hold, what is refused. */
class WeightFormatTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final SoftpickConfig CONFIG = SoftpickConfig.builder()
            .embedDim(5).hiddenSize(24).numHeads(2).numLayers(2).windowSize(9).build();

    private static final SoftpickConfig SMALL =
            SoftpickConfig.builder().embedDim(5).hiddenSize(8).numHeads(2).numLayers(2).build();

    private static final List<WeightFormat> ROUNDED = List.of(WeightFormat.BFLOAT16, WeightFormat.INT8);

    private static byte[] saved(SoftpickTransformer model) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        model.save(out);
        return out.toByteArray();
    }

    private static float[] forward(SoftpickTransformer model, float[] x, int batch, int steps) {
        float[] y = new float[batch * model.outputSize()];
        model.forward(x, batch, steps, y);
        return y;
    }

    private static LoadOptions as(WeightFormat format) {
        return LoadOptions.defaults().weights(format);
    }

    /** The float model whose kernels are the rounded ones. */
    private static byte[] widened(SoftpickTransformer model, ModelBytes file) {
        for (Parameter parameter : Parameters.of(model.config(), model.weights())) {
            float[] values = model.weights().values(parameter);
            for (int i = 0; i < values.length; i++) {
                file.value(parameter.name(), i, values[i]);
            }
        }
        return file.bytes();
    }

    private static ModelBytes file(SoftpickTransformer model) {
        ModelBytes file = ModelBytes.of(model.config(), model.classes()).metadata(
                "window_size", Integer.toString(model.config().windowSize()));
        Fixtures.parameters(model).forEach((name, values) -> {
            for (int i = 0; i < values.length; i++) {
                file.value(name, i, values[i]);
            }
        });
        return file;
    }

    @ParameterizedTest
    @EnumSource
    void bfloat16HasTheBitsOfTheFloatModelOfRoundedKernels(Normalizer normalizer) throws IOException {
        SoftpickConfig config = CONFIG.toBuilder().normalizer(normalizer).build();
        SoftpickTransformer model = SoftpickTransformer.load(file(SoftpickTransformer.random(config, 5)).bytes());
        SoftpickTransformer rounded = model.withWeights(WeightFormat.BFLOAT16);
        SoftpickTransformer floats = SoftpickTransformer.load(widened(rounded, file(model)));
        for (int steps : new int[] {1, 2, 7, 30, 300}) {
            float[] x = Gaussian.floats(steps, 3 * steps * 5);
            assertThat(forward(rounded, x, 3, steps)).isEqualTo(forward(floats, x, 3, steps))
                    .isNotEqualTo(forward(model, x, 3, steps));
        }
        SoftpickTransformer back = rounded.withWeights(WeightFormat.FLOAT32);
        assertThat(saved(back)).isEqualTo(saved(floats));
    }

    @ParameterizedTest
    @EnumSource
    void int8IsNearTheDoublePassOverTheRoundedWeights(Normalizer normalizer) {
        for (WeightFormat format : ROUNDED) {
            SoftpickConfig config = CONFIG.toBuilder().normalizer(normalizer).weightFormat(format).build();
            SoftpickTransformer model = SoftpickTransformer.random(config, 6);
            assertThat(model.config().weightFormat()).isEqualTo(format);
            NaiveModel naive = new NaiveModel(model);
            for (int steps : new int[] {1, 3, 40}) {
                float[] x = Gaussian.floats(7 + steps, steps * 5);
                double worst = Fixtures.worst(forward(model, x, 1, steps), naive.last(x));
                assertThat(worst).as("%s %s %d", format, normalizer, steps).isLessThanOrEqualTo(5e-6);
            }
        }
    }

    static List<Arguments> golden() throws IOException {
        return GoldenTest.models().filter(name -> !name.contains("mean_pool") && !name.contains("output_all"))
                .flatMap(name -> ROUNDED.stream().map(format -> arguments(name, format))).toList();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void goldenModelsRounded(String name, WeightFormat format) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(Fixtures.path(name), as(format));
        Tensor x = Fixtures.tensor(Fixtures.file(name), "input");
        float[] y = model.forward(x).values();
        NaiveModel naive = new NaiveModel(model);
        int frame = x.size(1) * x.size(2);
        double worst = 0;
        for (int i = 0; i < x.size(0); i++) {
            double[] expected = naive.last(Arrays.copyOfRange(x.values(), i * frame, (i + 1) * frame));
            int h = model.outputSize();
            worst = Math.max(worst, Fixtures.worst(Arrays.copyOfRange(y, i * h, (i + 1) * h), expected));
        }
        System.out.println("golden " + name + " " + format + " worst difference " + worst);
        assertThat(worst).isLessThanOrEqualTo(name.contains("constant_input") ? 1e-5 : 5e-6);
    }

    @ParameterizedTest
    @EnumSource
    void aRowIsTheSameInEveryCompany(Normalizer normalizer) {
        for (WeightFormat format : ROUNDED) {
            for (SoftpickConfig config : List.of(CONFIG, CONFIG.toBuilder().hiddenSize(64).embedDim(64).build())) {
                SoftpickTransformer model = SoftpickTransformer.random(
                        config.toBuilder().normalizer(normalizer).weightFormat(format).build(), 8);
                int embed = config.embedDim();
                int h = config.hiddenSize();
                float[] x = Gaussian.floats(9, 40 * 9 * embed);
                float[] all = forward(model, x, 40, 9);
                assertThat(forward(model.parallelism(2), x, 40, 9)).isEqualTo(all);
                assertThat(forward(model.parallelism(2), x, 1, 9)).isEqualTo(Arrays.copyOf(all, h));
                for (Window window : Window.values()) {
                    float[] y = new float[h];
                    try (StreamingSession session = model.newSession(window)) {
                        for (int i = 0; i < 9; i++) {
                            session.step(Arrays.copyOfRange(x, i * embed, (i + 1) * embed), y);
                        }
                    }
                    assertThat(y).as("%s %s", format, window).isEqualTo(Arrays.copyOf(all, h));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSavedIsWhatTheModelHas(WeightFormat format) throws IOException {
        SoftpickTransformer floats = SoftpickTransformer.load(ModelBytes.of(CONFIG, 3).metadata("author", "a").bytes());
        SoftpickTransformer model = floats.withWeights(format);
        byte[] file = saved(model);
        SafetensorsFile read = SafetensorsFile.read(file);
        assertThat(read.metadata()).containsEntry("author", "a");
        assertThat(read.metadata().get("weight_format")).isEqualTo(format == WeightFormat.FLOAT32 ? null : format.id());
        for (Parameter parameter : Parameters.of(CONFIG, 3)) {
            DType expected = !parameter.isRounded() ? DType.F32 : switch (format) {
                case FLOAT32 -> DType.F32;
                case BFLOAT16 -> DType.BF16;
                case INT8 -> DType.I8;
            };
            assertThat(read.tensors().get(parameter.name()).dtype()).as(parameter.name()).isEqualTo(expected);
            if (expected == DType.I8) {
                Rounding.Int8 kernel = model.weights().int8(parameter);
                assertThat(read.tensors().get(parameter.scaleName()).hasShape(parameter.shape()[1])).isTrue();
                assertThat(read.floats(parameter.scaleName())).isEqualTo(kernel.scale());
                byte[] values = new byte[parameter.size()];
                read.bytes(parameter.name(), values);
                assertThat(values).isEqualTo(kernel.values());
            }
        }
        assertThat(read.tensors()).hasSize(
                Parameters.of(CONFIG, 3).size() + (format == WeightFormat.INT8 ? 6 * 2 + 1 : 0));

        SoftpickTransformer loaded = SoftpickTransformer.load(file);
        assertThat(loaded.config()).isEqualTo(model.config());
        assertThat(saved(loaded)).isEqualTo(file);
        assertThat(loaded.fingerprint()).isEqualTo(model.fingerprint());
        float[] x = Gaussian.floats(3, 2 * 9 * 5);
        assertThat(forward(loaded, x, 2, 9)).isEqualTo(forward(model, x, 2, 9));
        Tensor frames = Tensor.of(x, 2, 9, 5);
        assertThat(loaded.logits(frames).values()).isEqualTo(model.logits(frames).values());
        assertThat(saved(SoftpickTransformer.load(saved(floats), as(format))))
                .isEqualTo(saved(floats.withWeights(format)));
    }

    @Test
    void aModelStaysAsItIs() throws IOException {
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 3);
        byte[] before = saved(model);
        byte[] fingerprint = model.fingerprint();
        SoftpickTransformer halves = model.parallelism(2).withWeights(WeightFormat.BFLOAT16);
        SoftpickTransformer bytes = halves.withWeights(WeightFormat.INT8);
        assertThat(halves.parallelism()).isEqualTo(2);
        assertThat(saved(model)).isEqualTo(before);
        assertThat(model.withWeights(WeightFormat.FLOAT32)).isSameAs(model);
        assertThat(bytes.withWeights(WeightFormat.INT8)).isSameAs(bytes);
        assertThat(List.of(Arrays.hashCode(fingerprint), Arrays.hashCode(halves.fingerprint()),
                Arrays.hashCode(bytes.fingerprint()),
                Arrays.hashCode(halves.withWeights(WeightFormat.FLOAT32).fingerprint())))
                .doesNotHaveDuplicates();
        for (WeightFormat finer : List.of(WeightFormat.FLOAT32, WeightFormat.BFLOAT16)) {
            assertThatThrownBy(() -> bytes.withWeights(finer)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("format is " + finer + "; the model's weights are int8 and cannot be made finer:"
                            + " take the model that was rounded");
            byte[] file = saved(bytes);
            assertThatThrownBy(() -> SoftpickTransformer.load(file, as(finer))).isInstanceOf(ModelFormatException.class)
                    .hasMessage("the file's weights are int8 and cannot be made " + finer.id()
                            + "; take the file that they were rounded from");
        }
        assertThatThrownBy(() -> model.withWeights(null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("format is null; allowed are FLOAT32, BFLOAT16, INT8");
    }

    @Test
    void aStateBelongsToItsFormat() {
        SoftpickTransformer model = SoftpickTransformer.random(CONFIG, 3);
        // every weight is a bfloat16, so both formats compute the same
        SoftpickTransformer halves = model.withWeights(WeightFormat.BFLOAT16);
        SoftpickTransformer floats = halves.withWeights(WeightFormat.FLOAT32);
        for (SoftpickTransformer one : List.of(floats, halves, model.withWeights(WeightFormat.INT8))) {
            try (StreamingSession session = one.newSession(Window.SLIDING)) {
                session.step(new float[5], new float[24]);
                byte[] state = session.save();
                for (SoftpickTransformer other : List.of(floats, halves, model.withWeights(WeightFormat.INT8))) {
                    boolean same = other.config().weightFormat() == one.config().weightFormat();
                    try (StreamingSession restored = other.newSession(Window.SLIDING)) {
                        if (same) {
                            restored.restore(state);
                        } else {
                            assertThatThrownBy(() -> restored.restore(state))
                                    .isInstanceOf(SessionFormatException.class)
                                    .hasMessage("the state belongs to another model; options or weights differ");
                        }
                    } catch (SessionFormatException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
    }

    @Test
    void mixedFloatsAreFloats() throws IOException {
        ModelBytes mixed = ModelBytes.of(SMALL, 3).as(DType.BF16).as("softpick_block_2_ffn_up.kernel", DType.F16);
        assertThat(SoftpickTransformer.load(mixed.bytes()).config().weightFormat()).isEqualTo(WeightFormat.FLOAT32);
        ModelBytes kernels = ModelBytes.of(SMALL, 3).as(DType.BF16).as("classifier.kernel", DType.F32)
                .as("final_norm.beta", DType.F64);
        assertThat(SoftpickTransformer.load(kernels.bytes()).config().weightFormat()).isEqualTo(WeightFormat.BFLOAT16);
        ModelBytes floats = ModelBytes.of(SMALL, 3).as("classifier.kernel", DType.BF16);
        assertThat(SoftpickTransformer.load(floats.bytes()).config().weightFormat()).isEqualTo(WeightFormat.FLOAT32);
        byte[] widened = saved(SoftpickTransformer.load(kernels.metadata("weight_format", "bfloat16").bytes(),
                as(WeightFormat.FLOAT32)));
        assertThat(SafetensorsFile.read(widened).metadata()).containsEntry("weight_format", "float32");
        Map<String, float[]> values = Fixtures.parameters(SoftpickTransformer.load(widened));
        Fixtures.parameters(SoftpickTransformer.load(kernels.bytes())).forEach(
                (name, expected) -> assertThat(values.get(name)).isEqualTo(expected));
    }

    private static ModelBytes int8() {
        return ModelBytes.of(SMALL, 3).int8(SMALL, 3);
    }

    /** −128 is what other programs write; it is kept, and computed with. */
    @Test
    void foreignInt8FilesLoad() throws IOException {
        byte[] bytes = int8().value("softpick_block_1_ffn_up.kernel", 3, -128)
                .value("softpick_block_1_ffn_up.kernel_scale", 3, 0).bytes();
        SoftpickTransformer model = SoftpickTransformer.load(bytes);
        assertThat(model.config().weightFormat()).isEqualTo(WeightFormat.INT8);
        float[] x = Gaussian.floats(3, 7 * 5);
        assertThat(Fixtures.worst(forward(model, x, 1, 7), new NaiveModel(model).last(x))).isLessThanOrEqualTo(5e-6);
        byte[] value = new byte[8 * 32];
        SafetensorsFile.read(saved(model)).bytes("softpick_block_1_ffn_up.kernel", value);
        assertThat(value[3]).isEqualTo((byte) -128);
        assertThat(saved(SoftpickTransformer.load(saved(model)))).isEqualTo(saved(model));
    }

    @Test
    void transposedKernelsOfEveryFormat() throws IOException {
        for (ModelBytes file : List.of(int8(), ModelBytes.of(SMALL, 3).as(DType.BF16))) {
            SoftpickTransformer expected = SoftpickTransformer.load(file.bytes());
            String name = "softpick_block_1_ffn_up.kernel";
            byte[] turned = file.transposed(name).rename(name, "up.weight").bytes();
            SoftpickTransformer model = SoftpickTransformer.load(turned, LoadOptions.defaults().names(own ->
                    own.equals(name) ? new LoadOptions.Source("up.weight", true) : new LoadOptions.Source(own, false)));
            assertThat(saved(model)).isEqualTo(saved(expected));
        }
    }

    private static Arguments bad(String message, UnaryOperator<ModelBytes> spoil) {
        return arguments(message, spoil);
    }

    static List<Arguments> spoilt() {
        String up = "softpick_block_1_ffn_up.kernel";
        String scale = up + "_scale";
        return List.of(
                bad("missing tensors: " + scale, f -> f.without(scale)),
                bad("missing tensors: input_projection.kernel_scale, " + scale,
                        f -> f.without(scale, "input_projection.kernel_scale")),
                bad("tensor '" + scale + "' has shape [31]; this model needs [32], a scale for each column of the"
                                + " kernel",
                        f -> f.zeros(scale, DType.F32, 31)),
                bad("tensor '" + scale + "' has shape [1, 32]; this model needs [32], a scale for each column of the"
                                + " kernel",
                        f -> f.zeros(scale, DType.F32, 1, 32)),
                bad("tensor '" + scale + "' has shape []; this model needs [32], a scale for each column of the kernel",
                        f -> f.zeros(scale, DType.F32)),
                bad("tensor '" + scale + "' has type F16; a scale has type F32", f -> f.zeros(scale, DType.F16, 32)),
                bad("tensor '" + scale + "' has type I8; a scale has type F32", f -> f.zeros(scale, DType.I8, 32)),
                bad("tensor '" + scale + "' has -0.5 at index 2; a scale is finite and not negative",
                        f -> f.value(scale, 2, -0.5)),
                bad("tensor '" + scale + "' has NaN at index 31; a scale is finite and not negative",
                        f -> f.value(scale, 31, Double.NaN)),
                bad("tensor '" + scale + "' has Infinity at index 0; a scale is finite and not negative",
                        f -> f.value(scale, 0, Double.POSITIVE_INFINITY)),
                bad("tensor 'input_projection.kernel' has type I8 and tensor '" + up
                                + "' has type F32; kernels are all I8 or none is",
                        f -> f.zeros(up, DType.F32, 8, 32)),
                bad("tensor 'input_projection.kernel' has type I8 and tensor '" + up
                                + "' has type BF16; kernels are all I8 or none is",
                        f -> f.zeros(up, DType.BF16, 8, 32).without(scale)),
                bad("tensor '" + up + "' has type U8, which is not read as weights; allowed are F32, F64, F16, BF16,"
                        + " and I8 with a scale for each column in '" + scale + "'", f -> f.zeros(up, DType.U8, 8, 32)),
                bad("tensor '" + up + "' has type F8_E4M3, which is not read as weights; allowed are F32, F64, F16,"
                        + " BF16, and I8 with a scale for each column in '" + scale + "'",
                        f -> f.zeros(up, DType.F8_E4M3, 8, 32)),
                bad("tensor 'classifier.kernel_scale' is a scale for a kernel of type I8; there is none of this name,"
                        + " or it is kept as float, as the classifier is",
                        f -> f.zeros("classifier.kernel_scale", DType.F32, 3)),
                bad("tensor 'classifier.kernel' has type I8; allowed are F32, F64, F16, BF16",
                        f -> f.zeros("classifier.kernel", DType.I8, 8, 3)),
                bad("tensor 'final_norm.gamma' has type I8; allowed are F32, F64, F16, BF16",
                        f -> f.zeros("final_norm.gamma", DType.I8, 8)),
                bad("metadata weight_format is float32; the kernels' types say int8",
                        f -> f.metadata("weight_format", "float32")),
                bad("metadata weight_format is bfloat16; the kernels' types say int8",
                        f -> f.metadata("weight_format", "bfloat16")),
                bad("metadata weight_format is 'int4'; allowed are float32, bfloat16, int8",
                        f -> f.metadata("weight_format", "int4")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoilt")
    void aSpoiltInt8FileIsRefusedInOneLine(String message, UnaryOperator<ModelBytes> spoil) {
        byte[] bytes = spoil.apply(int8()).bytes();
        for (LoadOptions options : List.of(LoadOptions.defaults(), LoadOptions.defaults().allowNonFinite(true))) {
            assertThatThrownBy(() -> SoftpickTransformer.load(bytes, options))
                    .isInstanceOf(ModelFormatException.class).hasMessage(message);
        }
    }

    @Test
    void otherFilesSayWhatTheyHave() {
        byte[] halves = ModelBytes.of(SMALL, 0).as(DType.BF16).metadata("weight_format", "float32").bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(halves)).isInstanceOf(ModelFormatException.class)
                .hasMessage("metadata weight_format is float32; the kernels' types say bfloat16");
        byte[] floats = ModelBytes.of(SMALL, 0).metadata("weight_format", "int8").bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(floats)).isInstanceOf(ModelFormatException.class)
                .hasMessage("metadata weight_format is int8; the kernels' types say float32");
        byte[] scale = ModelBytes.of(SMALL, 0).zeros("softpick_block_2_attn_q_proj.kernel_scale", DType.F32, 8).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(scale)).isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("tensor 'softpick_block_2_attn_q_proj.kernel_scale' is a scale for a kernel");
    }

    @Test
    void weightsThatAreNotFinite() throws IOException {
        String name = "softpick_block_1_attn_k_proj.kernel";
        byte[] halves = ModelBytes.of(SMALL, 0).as(DType.BF16).value(name, 7, Double.NaN).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(halves)).isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("tensor '" + name + "' has NaN at index 7; weights must be finite, unless");
        LoadOptions any = LoadOptions.defaults().allowNonFinite(true);
        SoftpickTransformer model = SoftpickTransformer.load(halves, any);
        assertThat(Fixtures.parameters(model).get(name)[7]).isNaN();
        String message = "tensor '" + name + "' has NaN in column 7; int8 has no scale for weights that are not finite";
        assertThatThrownBy(() -> model.withWeights(WeightFormat.INT8)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> SoftpickTransformer.load(halves, any.weights(WeightFormat.INT8)))
                .isInstanceOf(ModelFormatException.class).hasMessage(message);
        byte[] large = ModelBytes.of(SMALL, 0).value(name, 7, Float.MAX_VALUE).bytes();
        assertThatThrownBy(() -> SoftpickTransformer.load(large, as(WeightFormat.BFLOAT16)))
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("which would round to infinity");
    }

    /** A model of 12 MB of floats is never in memory as such. */
    @Test
    @Tag("once")
    void loadingRoundsKernelByKernel() throws IOException {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(64).hiddenSize(256).numLayers(4).build();
        byte[] file = saved(SoftpickTransformer.random(config, 1));
        for (WeightFormat format : WeightFormat.values()) {
            SoftpickTransformer.load(file, as(format));
            long before = THREADS.getCurrentThreadAllocatedBytes();
            SoftpickTransformer.load(file, as(format));
            long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
            System.out.println("loading " + file.length + " bytes as " + format + " allocates " + bytes);
        }
        byte[] rounded = saved(SoftpickTransformer.load(file, as(WeightFormat.INT8)));
        assertThat(rounded.length).isLessThan(file.length * 27 / 100);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        SoftpickTransformer.load(rounded);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(file.length * 4L / 10);
    }

    @Test
    void layersOfARoundedModelComputeWithItsWeights() {
        SoftpickTransformer model = SoftpickTransformer.random(
                CONFIG.toBuilder().weightFormat(WeightFormat.INT8).build(), 3);
        Tensor x = Tensor.of(Gaussian.floats(2, 9 * 5), 1, 9, 5);
        Tensor h = model.inputProjection().orElseThrow().forward(x);
        for (TransformerBlock block : model.blocks()) {
            h = block.forward(h);
        }
        float[] all = model.finalNorm().orElseThrow().forward(h).values();
        assertThat(Arrays.copyOfRange(all, 8 * 24, 9 * 24)).isEqualTo(model.forward(x).values());
        Dense rounded = model.inputProjection().orElseThrow();
        assertThatThrownBy(() -> new MultiHeadAttention(
                rounded, rounded, rounded, rounded, 2, Normalizer.SOFTPICK, 1f))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("rounded weights");
    }

    @Test
    void formatsHaveNames() {
        for (WeightFormat format : WeightFormat.values()) {
            assertThat(WeightFormat.fromId(format.id())).isEqualTo(format);
        }
        assertThatThrownBy(() -> WeightFormat.fromId("INT8")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight_format is 'INT8'; allowed are float32, bfloat16, int8");
        assertThatThrownBy(() -> CONFIG.toBuilder().weightFormat(null).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weightFormat is null; allowed are float32, bfloat16, int8");
    }
}
