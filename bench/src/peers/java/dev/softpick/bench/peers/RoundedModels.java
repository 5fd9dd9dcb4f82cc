package dev.softpick.bench.peers;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** One model in each weight format, in float first; and what ONNX Runtime's are called. */
final class RoundedModels {

    static final String ONNX_FLOAT = "ONNX Runtime, float, pruned";
    static final String ONNX_INT8 = "ONNX Runtime, int8, pruned";

    private RoundedModels() {}

    static Map<String, SoftpickTransformer> of(SoftpickTransformer model) {
        Map<String, SoftpickTransformer> models = new LinkedHashMap<>();
        for (WeightFormat format : WeightFormat.values()) {
            models.put(format.id(), model.withWeights(format));
        }
        return models;
    }
}
