package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A state dict that the real PyTorch wrote, through a name mapping; pytorch/make.py made it. */
class PyTorchTest {

    private static final String STATE_DICT = "pytorch/state_dict.safetensors";

    private static final Pattern BLOCK = Pattern.compile("softpick_block_(\\d+)_(.+)\\.(kernel|bias|gamma|beta)");

    private static final LoadOptions OPTIONS = LoadOptions.defaults()
            .numHeads(2)
            .normalizer(Normalizer.SOFTPICK)
            .names(PyTorchTest::source);

    /** Edifice's name to PyTorch's: blocks from 0, {@code weight} for kernels and gammas, {@code [out, in]}. */
    private static LoadOptions.Source source(String name) {
        Matcher block = BLOCK.matcher(name);
        String layer;
        if (block.matches()) {
            String part = switch (block.group(2)) {
                case "attn_norm" -> "norm1";
                case "ffn_norm" -> "norm2";
                case "ffn_up" -> "mlp.0";
                case "ffn_down" -> "mlp.2";
                default -> block.group(2).replace("attn_", "attn.").replace("_proj", "");
            };
            layer = "blocks." + (Integer.parseInt(block.group(1)) - 1) + "." + part;
        } else {
            layer = switch (name.substring(0, name.indexOf('.'))) {
                case "input_projection" -> "proj";
                case "final_norm" -> "norm";
                default -> "head";
            };
        }
        boolean kernel = name.endsWith(".kernel");
        boolean weight = kernel || name.endsWith(".gamma");
        return new LoadOptions.Source(layer + (weight ? ".weight" : ".bias"), kernel);
    }

    @Test
    void aStateDictGivesWhatPyTorchComputes() throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(Fixtures.path(STATE_DICT), OPTIONS);
        SafetensorsFile file = Fixtures.file(STATE_DICT);
        Tensor x = Fixtures.tensor(file, "input");

        assertThat(model.config()).isEqualTo(SoftpickConfig.builder()
                .embedDim(6).hiddenSize(8).numHeads(2).numLayers(2).build());
        assertThat(model.classes()).isEqualTo(3);
        double hidden = Fixtures.worst(model.forward(x).values(), file.doubles("expected_hidden"));
        double logits = Fixtures.worst(model.logits(x).values(), file.doubles("expected_logits"));
        System.out.println("pytorch worst difference hidden " + hidden + " logits " + logits);
        assertThat(hidden).isLessThanOrEqualTo(1e-5);
        assertThat(logits).isLessThanOrEqualTo(1e-5);
    }

    @Test
    void squareWeightsAreTransposedToo() throws IOException {
        LoadOptions untransposed = OPTIONS.names(name -> {
            LoadOptions.Source source = source(name);
            return new LoadOptions.Source(source.name(), source.transposed() && !name.contains("_attn_q_proj"));
        });
        SafetensorsFile file = Fixtures.file(STATE_DICT);
        SoftpickTransformer model = SoftpickTransformer.load(Fixtures.path(STATE_DICT), untransposed);
        Tensor y = model.forward(Fixtures.tensor(file, "input"));
        assertThat(Fixtures.worst(y.values(), file.doubles("expected_hidden"))).isGreaterThan(1e-3);
    }

    @Test
    void aForgottenTranspositionIsAShapeError() {
        LoadOptions flat = OPTIONS.names(name -> new LoadOptions.Source(source(name).name(), false));
        assertThatThrownBy(() -> SoftpickTransformer.load(Fixtures.path(STATE_DICT), flat))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("has shape");
    }

    /** The file's names may look like the model's own: {@code classifier.weight} is what the mapping says it is. */
    @Test
    void mappedNamesThatLookLikeTheModelsOwnAreInTheirPlace() throws IOException {
        SoftpickConfig config =
                SoftpickConfig.builder().embedDim(5).hiddenSize(8).numHeads(2).numLayers(1).build();
        byte[] bytes = ModelBytes.of(config, 3)
                .rename("classifier.kernel", "classifier.weight")
                .zeros("classifier.weight", DType.F32, 3, 8)
                .rename("final_norm.gamma", "final_norm.weight")
                .rename("final_norm.beta", "final_norm.bias")
                .bytes();
        SoftpickTransformer model = SoftpickTransformer.load(bytes, LoadOptions.defaults().names(name -> switch (name) {
            case "classifier.kernel" -> new LoadOptions.Source("classifier.weight", true);
            case "final_norm.gamma" -> new LoadOptions.Source("final_norm.weight", false);
            case "final_norm.beta" -> new LoadOptions.Source("final_norm.bias", false);
            default -> new LoadOptions.Source(name, false);
        }));
        assertThat(model.classes()).isEqualTo(3);
    }
}
