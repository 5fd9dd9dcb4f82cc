package dev.softpick.model;

import dev.softpick.model.forward.BandedPass;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.stream.StepPass;
import dev.softpick.model.weights.ModelWeights;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * What a model computes of sequences that are there as a whole; a {@link StreamingSession} takes them frame by frame.
 */
abstract sealed class SequenceModel extends DescribedModel permits SoftpickTransformer {

    private final ForwardPass pass;
    private final BandedPass banded;
    private final StepPass steps;

    SequenceModel(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {
        super(config, weights, metadata);
        pass = new ForwardPass(config, weights);
        RowPass rows = new RowPass(config, weights);
        banded = new BandedPass(rows);
        steps = new StepPass(rows, pass);
    }

    /** The same model, whose calls of several sequences spread over {@code members} threads. */
    SequenceModel(SequenceModel other, int members, Executor executor) {
        super(other.config(), other.weights(), other.metadata());
        pass = other.pass.withMembers(members, executor);
        banded = other.banded;
        steps = other.steps;
    }

    /**
     * The hidden state.
     *
     * @param x {@code [batch, steps, embedDim]}
     * @return {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor forward(Tensor x) {
        Shapes.sequence(x, config().embedDim());
        Tensor y = newOutput(x.size(0), x.size(1));
        pass.run(x.values(), x.size(0), x.size(1), null, y.values(), ForwardPass.result(config().outputMode()));
        return y;
    }

    /**
     * The hidden state, into the caller's array.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param batch number of sequences
     * @param steps of each
     * @param output {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if batch or steps is below 1 or an array is too short; nothing is written then
     */
    public void forward(float[] input, int batch, int steps, float[] output) {
        Shapes.batch(config().embedDim(), input, batch, steps, output, outputLength(batch, steps));
        pass.run(input, batch, steps, null, output, ForwardPass.result(config().outputMode()));
    }

    /**
     * The hidden state of sequences of different lengths: each ends at its own, and nothing behind it is read. The bits
     * are those of that sequence alone.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param batch number of sequences
     * @param steps from one sequence to the next
     * @param lengths for each sequence how many of its steps count, 1 to {@code steps}
     * @param output {@code [batch, hiddenSize]}, the last step that counts; with {@link OutputMode#ALL}
     *     {@code [batch, steps, hiddenSize]}, zeros behind each length
     * @throws IllegalArgumentException if a length is out of range, batch or steps is below 1, or an array is too
     *     short; nothing is written then
     */
    public void forward(float[] input, int batch, int steps, int[] lengths, float[] output) {
        Shapes.batch(config().embedDim(), input, batch, steps, output, outputLength(batch, steps));
        Shapes.lengths(lengths, batch, steps);
        pass.run(input, batch, steps, lengths, output, ForwardPass.result(config().outputMode()));
    }

    /**
     * The hidden state under a banded mask: in every layer, position t attends to the last {@code windowSize} positions
     * only, {@code max(0, t − windowSize + 1) … t}, SSMax counting as many. So a position depends on
     * {@code layers · (windowSize − 1) + 1} frames.
     *
     * <p>Up to {@code windowSize} steps this is {@link #forward(float[], int, int, float[])}; the bits are the same
     * too, but with softpick only up to windows of a chunk, 192 · ⌈headSize / 96⌉: beyond, {@code forward} adds
     * its numerator through a running state, and a band adds it key by key from the first visible one. For long
     * sequences and {@link Window#SLIDING} sessions, which give the same bits. Stays on the caller's thread.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param batch number of sequences
     * @param steps of each
     * @param output {@code [batch, hiddenSize]}, or {@code [batch, steps, hiddenSize]} with {@link OutputMode#ALL}
     * @throws IllegalArgumentException if batch or steps is below 1 or an array is too short; nothing is written then
     */
    public void forwardBanded(float[] input, int batch, int steps, float[] output) {
        Shapes.batch(config().embedDim(), input, batch, steps, output, outputLength(batch, steps));
        banded.run(input, batch, steps, output);
    }

    /**
     * The hidden state under a banded mask, {@link #forwardBanded(float[], int, int, float[])}.
     *
     * @param x {@code [batch, steps, embedDim]}
     * @return as from {@link #forward(Tensor)}
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor forwardBanded(Tensor x) {
        Shapes.sequence(x, config().embedDim());
        Tensor y = newOutput(x.size(0), x.size(1));
        banded.run(x.values(), x.size(0), x.size(1), y.values());
        return y;
    }

    /**
     * The hidden state of every window of a long series: {@code output_i = forward(x_i … x_{i + windowSize − 1})},
     * with its bits. What windows share, which is input projection, first norm and first queries, keys and values, is
     * computed once. Stays on the caller's thread; a call allocates what one {@link Window#EXACT} session keeps.
     *
     * @param series {@code [steps, embedDim]}, from index 0
     * @param steps frames of the series
     * @param output {@code [steps − windowSize + 1, hiddenSize]}: the last position of each window, in all output
     *     modes that sessions have
     * @throws IllegalArgumentException if steps is below windowSize or an array is too short; nothing is written then
     * @throws IllegalStateException if the output mode is {@code mean_pool}
     */
    public void forwardWindows(float[] series, int steps, float[] output) {
        Shapes.series(config(), series, steps, output);
        this.steps.series(series, steps, output);
    }

    /**
     * What the classifier head makes of sequences of different lengths.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param batch number of sequences
     * @param steps from one sequence to the next
     * @param lengths for each sequence how many of its steps count, 1 to {@code steps}
     * @param output {@code [batch, classes]}
     * @throws IllegalStateException if the model has no head
     */
    public void logits(float[] input, int batch, int steps, int[] lengths, float[] output) {
        Shapes.batch(config().embedDim(), input, batch, steps, output, (long) batch * requireClassifier().n());
        Shapes.lengths(lengths, batch, steps);
        pass.run(input, batch, steps, lengths, output, ForwardPass.Result.LOGITS);
    }

    /**
     * What the classifier head makes of the hidden state at the last position: {@code h · W + b}.
     *
     * @param x {@code [batch, steps, embedDim]}
     * @return {@code [batch, classes]}
     * @throws IllegalStateException if the model has no head
     */
    public Tensor logits(Tensor x) {
        Shapes.sequence(x, config().embedDim());
        Tensor y = Tensor.zeros(x.size(0), requireClassifier().n());
        pass.run(x.values(), x.size(0), x.size(1), null, y.values(), ForwardPass.Result.LOGITS);
        return y;
    }

    /**
     * What the classifier head makes of the hidden state at the last position, into the caller's array.
     *
     * @param input {@code [batch, steps, embedDim]}, from index 0
     * @param batch number of sequences
     * @param steps of each
     * @param output {@code [batch, classes]}
     * @throws IllegalStateException if the model has no head
     */
    public void logits(float[] input, int batch, int steps, float[] output) {
        Shapes.batch(config().embedDim(), input, batch, steps, output, (long) batch * requireClassifier().n());
        pass.run(input, batch, steps, null, output, ForwardPass.Result.LOGITS);
    }

    private Tensor newOutput(int batch, int steps) {
        return config().outputMode() == OutputMode.ALL
                ? Tensor.zeros(batch, steps, outputSize())
                : Tensor.zeros(batch, outputSize());
    }

    private long outputLength(int batch, int steps) {
        return (config().outputMode() == OutputMode.ALL ? (long) batch * steps : batch) * outputSize();
    }

    ForwardPass pass() {
        return pass;
    }

    StepPass steps() {
        return steps;
    }
}
