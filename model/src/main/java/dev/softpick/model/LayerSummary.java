package dev.softpick.model;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameters;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of a model's table.
 *
 * @param name of the layer, as in model files
 * @param kind of the layer
 * @param outputShape for instance {@code [batch, steps, 256]}
 * @param parameters number of trained values
 */
public record LayerSummary(String name, String kind, String outputShape, long parameters) {

    static List<LayerSummary> of(SoftpickConfig config, ModelWeights weights) {
        List<LayerSummary> layers = new ArrayList<>();
        int h = config.hiddenSize();
        String sequence = "[batch, steps, " + h + "]";
        if (weights.inputProjection() != null) {
            layers.add(new LayerSummary("input_projection", "dense", sequence, (config.embedDim() + 1L) * h));
        }
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = Parameters.block(layer);
            long scale = config.normalizer() == Normalizer.SSMAX ? 1 : 0;
            layers.add(new LayerSummary(name + "_attn_norm", "layer_norm", sequence, 2L * h));
            layers.add(new LayerSummary(
                    name + "_attn", config.normalizer().id() + "_attention", sequence, 4L * (h + 1) * h + scale));
            layers.add(new LayerSummary(name + "_ffn_norm", "layer_norm", sequence, 2L * h));
            layers.add(new LayerSummary(
                    name + "_ffn", "feed_forward", sequence, 2L * h * config.ffnSize() + config.ffnSize() + h));
        }
        String output = config.outputMode() == OutputMode.ALL ? sequence : "[batch, " + h + "]";
        if (weights.finalNorm() != null) {
            layers.add(new LayerSummary("final_norm", "layer_norm", output, 2L * h));
        }
        Panels classifier = weights.classifier();
        if (classifier != null) {
            int classes = classifier.n();
            layers.add(new LayerSummary("classifier", "dense", "[batch, " + classes + "]", (h + 1L) * classes));
        }
        return List.copyOf(layers);
    }
}
