package dev.softpick.model;

/** The layers' formulas in double, written down as they stand in the books, without any regard for speed. */
final class NaiveLayers {

    /** 1/(2k + 1), for a series that would take its time over divisions. */
    private static final double[] INVERSES = new double[400];

    static {
        for (int k = 0; k < INVERSES.length; k++) {
            INVERSES[k] = 1.0 / (2 * k + 1);
        }
    }

    private NaiveLayers() {}

    static double[] doubles(float[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i];
        }
        return y;
    }

    static double[] dense(double[] x, float[] kernel, float[] bias) {
        int out = bias.length;
        int in = kernel.length / out;
        double[] y = new double[x.length / in * out];
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i % out];
            for (int j = 0; j < in; j++) {
                y[i] += x[i / out * in + j] * kernel[j * out + i % out];
            }
        }
        return y;
    }

    static double[] layerNorm(double[] x, float[] gamma, float[] beta) {
        int n = gamma.length;
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += n) {
            double mean = 0;
            double variance = 0;
            for (int i = 0; i < n; i++) {
                mean += x[row + i] / n;
            }
            for (int i = 0; i < n; i++) {
                variance += (x[row + i] - mean) * (x[row + i] - mean) / n;
            }
            for (int i = 0; i < n; i++) {
                y[row + i] = gamma[i] * (x[row + i] - mean) / Math.sqrt(variance + 1e-5) + beta[i];
            }
        }
        return y;
    }

    static double[] gelu(double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] * normalBelow(x[i]);
        }
        return y;
    }

    /** {@code (1 + erf(x/√2))/2} by its series, which converges everywhere. */
    private static double normalBelow(double x) {
        if (Math.abs(x) > 8) {
            return x > 0 ? 1 : 0;
        }
        double term = x;
        double sum = x;
        for (int k = 1; k < INVERSES.length && Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
            term *= x * x * INVERSES[k];
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** Causal attention of one sequence; q, k and v are {@code [steps, hidden]}, heads chunks of columns. */
    static double[] attend(
            double[] q, double[] k, double[] v, int steps, int heads, Normalizer normalizer, double ssmaxScale) {
        int hidden = q.length / steps;
        int size = hidden / heads;
        double[] y = new double[q.length];
        for (int i = 0; i < steps; i++) {
            for (int head = 0; head < heads; head++) {
                double[] s = new double[i + 1];
                for (int j = 0; j <= i; j++) {
                    for (int c = head * size; c < (head + 1) * size; c++) {
                        s[j] += q[i * hidden + c] * k[j * hidden + c] / Math.sqrt(size);
                    }
                }
                double[] w = weights(s, normalizer, ssmaxScale);
                for (int j = 0; j <= i; j++) {
                    for (int c = head * size; c < (head + 1) * size; c++) {
                        y[i * hidden + c] += w[j] * v[j * hidden + c];
                    }
                }
            }
        }
        return y;
    }

    static double[] weights(double[] s, Normalizer normalizer, double ssmaxScale) {
        double[] w = new double[s.length];
        double sum = 0;
        for (int j = 0; j < s.length; j++) {
            w[j] = switch (normalizer) {
                case SOFTPICK -> s[j];
                case SOFTMAX -> Math.exp(s[j]);
                case SSMAX -> Math.exp(ssmaxScale * Math.log(s.length) * s[j]);
                case RECTIFIED_SOFTPICK -> Math.expm1(s[j]);
            };
            sum += Math.abs(w[j]);
        }
        for (int j = 0; j < s.length; j++) {
            w[j] = switch (normalizer) {
                case SOFTPICK -> w[j] / (1 + sum);
                case SOFTMAX, SSMAX -> w[j] / sum;
                case RECTIFIED_SOFTPICK -> Math.max(0, w[j]) / (sum + 1e-8 * Math.exp(max(s)));
            };
        }
        return w;
    }

    private static double max(double[] s) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : s) {
            max = Math.max(max, value);
        }
        return max;
    }

    static double[] sum(double[] a, double[] b) {
        double[] y = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            y[i] = a[i] + b[i];
        }
        return y;
    }
}
