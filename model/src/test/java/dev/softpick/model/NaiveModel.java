package dev.softpick.model;

import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Rounding;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The whole model in double, with the weights that it has: rounded ones are what they mean, exactly. */
final class NaiveModel {

    private final SoftpickConfig config;
    private final Map<String, double[]> weights = new HashMap<>();

    NaiveModel(SoftpickTransformer model) {
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
                values = NaiveLayers.doubles(model.weights().values(parameter));
            }
            weights.put(parameter.name(), values);
        }
    }

    /** The hidden states of one sequence at all positions. */
    double[] forward(float[] frames, int steps) {
        double[] h = NaiveLayers.doubles(frames);
        if (config.inputProjection()) {
            h = dense(h, "input_projection");
        }
        for (int block = 1; block <= config.numLayers(); block++) {
            String name = "softpick_block_" + block;
            double[] x = norm(h, name + "_attn_norm");
            double[] scale = weights.getOrDefault(name + "_attn_ssmax.scale", new double[] {1});
            double[] attended = NaiveLayers.attend(
                    dense(x, name + "_attn_q_proj"), dense(x, name + "_attn_k_proj"), dense(x, name + "_attn_v_proj"),
                    steps, config.numHeads(), config.normalizer(), scale[0]);
            h = NaiveLayers.sum(h, dense(attended, name + "_attn_out_proj"));
            double[] inner = NaiveLayers.gelu(dense(norm(h, name + "_ffn_norm"), name + "_ffn_up"));
            h = NaiveLayers.sum(h, dense(inner, name + "_ffn_down"));
        }
        return config.finalNorm() ? norm(h, "final_norm") : h;
    }

    /** The same at the last position. */
    double[] last(float[] frames, int steps) {
        double[] all = forward(frames, steps);
        return Arrays.copyOfRange(all, all.length - config.hiddenSize(), all.length);
    }

    private double[] dense(double[] x, String name) {
        double[] kernel = weights.get(name + ".kernel");
        double[] bias = weights.get(name + ".bias");
        int out = bias.length;
        int in = kernel.length / out;
        double[] y = new double[x.length / in * out];
        for (int row = 0; row < x.length / in; row++) {
            for (int j = 0; j < out; j++) {
                double sum = bias[j];
                for (int k = 0; k < in; k++) {
                    sum += x[row * in + k] * kernel[k * out + j];
                }
                y[row * out + j] = sum;
            }
        }
        return y;
    }

    private double[] norm(double[] x, String name) {
        double[] gamma = weights.get(name + ".gamma");
        double[] beta = weights.get(name + ".beta");
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += gamma.length) {
            double mean = Arrays.stream(x, row, row + gamma.length).average().orElseThrow();
            double variance = Arrays.stream(x, row, row + gamma.length).map(v -> (v - mean) * (v - mean)).average()
                    .orElseThrow();
            for (int i = 0; i < gamma.length; i++) {
                y[row + i] = gamma[i] * (x[row + i] - mean) / Math.sqrt(variance + 1e-5) + beta[i];
            }
        }
        return y;
    }
}
