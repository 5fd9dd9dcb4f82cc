package dev.softpick.cli.command;

import dev.softpick.cli.io.Labels;
import dev.softpick.cli.io.Pass;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Table;
import java.io.PrintWriter;

/** What the digits model says about each of the bundled images. */
final class Predictions implements Pass.Sink {

    private static final int SHOWN = 10;

    private final long[] labels;
    private final int[] predicted;
    private final double[] confidence;
    private final int classes;

    Predictions(Labels.Classes labels, int classes) {
        this.labels = labels.values();
        this.classes = classes;
        predicted = new int[this.labels.length];
        confidence = new double[this.labels.length];
    }

    @Override
    public void accept(int first, int count, float[] output, float[] logits) {
        for (int i = 0; i < count; i++) {
            int largest = Score.largest(logits, i * classes, classes);
            predicted[first + i] = largest;
            confidence[first + i] = largest < 0 ? Double.NaN : probability(logits, i * classes, largest);
        }
    }

    /** Softmax of the logits at the largest. */
    private double probability(float[] logits, int from, int largest) {
        double sum = 0;
        for (int i = 0; i < classes; i++) {
            sum += Math.exp((double) logits[from + i] - logits[from + largest]);
        }
        return 1 / sum;
    }

    /** The first images, and those that the model mistook. */
    void print(PrintWriter out) {
        Table table = new Table().right("image").right("predicted").right("label").right("confidence");
        for (int i = 0; i < Math.min(SHOWN, labels.length); i++) {
            table.row("" + i, "" + predicted[i], "" + labels[i], Decimals.fixed(confidence[i], 3));
        }
        table.print(out);
        StringBuilder mistaken = new StringBuilder();
        for (int i = 0; i < labels.length; i++) {
            if (predicted[i] != labels[i]) {
                mistaken.append(mistaken.isEmpty() ? "mistaken: image " : ", ").append(i);
                mistaken.append(" (").append(labels[i]).append(" as ").append(predicted[i]).append(')');
            }
        }
        if (!mistaken.isEmpty()) {
            out.println(mistaken);
        }
    }
}
