package dev.softpick.model.weights;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * The names and shapes of a model's parameters, which are Edifice's, and the model that is built from their values.
 * Kernels are {@code [in, out]}.
 */
public final class Parameters {

    /**
     * Where values come from: a file, or a random generator. A matrix may be followed by something else in its array,
     * and is good until the next matrix is asked for; a vector's array is the caller's own.
     */
    @FunctionalInterface
    public interface Values {
        float[] get(String name, int... shape) throws ModelFormatException;
    }

    private static final String[] QKV = {"q", "k", "v"};

    private Parameters() {}

    /** The first part of a block's names; blocks count from 1. */
    public static String block(int layer) {
        return "softpick_block_" + layer;
    }

    /** The name of a block's learned scale. */
    public static String ssmaxScale(int layer) {
        return block(layer) + "_attn_ssmax.scale";
    }

    /** Every parameter of a model with these options, in the order of the computation, with its shape. */
    public static Map<String, int[]> shapes(SoftpickConfig config, int classes) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        int h = config.hiddenSize();
        if (config.inputProjection()) {
            dense(shapes, "input_projection", config.embedDim(), h);
        }
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = block(layer);
            norm(shapes, name + "_attn_norm", h);
            for (String part : new String[] {"q", "k", "v", "out"}) {
                dense(shapes, name + "_attn_" + part + "_proj", h, h);
            }
            if (config.normalizer() == Normalizer.SSMAX) {
                shapes.put(ssmaxScale(layer), new int[0]);
            }
            norm(shapes, name + "_ffn_norm", h);
            dense(shapes, name + "_ffn_up", h, config.ffnSize());
            dense(shapes, name + "_ffn_down", config.ffnSize(), h);
        }
        if (config.finalNorm()) {
            norm(shapes, "final_norm", h);
        }
        if (classes > 0) {
            dense(shapes, "classifier", h, classes);
        }
        return shapes;
    }

    private static void dense(Map<String, int[]> shapes, String name, int in, int out) {
        shapes.put(name + ".kernel", new int[] {in, out});
        shapes.put(name + ".bias", new int[] {out});
    }

    private static void norm(Map<String, int[]> shapes, String name, int size) {
        shapes.put(name + ".gamma", new int[] {size});
        shapes.put(name + ".beta", new int[] {size});
    }

    /** The model of these values, packed. */
    public static ModelWeights build(SoftpickConfig config, int classes, Values values) throws ModelFormatException {
        int h = config.hiddenSize();
        Store store = new Store(config, classes);
        Panels projection = config.inputProjection()
                ? store.dense(values, "input_projection", config.embedDim(), h)
                : null;
        List<BlockWeights> blocks = new ArrayList<>();
        for (int layer = 1; layer <= config.numLayers(); layer++) {
            String name = block(layer);
            NormWeights attentionNorm = norm(values, name + "_attn_norm", h);
            float scale = config.normalizer() == Normalizer.SSMAX ? values.get(ssmaxScale(layer))[0] : 1f;
            AttentionWeights attention = new AttentionWeights(
                    store.queriesKeysValues(values, name + "_attn_", h),
                    store.dense(values, name + "_attn_out_proj", h, h),
                    config.numHeads(), config.normalizer(), scale);
            NormWeights ffnNorm = norm(values, name + "_ffn_norm", h);
            FeedForwardWeights ffn = new FeedForwardWeights(
                    store.dense(values, name + "_ffn_up", h, config.ffnSize()),
                    store.dense(values, name + "_ffn_down", config.ffnSize(), h));
            blocks.add(new BlockWeights(attentionNorm, attention, ffnNorm, ffn));
        }
        NormWeights finalNorm = config.finalNorm() ? norm(values, "final_norm", h) : null;
        Panels classifier = classes > 0 ? store.dense(values, "classifier", h, classes) : null;
        return new ModelWeights(projection, List.copyOf(blocks), finalNorm, classifier);
    }

    /** One array for all packed matrices, in the order in which they are read; {@link Panels#LEAD} says why one. */
    private static final class Store {
        private final int width = Backends.chosen().panelWidth();
        private final float[] store;
        private int end = Panels.LEAD;

        Store(SoftpickConfig config, int classes) {
            long h = config.hiddenSize();
            long size = Panels.LEAD;
            size += config.inputProjection() ? Panels.size(config.embedDim(), config.hiddenSize(), width) : 0;
            size += config.numLayers() * (Panels.size(config.hiddenSize(), 3 * config.hiddenSize(), width)
                    + Panels.size(config.hiddenSize(), config.hiddenSize(), width)
                    + Panels.size(config.hiddenSize(), config.ffnSize(), width)
                    + Panels.size(config.ffnSize(), config.hiddenSize(), width));
            size += classes > 0 ? Panels.size(config.hiddenSize(), classes, width) : 0;
            if (size > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("hiddenSize " + h + " with " + config.numLayers()
                        + " layers needs " + size + " packed weights; a model holds at most "
                        + (Integer.MAX_VALUE - 8));
            }
            store = allocate((int) size);
        }

        /** The one large array of a model: where it fits, the rest does. */
        private static float[] allocate(int size) {
            try {
                return new float[size];
            } catch (OutOfMemoryError e) {
                OutOfMemoryError clear = new OutOfMemoryError("the model's weights take " + ((4L * size >> 20) + 1)
                        + " MiB of heap, whose limit is " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB; raise -Xmx");
                clear.initCause(e);
                throw clear;
            }
        }

        Panels dense(Values values, String name, int in, int out) throws ModelFormatException {
            return pack(values.get(name + ".kernel", in, out), in, out, values.get(name + ".bias", out));
        }

        Panels queriesKeysValues(Values values, String name, int h) throws ModelFormatException {
            float[] bias = new float[Math.ceilDiv(3 * h, width) * width];
            Panels packed = new Panels(store, take(h, 3 * h), bias, 0, h, 3 * h, width);
            for (int part = 0; part < 3; part++) {
                String projection = name + QKV[part] + "_proj";
                packed.fill(values.get(projection + ".kernel", h, h), part * h, h);
                System.arraycopy(values.get(projection + ".bias", h), 0, bias, part * h, h);
            }
            return packed;
        }

        private Panels pack(float[] kernel, int k, int n, float[] bias) {
            return Panels.pack(kernel, k, n, bias, width, store, take(k, n));
        }

        private int take(int k, int n) {
            int start = end;
            end += (int) Panels.size(k, n, width);
            return start;
        }
    }

    private static NormWeights norm(Values values, String name, int size) throws ModelFormatException {
        return new NormWeights(values.get(name + ".gamma", size), values.get(name + ".beta", size));
    }

    /** The parameters' values by name, sorted as Edifice's files are. */
    public static Map<String, float[]> values(SoftpickConfig config, ModelWeights parts) {
        Map<String, float[]> values = new TreeMap<>();
        if (parts.inputProjection() != null) {
            put(values, "input_projection", parts.inputProjection());
        }
        int layer = 1;
        int h = config.hiddenSize();
        for (BlockWeights block : parts.blocks()) {
            String name = block(layer);
            put(values, name + "_attn_norm", block.attentionNorm());
            float[] qkv = new float[h * 3 * h];
            block.attention().qkv().unpack(qkv, 0, 3 * h);
            float[] bias = block.attention().qkv().bias();
            for (int part = 0; part < 3; part++) {
                float[] kernel = new float[h * h];
                for (int row = 0; row < h; row++) {
                    System.arraycopy(qkv, row * 3 * h + part * h, kernel, row * h, h);
                }
                String projection = name + "_attn_" + QKV[part] + "_proj";
                values.put(projection + ".kernel", kernel);
                values.put(projection + ".bias", Arrays.copyOfRange(bias, part * h, (part + 1) * h));
            }
            put(values, name + "_attn_out_proj", block.attention().out());
            if (config.normalizer() == Normalizer.SSMAX) {
                values.put(ssmaxScale(layer), new float[] {block.attention().ssmaxScale()});
            }
            put(values, name + "_ffn_norm", block.ffnNorm());
            put(values, name + "_ffn_up", block.ffn().up());
            put(values, name + "_ffn_down", block.ffn().down());
            layer++;
        }
        if (parts.finalNorm() != null) {
            put(values, "final_norm", parts.finalNorm());
        }
        if (parts.classifier() != null) {
            put(values, "classifier", parts.classifier());
        }
        return values;
    }

    private static void put(Map<String, float[]> values, String name, Panels weights) {
        float[] kernel = new float[weights.k() * weights.n()];
        weights.unpack(kernel, 0, weights.n());
        values.put(name + ".kernel", kernel);
        values.put(name + ".bias", Arrays.copyOf(weights.bias(), weights.n()));
    }

    private static void put(Map<String, float[]> values, String name, NormWeights norm) {
        values.put(name + ".gamma", norm.gamma());
        values.put(name + ".beta", norm.beta());
    }

    /**
     * Axon's initialisation: kernels Glorot-uniform, ±√(6 / (in + out)); biases and betas 0; gammas and SSMax scales 1.
     * The generator is {@link Random}, whose sequence is specified, so a seed means the same model everywhere.
     */
    public static Values random(long seed) {
        Random random = new Random(seed);
        return (name, shape) -> {
            int size = 1;
            for (int n : shape) {
                size = Math.multiplyExact(size, n);
            }
            float[] values = new float[size];
            if (name.endsWith(".kernel")) {
                double limit = Math.sqrt(6.0 / (shape[0] + shape[1]));
                for (int i = 0; i < size; i++) {
                    values[i] = (float) ((2 * random.nextDouble() - 1) * limit);
                }
            } else if (name.endsWith(".gamma") || name.endsWith(".scale")) {
                Arrays.fill(values, 1f);
            }
            return values;
        };
    }
}
