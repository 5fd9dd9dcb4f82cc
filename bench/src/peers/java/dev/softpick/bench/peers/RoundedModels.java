package dev.softpick.bench.peers;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** One model in each weight format, in float first; and what ONNX Runtime's are called. */
final class RoundedModels {

    static final String ONNX_FULL = "ONNX Runtime, float, full";
    static final String ONNX_FLOAT = "ONNX Runtime, float, pruned";
    static final String ONNX_INT8 = "ONNX Runtime, int8, pruned";

    /** Far above what rounding does, far below what a wrong graph does. */
    private static final double ALLOWED_ROUNDED = 0.5;

    private static final double ALLOWED_FLOAT = 2e-5;

    private RoundedModels() {}

    /** How far an output may be from our float model's, by the name of what computed it. */
    static double allowed(String name) {
        return name.contains("bfloat16") || name.contains("int8") ? ALLOWED_ROUNDED : ALLOWED_FLOAT;
    }

    static Map<String, SoftpickTransformer> of(SoftpickTransformer model) {
        Map<String, SoftpickTransformer> models = new LinkedHashMap<>();
        for (WeightFormat format : WeightFormat.values()) {
            models.put(format.id(), model.withWeights(format));
        }
        return models;
    }
}
