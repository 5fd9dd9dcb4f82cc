package dev.softpick.cli.io;

import dev.softpick.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The sizes of an input.
 *
 * @param batch sequences
 * @param steps frames in each
 * @param embed floats in a frame
 */
public record BatchShape(int batch, int steps, int embed) {

    /** The longest array that every JVM can make. */
    static final int LONGEST_ARRAY = Tensor.LARGEST_SIZE;

    /**
     * The sizes of an array with two or three axes: {@code [steps, embed]} is a batch of one.
     *
     * @throws IOException naming the file, if it has another number of axes, an empty one, or one that is too long
     */
    static BatchShape of(Path file, long[] shape) throws IOException {
        int rank = shape.length;
        if (rank != 2 && rank != 3) {
            throw new IOException(file + ": the input has shape " + Arrays.toString(shape)
                    + "; allowed are [batch, steps, embed] and [steps, embed]");
        }
        for (long n : shape) {
            if (n < 1 || n > Integer.MAX_VALUE) {
                throw new IOException(file + ": the input has shape " + Arrays.toString(shape)
                        + "; each size must be from 1 to " + Integer.MAX_VALUE);
            }
        }
        long sequence = shape[rank - 2] * shape[rank - 1];
        if (sequence > LONGEST_ARRAY) {
            throw new IOException(file + ": a sequence of shape [" + shape[rank - 2] + ", " + shape[rank - 1]
                    + "] has too many values; at most " + LONGEST_ARRAY + " fit in memory together");
        }
        return new BatchShape(rank == 3 ? (int) shape[0] : 1, (int) shape[rank - 2], (int) shape[rank - 1]);
    }

    /** Floats in a sequence. */
    public int sequence() {
        return steps * embed;
    }

    @Override
    public String toString() {
        return "[" + batch + ", " + steps + ", " + embed + "]";
    }
}
