package dev.softpick.model;

import java.util.Arrays;

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
    static void output(float[] output, long needed, float[] input) {
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
}
