package dev.softpick.measure;

/**
 * R², {@code 1 − Σ(y − label)² / Σ(label − mean)²}, the mean over the outputs where there are several. Not a
 * number where the labels are all alike.
 */
public final class R2 {

    private final double[] labels;
    private final int outputs;
    private final double[] residual;

    /** For labels of rows of so many outputs. */
    public R2(double[] labels, int outputs) {
        this.labels = labels;
        this.outputs = outputs;
        residual = new double[outputs];
    }

    /** Of one output. */
    public static double of(float[] predicted, float[] labels) {
        double[] wide = new double[labels.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = labels[i];
        }
        R2 r2 = new R2(wide, 1);
        r2.add(0, labels.length, predicted);
        return r2.value();
    }

    /** Takes {@code count} rows of predictions, for the labels from row {@code first} on. */
    public void add(int first, int count, float[] predicted) {
        for (int i = 0; i < count * outputs; i++) {
            double difference = predicted[i] - labels[first * outputs + i];
            residual[i % outputs] += difference * difference;
        }
    }

    /** The value, once every row has been added. */
    public double value() {
        double sum = 0;
        for (int output = 0; output < outputs; output++) {
            sum += 1 - residual[output] / spread(output);
        }
        return sum / outputs;
    }

    private double spread(int output) {
        int rows = labels.length / outputs;
        double mean = 0;
        for (int row = 0; row < rows; row++) {
            mean += labels[row * outputs + output] / rows;
        }
        double spread = 0;
        for (int row = 0; row < rows; row++) {
            double difference = labels[row * outputs + output] - mean;
            spread += difference * difference;
        }
        return spread;
    }
}
