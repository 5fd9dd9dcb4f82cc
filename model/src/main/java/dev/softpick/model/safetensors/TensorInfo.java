package dev.softpick.model.safetensors;

import java.util.List;

/**
 * What a file's header says of a tensor; checked against the file.
 *
 * @param name of the tensor
 * @param dtype of its elements
 * @param shape sizes, the last axis contiguous; empty for a scalar
 * @param begin first byte in the data section
 * @param end byte behind the last
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long begin, long end) {

    /** Keeps a copy of the shape. */
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** {@return number of elements} */
    public long elements() {
        return (end - begin) * 8 / dtype.bits();
    }

    /**
     * Whether the shape is this one.
     *
     * @param sizes the expected ones
     * @return whether it has
     */
    public boolean hasShape(int... sizes) {
        if (sizes.length != shape.size()) {
            return false;
        }
        for (int i = 0; i < sizes.length; i++) {
            if (shape.get(i) != sizes[i]) {
                return false;
            }
        }
        return true;
    }
}
