package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Progress;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.util.List;

/** Sends a batch through a model, in pieces: neither the input nor the output needs to fit the memory as a whole. */
public final class Pass {

    /** Takes what comes out, piece after piece. */
    public interface Sink {

        /**
         * The outputs of {@code count} sequences from {@code first} on.
         *
         * @param output in the pass's form, from index 0
         * @param logits {@code [count, classes]}, or empty where nobody wants them; may be {@code output} itself
         */
        void accept(int first, int count, float[] output, float[] logits) throws IOException;
    }

    /**
     * Floats of a piece's input or output for each thread: many groups of sequences for the model, a fraction of a
     * second of work, and half a megabyte.
     */
    private static final int PIECE = 1 << 17;

    private final SoftpickTransformer model;
    private final Sequences input;
    private final boolean writesLogits;
    private final int[] outputShape;
    private long nanos;

    /**
     * A pass over all of {@code input}.
     *
     * @param hidden whether hidden states are wanted even where the model could give logits
     * @throws IOException if the input does not fit the model; names the file
     */
    public Pass(SoftpickTransformer model, Sequences input, boolean hidden) throws IOException {
        this.model = model;
        this.input = input;
        OutputMode mode = model.config().outputMode();
        writesLogits = mode == OutputMode.LAST_TIMESTEP && model.hasClassifier() && !hidden;
        requireFit(model, input);
        BatchShape shape = input.shape();
        int width = writesLogits ? model.classes() : model.outputSize();
        outputShape = mode == OutputMode.ALL
                ? new int[] {shape.batch(), shape.steps(), width}
                : new int[] {shape.batch(), width};
        if (valuesPerSequence() > BatchShape.LONGEST_ARRAY) {
            throw new IOException(input.name() + ": " + shape.steps() + " hidden states of " + width
                    + " floats are too many for one array; --output-mode last or mean needs less");
        }
    }

    /** That the frames are as long as the model's; names the file. */
    public static void requireFit(SoftpickTransformer model, Sequences input) throws IOException {
        int embed = model.config().embedDim();
        if (input.shape().embed() != embed) {
            throw new IOException(input.name() + ": the input has shape " + input.shape()
                    + "; the model takes [batch, steps, " + embed + "]");
        }
    }

    /** How many sequences make a piece that has work for so many threads. */
    public static int piece(BatchShape shape, int outputs, int threads) {
        int largest = Math.max(shape.sequence(), outputs);
        return (int) Math.min(shape.batch(), Math.max(1, (long) PIECE * threads / largest));
    }

    /** Shape of the whole output. */
    public int[] outputShape() {
        return outputShape;
    }

    /** Whether the outputs are logits, or else hidden states. */
    public boolean writesLogits() {
        return writesLogits;
    }

    private long valuesPerSequence() {
        long values = 1;
        for (int axis = 1; axis < outputShape.length; axis++) {
            values *= outputShape[axis];
        }
        return values;
    }

    /**
     * Runs the pass.
     *
     * @param threads that the model uses; a piece has work for each
     * @param scored whether logits are wanted besides other outputs
     */
    public void run(int threads, boolean scored, Progress progress, List<Sink> sinks) throws IOException {
        BatchShape shape = input.shape();
        progress.phase("sequences", shape.batch());
        int perSequence = (int) valuesPerSequence();
        int piece = piece(shape, perSequence, threads);
        float[] in = new float[piece * shape.sequence()];
        float[] out = new float[piece * perSequence];
        float[] logits = writesLogits ? out : new float[scored ? piece * model.classes() : 0];
        for (int first = 0; first < shape.batch(); first += piece) {
            int count = Math.min(piece, shape.batch() - first);
            input.read(first, count, in);
            long start = System.nanoTime();
            if (!writesLogits) {
                model.forward(in, count, shape.steps(), out);
            }
            if (writesLogits || scored) {
                model.logits(in, count, shape.steps(), logits);
            }
            nanos += System.nanoTime() - start;
            for (Sink sink : sinks) {
                sink.accept(first, count, out, logits);
            }
            progress.done(first + count);
        }
    }

    /** Seconds that the model took, without reading and writing. */
    public double seconds() {
        return nanos / 1e9;
    }
}
