package dev.softpick.cli.command;

import dev.softpick.cli.io.BatchShape;
import dev.softpick.cli.io.Labels;
import dev.softpick.cli.io.Pass;
import dev.softpick.cli.io.Sequences;
import dev.softpick.cli.terminal.Progress;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What rounded weights change in a model's answers to an input, which is read in pieces. */
final class RoundingCost {

    private final SoftpickTransformer exact;
    private final SoftpickTransformer rounded;
    private final Sequences input;
    private final @Nullable Scores scores;
    private double worst;
    private double squares;
    private long values;

    /** How well the model as it was meets the labels, and how well the rounded one does. */
    record Scores(Score before, Score after) {}

    /** @throws IOException if the input does not fit the model; names the file */
    RoundingCost(SoftpickTransformer exact, SoftpickTransformer rounded, Sequences input) throws IOException {
        this.exact = exact;
        this.rounded = rounded;
        this.input = input;
        Pass.requireFit(exact, input);
        scores = exact.hasClassifier() ? scores(input.labels(), exact.classes()) : null;
    }

    private static @Nullable Scores scores(@Nullable Labels labels, int outputs) {
        Score before = Score.of(labels, outputs);
        Score after = Score.of(labels, outputs);
        return before == null || after == null ? null : new Scores(before, after);
    }

    /** Sends the input through both models. */
    void measure(Progress progress) throws IOException {
        BatchShape shape = input.shape();
        progress.phase("sequences", shape.batch());
        int perSequence = exact.outputSize() * (exact.config().outputMode() == OutputMode.ALL ? shape.steps() : 1);
        int piece = Pass.piece(shape, perSequence, exact.parallelism());
        float[] in = new float[piece * shape.sequence()];
        float[] y = new float[piece * perSequence];
        float[] z = new float[piece * perSequence];
        float[] logits = new float[scores == null ? 0 : piece * exact.classes()];
        for (int first = 0; first < shape.batch(); first += piece) {
            int count = Math.min(piece, shape.batch() - first);
            input.read(first, count, in);
            exact.forward(in, count, shape.steps(), y);
            rounded.forward(in, count, shape.steps(), z);
            for (int i = 0; i < count * perSequence; i++) {
                double difference = Math.abs((double) z[i] - y[i]);
                worst = Math.max(worst, difference);
                squares += difference * difference;
            }
            values += (long) count * perSequence;
            if (scores != null) {
                exact.logits(in, count, shape.steps(), logits);
                scores.before.accept(first, count, y, logits);
                rounded.logits(in, count, shape.steps(), logits);
                scores.after.accept(first, count, z, logits);
            }
            progress.done(first + count);
        }
    }

    /** The largest difference of two hidden values; NaN where one is. */
    double worst() {
        return worst;
    }

    /** The root of the mean square of the differences. */
    double rootMeanSquare() {
        return Math.sqrt(squares / values);
    }

    /** How well both meet the labels, null without any. */
    @Nullable Scores scores() {
        return scores;
    }

    /** Sequences of the input. */
    int sequences() {
        return input.shape().batch();
    }
}
