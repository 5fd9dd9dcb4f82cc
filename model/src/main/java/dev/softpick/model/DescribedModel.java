package dev.softpick.model;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.stream.StateFormat;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a model is and tells about itself; {@link SequenceModel} is what it computes. */
abstract sealed class DescribedModel permits SequenceModel {

    private final SoftpickConfig config;
    private final ModelWeights weights;
    private final Map<String, String> metadata;
    private volatile byte @Nullable [] fingerprint;

    DescribedModel(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {
        this.config = config;
        this.weights = weights;
        this.metadata = metadata;
    }

    /** {@return the model's options} */
    public SoftpickConfig config() {
        return config;
    }

    /** {@return the metadata of the file it was loaded from, unmodifiable; empty for a random model} */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** {@return how many floats a hidden state has} */
    public int outputSize() {
        return config.hiddenSize();
    }

    /** {@return whether a classifier head turns the last hidden state into {@link SoftpickTransformer#logits}} */
    public boolean hasClassifier() {
        return weights.classifier() != null;
    }

    /** {@return how many outputs the classifier head has; 0 without one} */
    public int classes() {
        return weights.classes();
    }

    Panels requireClassifier() {
        return weights.requireClassifier();
    }

    /** {@return the layers' names with their shapes and numbers of parameters, in the order of the computation} */
    public List<LayerSummary> layers() {
        return LayerSummary.of(config, weights);
    }

    /** {@return what leads from a frame to the first hidden state; empty where embedDim is hiddenSize} */
    public Optional<Dense> inputProjection() {
        return Optional.ofNullable(weights.inputProjection()).map(Dense::new);
    }

    /** {@return the blocks, in the order of the computation} */
    public List<TransformerBlock> blocks() {
        List<TransformerBlock> blocks = new ArrayList<>();
        for (BlockWeights block : weights.blocks()) {
            blocks.add(new TransformerBlock(block));
        }
        return List.copyOf(blocks);
    }

    /** {@return the norm behind the last block; empty where the model has none} */
    public Optional<LayerNorm> finalNorm() {
        return Optional.ofNullable(weights.finalNorm()).map(LayerNorm::new);
    }

    ModelWeights weights() {
        return weights;
    }

    /** SHA-256 of options and weights, computed when it is first asked for. */
    byte[] fingerprint() {
        byte[] known = fingerprint;
        if (known == null) {
            known = StateFormat.fingerprint(config, weights);
            fingerprint = known;
        }
        return known;
    }
}
