package dev.softpick.bench.peers;

import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.util.HashMap;
import java.util.Map;

/**
 * The layers of an ONNX graph: norms, and dense ones in float or as the runtime's own tool quantizes them: weights with
 * a scale for each column, inputs with one for the whole tensor, found while the graph runs and once for each distinct
 * input.
 */
final class OnnxLayers {

    /** What the products are computed in. */
    enum Precision { FLOAT, INT8 }

    private static final int LARGEST = 127;

    private final OnnxGraph graph;
    private final SafetensorsFile file;
    private final Precision precision;
    private final Map<String, OnnxGraph.Quantized> quantized = new HashMap<>();

    OnnxLayers(OnnxGraph graph, SafetensorsFile file, Precision precision) {
        this.graph = graph;
        this.file = file;
        this.precision = precision;
    }

    /** {@code scale · (x·W + b)} of {@code x[rows, in]}. */
    String dense(String x, String name, int in, int out, float scale) throws SafetensorsException {
        float[] kernel = scaled(file.floats(name + ".kernel"), scale);
        String bias = graph.floats(scaled(file.floats(name + ".bias"), scale), out);
        return precision == Precision.FLOAT
                ? graph.op("Gemm", x, graph.floats(kernel, in, out), bias)
                : graph.op("Add", product(x, kernel, in, out), bias);
    }

    String norm(String x, String name, int size) throws SafetensorsException {
        return graph.layerNorm(
                x, graph.floats(file.floats(name + ".gamma"), size), graph.floats(file.floats(name + ".beta"), size));
    }

    private String product(String x, float[] kernel, int in, int out) {
        float[] scales = new float[out];
        for (int i = 0; i < kernel.length; i++) {
            scales[i % out] = Math.max(scales[i % out], Math.abs(kernel[i]) / LARGEST);
        }
        byte[] rounded = new byte[kernel.length];
        for (int i = 0; i < kernel.length; i++) {
            rounded[i] = (byte) Math.rint(kernel[i] / scales[i % out]);
        }
        OnnxGraph.Quantized left = quantized.computeIfAbsent(x, graph::quantized);
        String sums = graph.op(
                "MatMulInteger", left.values(), graph.bytes(rounded, in, out), left.zeroPoint(),
                graph.bytes(new byte[out], out));
        return graph.op("Mul", graph.cast(sums), graph.op("Mul", left.scale(), graph.floats(scales, out)));
    }

    private static float[] scaled(float[] values, float scale) {
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= scale;
        }
        return scaled;
    }
}
