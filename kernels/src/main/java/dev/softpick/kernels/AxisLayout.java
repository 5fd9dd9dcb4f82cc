package dev.softpick.kernels;

/**
 * A row-major tensor seen from one of its axes: {@link #outer} blocks of {@code shape[i]} rows of {@link #inner}
 * elements. The axis is contiguous where {@code inner} is 1. A tensor without elements has no blocks. Plain ints, for
 * an object would be the one thing that a call allocates.
 */
final class AxisLayout {

    private AxisLayout() {}

    /** Checks the shape, the axis (negative ones count from the end) and both arrays; returns the axis from 0. */
    static int checked(float[] x, int[] shape, int axis, float[] out) {
        Arguments.notNull("shape", shape);
        int i = axis < 0 ? axis + shape.length : axis;
        if (i < 0 || i >= shape.length) {
            throw new IllegalArgumentException(
                    "given axis (" + axis + ") invalid for shape with rank " + shape.length + ": shape "
                            + Arguments.text(shape));
        }
        long outer = 1;
        long inner = 1;
        long size = 1;
        for (int j = 0; j < shape.length; j++) {
            if (shape[j] < 0) {
                throw new IllegalArgumentException(
                        "shape is " + Arguments.text(shape) + "; every size must be 0 or more");
            }
            outer *= j < i ? shape[j] : 1;
            inner *= j > i ? shape[j] : 1;
            size *= shape[j];
            if (size > Integer.MAX_VALUE || outer > Integer.MAX_VALUE || inner > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "shape " + Arguments.text(shape) + " has more elements than an array holds");
            }
        }
        Arguments.length("x", x, size);
        Arguments.length("out", out, size);
        return i;
    }

    /** Blocks: the product of the sizes before axis {@code i}; 0 where any size is. */
    static int outer(int[] shape, int i) {
        int outer = shape[i] == 0 || inner(shape, i) == 0 ? 0 : 1;
        for (int j = 0; j < i; j++) {
            outer *= shape[j];
        }
        return outer;
    }

    /** Elements of a row: the product of the sizes behind axis {@code i}. */
    static int inner(int[] shape, int i) {
        int inner = 1;
        for (int j = i + 1; j < shape.length; j++) {
            inner *= shape[j];
        }
        return inner;
    }
}
