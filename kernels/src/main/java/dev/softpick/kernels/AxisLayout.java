package dev.softpick.kernels;

/**
 * A row-major tensor seen from one of its axes: {@code outer} blocks of {@code length} rows of {@code inner} elements.
 * The axis is contiguous where {@code inner} is 1. A tensor without elements has no blocks.
 */
record AxisLayout(int outer, int length, int inner) {

    /** Checks the shape, the axis (negative ones count from the end) and both arrays. */
    static AxisLayout of(float[] x, int[] shape, int axis, float[] out) {
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
        return new AxisLayout(size == 0 ? 0 : (int) outer, shape[i], (int) inner);
    }
}
