package dev.softpick.model;

import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Part;
import dev.softpick.model.weights.Rounding;
import dev.softpick.oracle.Attention;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The whole model by its formulas, with the weights that it has: rounded ones are what they mean, exactly. */
final class NaiveModel {

    private final Naive naive;
    private final int window;
    private final SoftpickConfig config;
    private final Map<String, double[]> weights = new HashMap<>();

    NaiveModel(SoftpickTransformer model) {
        this(model, Naive.DOUBLE, 0);
    }

    /** In each layer a position sees the last {@code window} ones; 0 for all. */
    NaiveModel(SoftpickTransformer model, Naive naive, int window) {
        this.naive = naive;
        this.window = window;
        config = model.config();
        for (Parameter parameter : Parameters.of(config, model.weights())) {
            double[] values;
            if (config.weightFormat() == WeightFormat.INT8 && parameter.isRounded()) {
                Rounding.Int8 kernel = model.weights().int8(parameter);
                values = new double[parameter.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = kernel.values()[i] * (double) kernel.scale()[i % kernel.scale().length];
                }
            } else {
                values = Naive.doubles(model.weights().values(parameter));
            }
            weights.put(parameter.name(), values);
        }
    }

    /** The hidden states of one sequence at all positions. */
    double[] forward(float[] frames) {
        double[] h = Naive.doubles(frames);
        if (config.inputProjection()) {
            h = dense(h, "input_projection");
        }
        for (int block = 1; block <= config.numLayers(); block++) {
            String name = Part.block(block);
            double[] x = norm(h, name + "_attn_norm");
            double[] a = weights.getOrDefault(name + "_attn_ssmax.scale", new double[] {1});
            double[] attended = naive.attend(new Attention(
                    dense(x, name + "_attn_q_proj"), dense(x, name + "_attn_k_proj"), dense(x, name + "_attn_v_proj"),
                    config.hiddenSize(), config.numHeads(), window, Formula.of(config.normalizer()), a[0]));
            h = naive.sum(h, dense(attended, name + "_attn_out_proj"));
            double[] inner = naive.gelu(dense(norm(h, name + "_ffn_norm"), name + "_ffn_up"));
            h = naive.sum(h, dense(inner, name + "_ffn_down"));
        }
        return config.finalNorm() ? norm(h, "final_norm") : h;
    }

    /** The same at the last position. */
    double[] last(float[] frames) {
        double[] all = forward(frames);
        return Arrays.copyOfRange(all, all.length - config.hiddenSize(), all.length);
    }

    private double[] dense(double[] x, String name) {
        return naive.dense(x, weights.get(name + ".kernel"), weights.get(name + ".bias"));
    }

    private double[] norm(double[] x, String name) {
        return naive.layerNorm(x, weights.get(name + ".gamma"), weights.get(name + ".beta"));
    }
}
