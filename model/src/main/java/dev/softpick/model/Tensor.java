package dev.softpick.model;

import dev.softpick.kernels.layout.BlockSizes;
import java.util.Arrays;

/**
 * Floats with a shape, row-major, the last axis contiguous.
 *
 * {@snippet :
 * Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
 * float last = x.get(1, 2);                                     // 6
 * }
 *
 * <ul>
 * <li>The values are not copied: who holds the array can change the tensor. It is as thread-safe as its array.
 * <li>Sizes may be 0; a tensor of rank 0 has one element.
 * </ul>
 */
public final class Tensor {

    /** Most elements of a tensor: those of the longest array that every JVM allocates. */
    public static final int LARGEST_SIZE = BlockSizes.LARGEST_ARRAY;

    private final float[] values;
    private final int[] shape;

    private Tensor(float[] values, int[] shape) {
        this.values = values;
        this.shape = shape;
    }

    /**
     * A tensor over {@code values}, which it keeps.
     *
     * @param values the elements, row-major
     * @param shape the sizes
     * @return the tensor
     * @throws IllegalArgumentException if a size is negative, or the sizes' product is not the number of values
     */
    public static Tensor of(float[] values, int... shape) {
        if (values == null) {
            throw new IllegalArgumentException("values is null; give an array");
        }
        int size = size(shape);
        if (size != values.length) {
            throw new IllegalArgumentException("values has " + values.length + " elements; shape "
                    + Arrays.toString(shape) + " has " + size);
        }
        return new Tensor(values, shape.clone());
    }

    /**
     * A tensor of zeros.
     *
     * @param shape the sizes
     * @return the tensor
     * @throws IllegalArgumentException if a size is negative, or there are more elements than an array holds
     */
    public static Tensor zeros(int... shape) {
        return new Tensor(new float[size(shape)], shape.clone());
    }

    private static int size(int[] shape) {
        long size = 1;
        for (int n : shape) {
            if (n < 0) {
                throw new IllegalArgumentException(
                        "shape is " + Arrays.toString(shape) + "; every size must be 0 or more");
            }
            size *= n;
            if (size > LARGEST_SIZE) {
                throw new IllegalArgumentException("shape " + Arrays.toString(shape)
                        + " has too many elements; a tensor holds at most " + LARGEST_SIZE);
            }
        }
        return (int) size;
    }

    /** {@return the values themselves, not a copy} */
    public float[] values() {
        return values;
    }

    /** {@return the sizes, a copy} */
    public int[] shape() {
        return shape.clone();
    }

    /** {@return how many axes there are} */
    public int rank() {
        return shape.length;
    }

    /**
     * The size of an axis.
     *
     * @param axis counted from 0; negative axes count from the end
     * @return how many elements it has
     * @throws IllegalArgumentException if there is no such axis
     */
    public int size(int axis) {
        int i = axis < 0 ? axis + shape.length : axis;
        if (i < 0 || i >= shape.length) {
            throw new IllegalArgumentException(
                    "axis is " + axis + "; a tensor of rank " + shape.length + " has no such axis");
        }
        return shape[i];
    }

    /**
     * One element.
     *
     * @param index one number for each axis
     * @return the element there
     * @throws IllegalArgumentException if there are more or fewer numbers than axes
     * @throws IndexOutOfBoundsException if a number is outside its axis
     */
    public float get(int... index) {
        if (index.length != shape.length) {
            throw new IllegalArgumentException(
                    "index has " + index.length + " numbers; the tensor has rank " + shape.length);
        }
        int at = 0;
        for (int i = 0; i < shape.length; i++) {
            if (index[i] < 0 || index[i] >= shape[i]) {
                throw new IndexOutOfBoundsException(
                        "index " + Arrays.toString(index) + " lies outside shape " + Arrays.toString(shape));
            }
            at = at * shape[i] + index[i];
        }
        return values[at];
    }

/** {@return the shape, for instance {@code Tensor[2, 60, 64]}} */
    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
