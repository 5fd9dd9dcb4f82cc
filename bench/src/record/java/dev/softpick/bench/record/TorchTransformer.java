package dev.softpick.bench.record;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.pytorch.jni.JniUtils;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The transformer as PyTorch operations for one batch and number of steps; input and output stay in native memory.
 *
 * <p>As fast as the operations that DJL offers let it be: no gradients, one product for queries, keys and values,
 * biases inside the products, 1/√headSize folded into the query weights, masks made once and applied in place,
 * residuals added in place, softpick's division after the product with the values (D columns instead of T). DJL has no
 * fused attention. Pruned, the last block computes queries, attention, projection and feed-forward for the last row
 * only, as ours does.
 */
final class TorchTransformer implements AutoCloseable {

    private static final float EPSILON = 1e-5f;

    private record Dense(NDArray weight, NDArray bias) {}

    private record Norm(NDArray gamma, NDArray beta) {}

    /** {@code queries} is null where {@code projected} has them besides keys and values. */
    private record Block(
            Norm attnNorm, Dense queries, Dense projected, Dense out, Norm ffnNorm, Dense up, Dense down) {}

    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final SoftpickConfig config;
    private final int batch;
    private final int steps;
    private final NDArray input;
    private final NDArray mask;
    private final Dense inputProjection;
    private final List<Block> blocks = new ArrayList<>();
    private final Norm finalNorm;
    private final NDIndex lastStep;
    private NDArray output;

    TorchTransformer(SoftpickConfig config, SafetensorsFile file, float[] x, int batch, int steps, boolean pruned)
            throws SafetensorsException {
        JniUtils.setGradMode(false); // of this thread, which also runs
        if (JniUtils.getNumThreads() != 1 || JniUtils.getNumInteropThreads() != 1) {
            throw new IllegalStateException(
                    "PyTorch took " + JniUtils.getNumThreads() + " threads within and "
                            + JniUtils.getNumInteropThreads() + " between operations; only one is compared");
        }
        this.config = config;
        this.batch = batch;
        this.steps = steps;
        int h = config.hiddenSize();
        input = manager.create(x, new Shape((long) batch * steps, config.embedDim()));
        mask = manager.create(mask(), new Shape(1, steps, steps));
        inputProjection = config.inputProjection() ? dense(file, 1, "input_projection") : null;
        float scale = (float) (1 / Math.sqrt(config.headSize()));
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = "softpick_block_" + layer;
            String q = name + "_attn_q_proj";
            String k = name + "_attn_k_proj";
            String v = name + "_attn_v_proj";
            boolean lastOnly = pruned && layer == config.numLayers();
            blocks.add(new Block(
                    norm(file, name + "_attn_norm"),
                    lastOnly ? dense(file, scale, q) : null,
                    lastOnly ? dense(file, 1, k, v) : dense(file, scale, q, k, v),
                    dense(file, 1, name + "_attn_out_proj"),
                    norm(file, name + "_ffn_norm"),
                    dense(file, 1, name + "_ffn_up"),
                    dense(file, 1, name + "_ffn_down")));
        }
        finalNorm = config.finalNorm() ? norm(file, "final_norm") : null;
        lastStep = new NDIndex().addAllDim().addIndices(steps - 1);
        output = manager.zeros(new Shape(batch, h));
    }

    /** Several matrices side by side are one product; {@code scale} is the first one's. */
    private Dense dense(SafetensorsFile file, float scale, String... names) throws SafetensorsException {
        NDList weights = new NDList();
        NDList biases = new NDList();
        for (String name : names) {
            float[] bias = file.floats(name + ".bias");
            float[] kernel = file.floats(name + ".kernel");
            float factor = weights.isEmpty() ? scale : 1;
            weights.add(manager.create(kernel, new Shape(kernel.length / bias.length, bias.length)).mul(factor));
            biases.add(manager.create(bias).mul(factor));
        }
        // A copy by columns: PyTorch's own layout, rows of outputs.
        NDArray weight = NDArrays.concat(weights, 1).transpose().mul(1);
        return new Dense(weight, NDArrays.concat(biases, 0));
    }

    private Norm norm(SafetensorsFile file, String name) throws SafetensorsException {
        return new Norm(manager.create(file.floats(name + ".gamma")), manager.create(file.floats(name + ".beta")));
    }

    /** What scores are multiplied with (softpick: 1 or 0) or what is added to them (softmax: 0 or −∞). */
    private float[] mask() {
        boolean softpick = config.normalizer() == Normalizer.SOFTPICK;
        float[] values = new float[Math.multiplyExact(steps, steps)];
        for (int row = 0; row < steps; row++) {
            for (int column = 0; column < steps; column++) {
                boolean visible = column <= row;
                values[row * steps + column] =
                        softpick ? (visible ? 1 : 0) : (visible ? 0 : Float.NEGATIVE_INFINITY);
            }
        }
        return values;
    }

    /** One pass; everything but the output is freed. */
    void run() {
        try (NDManager call = manager.newSubManager()) {
            input.tempAttach(call);
            NDArray x = inputProjection == null ? input : linear(input, inputProjection);
            for (Block block : blocks) {
                x = block(x, block);
            }
            NDArray last = x.getShape().get(0) == batch ? x : lastOf(x);
            NDArray y = finalNorm == null ? last : norm(last, finalNorm);
            output.close();
            output = y;
            output.attach(manager);
        }
    }

    float[] output() {
        return output.toFloatArray();
    }

    private NDArray block(NDArray x, Block block) {
        boolean lastOnly = block.queries() != null;
        NDArray attended = attention(norm(x, block.attnNorm()), block);
        NDArray y = linear(attended, block.out()).addi(lastOnly ? lastOf(x) : x);
        NDArray inner = Activation.gelu(linear(norm(y, block.ffnNorm()), block.up()));
        return linear(inner, block.down()).addi(y);
    }

    private NDArray attention(NDArray x, Block block) {
        boolean lastOnly = block.queries() != null;
        long heads = (long) batch * config.numHeads();
        int size = config.headSize();
        int rows = lastOnly ? 1 : steps;
        NDList parts = linear(x, block.projected())
                .reshape(batch, steps, lastOnly ? 2 : 3, config.numHeads(), size)
                .transpose(2, 0, 3, 1, 4)
                .split(lastOnly ? 2 : 3, 0);
        NDArray q = lastOnly ? linear(lastOf(x), block.queries()) : parts.get(0);
        NDArray k = parts.get(parts.size() - 2).reshape(heads, steps, size);
        NDArray v = parts.get(parts.size() - 1).reshape(heads, steps, size);
        NDArray scores = q.reshape(heads, rows, size).batchMatMul(k.transpose(0, 2, 1));
        NDArray attended;
        if (config.normalizer() == Normalizer.SOFTPICK) {
            NDArray seen = lastOnly ? scores : scores.muli(mask);
            attended = seen.batchMatMul(v).divi(seen.abs().sum(new int[] {2}, true).addi(1));
        } else {
            NDArray seen = lastOnly ? scores : scores.addi(mask);
            attended = seen.softmax(2).batchMatMul(v);
        }
        return attended.reshape(batch, config.numHeads(), rows, size)
                .transpose(0, 2, 1, 3)
                .reshape((long) batch * rows, config.hiddenSize());
    }

    /** The last step of every sequence of {@code [batch · steps, hidden]}. */
    private NDArray lastOf(NDArray x) {
        return x.reshape(batch, steps, config.hiddenSize()).get(lastStep);
    }

    private static NDArray linear(NDArray x, Dense dense) {
        return Linear.linear(x, dense.weight(), dense.bias()).singletonOrThrow();
    }

    private NDArray norm(NDArray x, Norm norm) {
        Shape normalized = new Shape(config.hiddenSize());
        return LayerNorm.layerNorm(x, normalized, norm.gamma(), norm.beta(), EPSILON).singletonOrThrow();
    }

    @Override
    public void close() {
        manager.close();
    }
}
