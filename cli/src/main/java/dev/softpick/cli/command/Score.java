package dev.softpick.cli.command;

import dev.softpick.cli.io.Labels;
import dev.softpick.cli.io.Pass;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.measure.R2;
import org.jspecify.annotations.Nullable;

/** How well a model's outputs meet their labels. */
abstract sealed class Score implements Pass.Sink {

    /** The result, as scripts read it, or null where there is none. */
    abstract @Nullable String line();

    /** What the reader should know about the result, or null. */
    abstract @Nullable String note();

    @Override
    public abstract void accept(int first, int count, float[] output, float[] logits);

    /** A score for these labels: accuracy for classes, R² for numbers; null where there are none. */
    static @Nullable Score of(@Nullable Labels labels, int outputs) {
        return switch (labels) {
            case null -> null;
            case Labels.Classes classes -> new Accuracy(classes.values(), outputs);
            case Labels.Numbers numbers when numbers.outputs() == outputs ->
                new Fit(numbers.values(), outputs);
            case Labels.Numbers numbers -> new None("the tensor label has " + numbers.outputs()
                    + " numbers for each sequence; the model has " + outputs + " outputs");
            case Labels.Unusable unusable -> new None(unusable.reason());
        };
    }

    /** Index of the largest output of a row, the first of equals, NaN never; -1 if all are NaN. */
    static int largest(float[] outputs, int from, int count) {
        int largest = -1;
        for (int i = 0; i < count; i++) {
            float value = outputs[from + i];
            if (!Float.isNaN(value) && (largest < 0 || value > outputs[from + largest])) {
                largest = i;
            }
        }
        return largest;
    }

    /** No score, and why. */
    static final class None extends Score {

        private final String reason;

        private None(String reason) {
            this.reason = reason;
        }

        @Override
        public void accept(int first, int count, float[] output, float[] logits) {}

        @Override
        @Nullable String line() {
            return null;
        }

        @Override
        String note() {
            return "no score: " + reason;
        }
    }

    /** The share of sequences whose largest output is that of their class. */
    static final class Accuracy extends Score {

        private final long[] labels;
        private final int outputs;
        private int seen;
        private int right;
        private int foreign;

        private Accuracy(long[] labels, int outputs) {
            this.labels = labels;
            this.outputs = outputs;
        }

        @Override
        public void accept(int first, int count, float[] output, float[] logits) {
            for (int i = 0; i < count; i++) {
                long label = labels[first + i];
                seen++;
                right += largest(logits, i * outputs, outputs) == label ? 1 : 0;
                foreign += label < 0 || label >= outputs ? 1 : 0;
            }
        }

        @Override
        String line() {
            return "accuracy " + Decimals.fixed((double) right / seen, 4) + " (" + right + " of " + seen + ")";
        }

        @Override
        @Nullable String note() {
            return foreign == 0 ? null : "the model has the classes 0 to " + (outputs - 1) + "; " + foreign + " of "
                    + seen + " labels are others, and count as wrong";
        }
    }

    /** R². */
    static final class Fit extends Score {

        private final R2 r2;

        private Fit(double[] labels, int outputs) {
            r2 = new R2(labels, outputs);
        }

        @Override
        public void accept(int first, int count, float[] output, float[] logits) {
            r2.add(first, count, logits);
        }

        @Override
        String line() {
            return "r2 " + Decimals.fixed(r2.value(), 4);
        }

        @Override
        @Nullable String note() {
            return Double.isFinite(r2.value()) ? null
                    : "r2 needs finite outputs, and labels that are finite and not all alike";
        }
    }
}
