package dev.softpick.model;

import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Part;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
        int classes = weights.classes();
        Map<String, LayerSummary> layers = new LinkedHashMap<>();
        for (Parameter parameter : Parameters.of(config, weights)) {
            String name = parameter.part().layer(parameter.block());
            LayerSummary before = layers.get(name);
            long values = parameter.size() + (before == null ? 0 : before.parameters());
            layers.put(name, new LayerSummary(
                    name, kind(parameter.part(), config), outputShape(parameter.part(), config, classes), values));
        }
        return List.copyOf(layers.values());
    }

    private static String kind(Part part, SoftpickConfig config) {
        return switch (part) {
            case ATTENTION_NORM, FFN_NORM, FINAL_NORM -> "layer_norm";
            case QUERIES, KEYS, VALUES, ATTENTION_OUT, SSMAX -> config.normalizer().id() + "_attention";
            case FFN_UP, FFN_DOWN -> "feed_forward";
            case INPUT_PROJECTION, CLASSIFIER -> "dense";
        };
    }

    private static String outputShape(Part part, SoftpickConfig config, int classes) {
        boolean oneRow = part == Part.FINAL_NORM && config.outputMode() != OutputMode.ALL;
        return switch (part) {
            case CLASSIFIER -> "[batch, " + classes + "]";
            default -> (oneRow ? "[batch, " : "[batch, steps, ") + config.hiddenSize() + "]";
        };
    }
}
