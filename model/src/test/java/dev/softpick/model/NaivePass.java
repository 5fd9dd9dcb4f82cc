package dev.softpick.model;

import dev.softpick.model.weights.Part;
import java.util.Map;

/**
 * The whole forward pass of one sequence as it stands in the books, one operation after the other: in double, or with
 * every operation rounded to float, which is what a plain float32 program computes (a double holds the exact sum or
 * product of two floats, or rounds it where that cannot matter).
 */
final class NaivePass {

    private final boolean single;
    private final SoftpickConfig config;
    private final Map<String, float[]> parameters;

    private NaivePass(SoftpickTransformer model, boolean single) {
        this.single = single;
        config = model.config();
        parameters = Fixtures.parameters(model);
    }

    static double[] inDouble(SoftpickTransformer model, float[] x) {
        return new NaivePass(model, false).last(x);
    }

    static double[] inFloat(SoftpickTransformer model, float[] x) {
        return new NaivePass(model, true).last(x);
    }

    private double round(double x) {
        return single ? (float) x : x;
    }

    private double[] last(float[] x) {
        double[] y = NaiveLayers.doubles(x);
        if (config.inputProjection()) {
            y = dense(y, "input_projection");
        }
        for (int block = 1; block <= config.numLayers(); block++) {
            String name = Part.block(block);
            double[] normed = norm(y, name + "_attn_norm");
            double scale = parameters.getOrDefault(name + "_attn_ssmax.scale", new float[] {1})[0];
            double[] attended = attend(
                    dense(normed, name + "_attn_q_proj"), dense(normed, name + "_attn_k_proj"),
                    dense(normed, name + "_attn_v_proj"), scale);
            y = sum(y, dense(attended, name + "_attn_out_proj"));
            double[] inner = NaiveLayers.gelu(dense(norm(y, name + "_ffn_norm"), name + "_ffn_up"));
            for (int i = 0; i < inner.length; i++) {
                inner[i] = round(inner[i]);
            }
            y = sum(y, dense(inner, name + "_ffn_down"));
        }
        y = config.finalNorm() ? norm(y, "final_norm") : y;
        double[] last = new double[config.hiddenSize()];
        System.arraycopy(y, y.length - last.length, last, 0, last.length);
        return last;
    }

    private double[] dense(double[] x, String name) {
        float[] kernel = parameters.get(name + ".kernel");
        float[] bias = parameters.get(name + ".bias");
        int out = bias.length;
        int in = kernel.length / out;
        double[] y = new double[x.length / in * out];
        // each column's sum grows with j; the columns go side by side, which is ten times faster
        for (int row = 0; row < y.length / out; row++) {
            for (int j = 0; j < in; j++) {
                if (single) {
                    addInFloat((float) x[row * in + j], kernel, j * out, y, row * out, out);
                } else {
                    addInDouble(x[row * in + j], kernel, j * out, y, row * out, out);
                }
            }
            for (int i = 0; i < out; i++) {
                y[row * out + i] = round(y[row * out + i] + bias[i]);
            }
        }
        return y;
    }

    private static void addInFloat(float x, float[] kernel, int from, double[] y, int to, int n) {
        for (int i = 0; i < n; i++) {
            y[to + i] = (float) y[to + i] + x * kernel[from + i];
        }
    }

    private static void addInDouble(double x, float[] kernel, int from, double[] y, int to, int n) {
        for (int i = 0; i < n; i++) {
            y[to + i] += x * kernel[from + i];
        }
    }

    private double[] norm(double[] x, String name) {
        float[] gamma = parameters.get(name + ".gamma");
        float[] beta = parameters.get(name + ".beta");
        int n = gamma.length;
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += n) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean = round(mean + x[row + i]);
            }
            mean = round(mean / n);
            double variance = 0;
            for (int i = 0; i < n; i++) {
                double d = round(x[row + i] - mean);
                variance = round(variance + round(d * d));
            }
            double scale = round(1 / round(Math.sqrt(round(round(variance / n) + (single ? 1e-5f : 1e-5)))));
            for (int i = 0; i < n; i++) {
                y[row + i] = round(round(round(round(x[row + i] - mean) * scale) * gamma[i]) + beta[i]);
            }
        }
        return y;
    }

    private double[] attend(double[] q, double[] k, double[] v, double ssmaxScale) {
        int h = config.hiddenSize();
        int size = config.headSize();
        double[] y = new double[q.length];
        for (int at = 0; at < q.length; at += size) {
            int row = at / h;
            double[] w = new double[row + 1];
            for (int key = 0; key <= row; key++) {
                for (int c = 0; c < size; c++) {
                    w[key] = round(w[key] + round(q[at + c] * k[key * h + at % h + c]));
                }
                w[key] = round(w[key] / round(Math.sqrt(size)));
            }
            normalize(w, ssmaxScale);
            for (int c = 0; c < size; c++) {
                for (int key = 0; key <= row; key++) {
                    y[at + c] = round(y[at + c] + round(w[key] * v[key * h + at % h + c]));
                }
            }
        }
        return y;
    }

    private void normalize(double[] s, double ssmaxScale) {
        Normalizer normalizer = config.normalizer();
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < s.length; i++) {
            if (normalizer == Normalizer.SSMAX) {
                s[i] = round(s[i] * round(ssmaxScale * round(Math.log(s.length))));
            }
            max = Math.max(max, s[i]);
        }
        double sum = normalizer == Normalizer.SOFTPICK ? 1 : 0;
        for (int i = 0; i < s.length; i++) {
            s[i] = switch (normalizer) {
                case SOFTPICK -> s[i];
                case SOFTMAX, SSMAX -> round(Math.exp(round(s[i] - max)));
                case RECTIFIED_SOFTPICK -> round(round(Math.exp(round(s[i] - max))) - round(Math.exp(-max)));
            };
            sum = round(sum + Math.abs(s[i]));
        }
        for (int i = 0; i < s.length; i++) {
            s[i] = normalizer == Normalizer.RECTIFIED_SOFTPICK
                    ? round(Math.max(0, s[i]) / round(sum + 1e-8))
                    : round(s[i] / sum);
        }
    }

    private double[] sum(double[] a, double[] b) {
        double[] y = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            y[i] = round(a[i] + b[i]);
        }
        return y;
    }
}
