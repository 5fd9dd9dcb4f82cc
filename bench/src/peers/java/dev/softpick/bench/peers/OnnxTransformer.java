package dev.softpick.bench.peers;

import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * The transformer as an ONNX graph for one batch and number of steps: {@code x} in, {@code y} out.
 *
 * <p>As fast as the runtime lets it be: biases inside Gemm, 1/√headSize folded into the query weights, softpick's
 * division after the product with the values (D columns instead of T). Pruned, the last block computes queries,
 * attention, projection and feed-forward for the last row only, as ours does.
 */
final class OnnxTransformer {

    private final OnnxGraph graph = new OnnxGraph();
    private final SoftpickConfig config;
    private final int batch;
    private final int steps;
    private final OnnxLayers layers;

    private OnnxTransformer(
            SoftpickConfig config, SafetensorsFile file, int batch, int steps, OnnxLayers.Precision precision) {
        this.config = config;
        this.batch = batch;
        this.steps = steps;
        layers = new OnnxLayers(graph, file, precision);
    }

    /** The normalizer of that name; the graphs exist for two. */
    static Normalizer supported(String id) {
        Normalizer normalizer = Normalizer.fromId(id);
        if (normalizer != Normalizer.SOFTPICK && normalizer != Normalizer.SOFTMAX) {
            throw new IllegalArgumentException(
                    "normalizer is " + id + "; the peers' graphs exist for softpick and softmax");
        }
        return normalizer;
    }

    /** A model's weights, through a file, so that both sides read the same. */
    static SafetensorsFile weights(SoftpickTransformer model) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        model.save(file);
        return SafetensorsFile.read(file.toByteArray());
    }

    static byte[] graph(SoftpickConfig config, SafetensorsFile file, int batch, int steps, boolean pruned)
            throws SafetensorsException {
        return new OnnxTransformer(config, file, batch, steps, OnnxLayers.Precision.FLOAT).build(pruned);
    }

    /** Pruned, in either precision. */
    static byte[] pruned(
            SoftpickConfig config, SafetensorsFile file, int batch, int steps, OnnxLayers.Precision precision)
            throws SafetensorsException {
        return new OnnxTransformer(config, file, batch, steps, precision).build(true);
    }

    private byte[] build(boolean pruned) throws SafetensorsException {
        int h = config.hiddenSize();
        int embed = config.embedDim();
        int rows = batch * steps;
        String x = graph.reshape(graph.input("x", batch, steps, embed), rows, embed);
        String hidden = config.inputProjection() ? layers.dense(x, "input_projection", embed, h, 1f) : x;
        String mask = graph.floats(mask(), steps, steps);
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            hidden = block(hidden, "softpick_block_" + layer, mask, pruned && layer == config.numLayers());
        }
        String last = pruned ? hidden : lastOf(hidden);
        String y = config.finalNorm() ? layers.norm(last, "final_norm", h) : last;
        graph.output(y, "y", batch, h);
        return graph.bytes();
    }

    private String block(String x, String name, String mask, boolean lastOnly) throws SafetensorsException {
        int h = config.hiddenSize();
        String normed = layers.norm(x, name + "_attn_norm", h);
        String residual = lastOnly ? lastOf(x) : x;
        String attended = attention(normed, name + "_attn_", mask, lastOnly);
        String y = graph.op("Add", residual, layers.dense(attended, name + "_attn_out_proj", h, h, 1f));
        String inner = layers.dense(layers.norm(y, name + "_ffn_norm", h), name + "_ffn_up", h, config.ffnSize(), 1f);
        return graph.op("Add", y, layers.dense(graph.op("Gelu", inner), name + "_ffn_down", config.ffnSize(), h, 1f));
    }

    private String attention(String x, String name, String mask, boolean lastOnly) throws SafetensorsException {
        int h = config.hiddenSize();
        int heads = config.numHeads();
        int size = config.headSize();
        int rows = lastOnly ? 1 : steps;
        String queries = layers.dense(lastOnly ? lastOf(x) : x, name + "q_proj", h, h, (float) (1 / Math.sqrt(size)));
        String q = graph.transpose(graph.reshape(queries, batch, rows, heads, size), 0, 2, 1, 3);
        String keys = graph.reshape(layers.dense(x, name + "k_proj", h, h, 1f), batch, steps, heads, size);
        String values = graph.reshape(layers.dense(x, name + "v_proj", h, h, 1f), batch, steps, heads, size);
        String v = graph.transpose(values, 0, 2, 1, 3);
        String scores = graph.op("MatMul", q, graph.transpose(keys, 0, 2, 3, 1));
        String attended;
        if (config.normalizer() == Normalizer.SOFTPICK) {
            String seen = lastOnly ? scores : graph.op("Mul", scores, mask);
            String sum = graph.op("Add", graph.absSum(seen), graph.floats(new float[] {1}, 1));
            attended = graph.op("Div", graph.op("MatMul", seen, v), sum);
        } else {
            String seen = lastOnly ? scores : graph.op("Add", scores, mask);
            attended = graph.op("MatMul", graph.softmax(seen), v);
        }
        return graph.reshape(graph.transpose(attended, 0, 2, 1, 3), (long) batch * rows, h);
    }

    /** What scores are multiplied with (softpick: 1 or 0) or what is added to them (softmax: 0 or −∞). */
    private float[] mask() {
        boolean softpick = supported(config.normalizer().id()) == Normalizer.SOFTPICK;
        float[] mask = new float[Math.multiplyExact(steps, steps)];
        for (int row = 0; row < steps; row++) {
            for (int column = 0; column < steps; column++) {
                boolean visible = column <= row;
                mask[row * steps + column] =
                        softpick ? (visible ? 1 : 0) : (visible ? 0 : Float.NEGATIVE_INFINITY);
            }
        }
        return mask;
    }

    /** The last step of every sequence of {@code [batch · steps, hidden]}. */
    private String lastOf(String x) {
        return graph.at(graph.reshape(x, batch, steps, config.hiddenSize()), steps - 1);
    }
}
