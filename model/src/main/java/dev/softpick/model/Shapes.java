package dev.softpick.model;

import dev.softpick.kernels.layout.BlockSizes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The checks that layers make at their public door. */
final class Shapes {

    private Shapes() {}

    /** Number of rows of a tensor whose last axis has {@code width} elements. */
    static int rows(Tensor x, int width) {
        if (x.rank() == 0 || x.size(-1) != width) {
            throw new IllegalArgumentException("x has shape " + Arrays.toString(x.shape())
                    + "; the last axis must have " + width + " elements");
        }
        return x.values().length / width;
    }

    /** The sizes of a {@code [batch, steps, width]} tensor are positive and the last is {@code width}. */
    static void sequence(Tensor x, int width) {
        if (x.rank() != 3 || x.size(0) < 1 || x.size(1) < 1 || x.size(2) != width) {
            throw new IllegalArgumentException("x has shape " + Arrays.toString(x.shape())
                    + "; allowed is [batch, steps, " + width + "] with batch and steps 1 or more");
        }
    }

    /** The shape of x with another last axis. */
    static int[] withLast(Tensor x, int width) {
        int[] shape = x.shape();
        shape[shape.length - 1] = width;
        return shape;
    }

    /** An array that the caller fills has what is needed. */
    static void input(String name, float[] values, long needed) {
        if (values == null || values.length < needed) {
            throw new IllegalArgumentException(name + " has " + (values == null ? "no" : "" + values.length)
                    + " elements; " + needed + " are needed");
        }
    }

    /** An array to write to has what is needed, and is not the input. */
    static void output(float[] output, long needed, float @Nullable [] input) {
        input("output", output, needed);
        if (output == input) {
            throw new IllegalArgumentException("output is the input array; give another one");
        }
    }

    /** A parameter has as many values as its sizes say. */
    static void parameter(String name, float[] values, int... shape) {
        long size = 1;
        for (int n : shape) {
            if (n < 1) {
                throw new IllegalArgumentException(
                        name + " has shape " + Arrays.toString(shape) + "; every size must be 1 or more");
            }
            size *= n;
        }
        if (values == null || values.length != size) {
            throw new IllegalArgumentException(name + " has " + (values == null ? "no" : "" + values.length)
                    + " values; allowed are " + size + " for shape " + Arrays.toString(shape));
        }
    }

    /** The arrays of a batch have what is needed and are not the same. */
    static void batch(
            int embedDim, float[] input, int batch, int steps, float[] output, long outputLength) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch is " + batch + "; allowed is 1 or more");
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps is " + steps + "; allowed is 1 or more");
        }
        long rows = (long) batch * steps;
        if (rows > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("batch " + batch + " × steps " + steps + " is " + rows
                    + "; allowed is at most " + Integer.MAX_VALUE);
        }
        long inputLength = rows * embedDim;
        if (input == null || input.length < inputLength) {
            throw new IllegalArgumentException("input has " + (input == null ? "no" : "" + input.length)
                    + " elements; batch " + batch + " × steps " + steps + " × embedDim " + embedDim
                    + " needs " + inputLength);
        }
        if (output == null || output.length < outputLength) {
            throw new IllegalArgumentException("output has " + (output == null ? "no" : "" + output.length)
                    + " elements; " + outputLength + " are needed");
        }
        if (input == output) {
            throw new IllegalArgumentException("output is the input array; give another one");
        }
    }

    /** Each sequence has a length that its steps hold. */
    static void lengths(int[] lengths, int batch, int steps) {
        if (lengths == null || lengths.length < batch) {
            throw new IllegalArgumentException("lengths has " + (lengths == null ? "no" : "" + lengths.length)
                    + " elements; batch " + batch + " needs as many");
        }
        for (int i = 0; i < batch; i++) {
            if (lengths[i] < 1 || lengths[i] > steps) {
                throw new IllegalArgumentException(
                        "lengths[" + i + "] is " + lengths[i] + "; allowed is 1 to steps " + steps);
            }
        }
    }

    /** A session of a model with these options can have the window. */
    static void session(SoftpickConfig config, Window window) {
        if (window == null) {
            throw new IllegalArgumentException("window is null; allowed are EXACT, SLIDING, UNBOUNDED");
        }
        if (config.outputMode() == OutputMode.MEAN_POOL) {
            throw new IllegalStateException(
                    "the model's output mode is mean_pool; sessions answer for one position, last_timestep or all");
        }
        long floats = 3L * config.windowSize() * Math.max(config.hiddenSize(), config.embedDim());
        if (window == Window.EXACT && floats > BlockSizes.LARGEST_ARRAY) {
            throw new IllegalArgumentException("windowSize " + config.windowSize() + " needs " + floats
                    + " floats in an exact session; an array holds at most " + BlockSizes.LARGEST_ARRAY);
        }
    }

    /** A series and the answers to each of its windows. */
    static void series(SoftpickConfig config, float[] series, int steps, float[] output) {
        session(config, Window.EXACT);
        int window = config.windowSize();
        if (steps < window) {
            throw new IllegalArgumentException(
                    "steps is " + steps + "; allowed is windowSize, " + window + ", or more");
        }
        input("series", series, (long) steps * config.embedDim());
        output(output, (long) (steps - window + 1) * config.hiddenSize(), series);
    }
}
