package dev.softpick.bench.peers;

import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;

/**
 * One step of some streams as an ONNX graph with caches: {@code x[batch, embed]} and for layer i {@code keys_i} and
 * {@code values_i}, {@code [batch, heads, window − 1, headSize]}, in; {@code y[batch, hidden]}, {@code new_keys_i}
 * and {@code new_values_i} out. For softpick, to which keys and values of zeros, before the window is full, are none at
 * all.
 */
final class OnnxStep {

    private final OnnxGraph graph = new OnnxGraph();
    private final OnnxLayers layers;
    private final SoftpickConfig config;
    private final int batch;

    private OnnxStep(SoftpickConfig config, SafetensorsFile file, int batch, OnnxLayers.Precision precision) {
        this.config = config;
        this.batch = batch;
        layers = new OnnxLayers(graph, file, precision);
    }

    static byte[] graph(SoftpickConfig config, SafetensorsFile file, int batch, OnnxLayers.Precision precision)
            throws SafetensorsException {
        if (config.normalizer() != Normalizer.SOFTPICK) {
            throw new IllegalArgumentException(
                    "normalizer is " + config.normalizer() + "; the step graph exists for softpick");
        }
        return new OnnxStep(config, file, batch, precision).build();
    }

    /** Of keys or values of one layer. */
    static long[] cacheShape(SoftpickConfig config, int batch) {
        return new long[] {batch, config.numHeads(), config.windowSize() - 1, config.headSize()};
    }

    private byte[] build() throws SafetensorsException {
        int h = config.hiddenSize();
        String x = graph.input("x", batch, config.embedDim());
        String hidden = config.inputProjection() ? layers.dense(x, "input_projection", config.embedDim(), h, 1f) : x;
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = "softpick_block_" + layer;
            String attended = attention(layers.norm(hidden, name + "_attn_norm", h), name + "_attn_", layer);
            String y = graph.op("Add", hidden, layers.dense(attended, name + "_attn_out_proj", h, h, 1f));
            String inner = layers.dense(
                    layers.norm(y, name + "_ffn_norm", h), name + "_ffn_up", h, config.ffnSize(), 1f);
            hidden = graph.op(
                    "Add", y, layers.dense(graph.op("Gelu", inner), name + "_ffn_down", config.ffnSize(), h, 1f));
        }
        graph.output(config.finalNorm() ? layers.norm(hidden, "final_norm", h) : hidden, "y", batch, h);
        return graph.bytes();
    }

    private String attention(String x, String name, int layer) throws SafetensorsException {
        int h = config.hiddenSize();
        String q = heads(layers.dense(x, name + "q_proj", h, h, (float) (1 / Math.sqrt(config.headSize()))));
        String keys = graph.concat(2, past("keys_" + layer), heads(layers.dense(x, name + "k_proj", h, h, 1f)));
        String values = graph.concat(2, past("values_" + layer), heads(layers.dense(x, name + "v_proj", h, h, 1f)));
        keep(keys, "new_keys_" + layer);
        keep(values, "new_values_" + layer);
        String scores = graph.op("MatMul", q, graph.transpose(keys, 0, 1, 3, 2));
        String sum = graph.op("Add", graph.absSum(scores), graph.floats(new float[] {1}, 1));
        return graph.reshape(graph.op("Div", graph.op("MatMul", scores, values), sum), batch, h);
    }

    /** One row of each head. */
    private String heads(String x) {
        return graph.reshape(x, batch, config.numHeads(), 1, config.headSize());
    }

    private String past(String name) {
        return graph.input(name, cacheShape(config, batch));
    }

    private void keep(String all, String name) {
        graph.output(graph.slice(all, 2, 1, config.windowSize()), name, cacheShape(config, batch));
    }
}
