package dev.softpick.model.weights;

/**
 * A parameter of a model: its name, its shape, its place.
 *
 * @param name in Edifice's files, for instance {@code softpick_block_1_ffn_up.kernel}
 * @param shape {@code [in, out]} of a kernel, {@code [size]} of a vector, {@code []} of a scale
 * @param part that it belongs to
 * @param block of the part, from 1; 0 outside blocks
 * @param isFirst whether it is the first of its part: kernel or gamma, not bias or beta
 */
public record Parameter(String name, int[] shape, Part part, int block, boolean isFirst) {

    /** Number of values. */
    public int size() {
        int size = 1;
        for (int n : shape) {
            size = Math.multiplyExact(size, n);
        }
        return size;
    }

    /** Whether it is a kernel that is rounded where a model's format is not float. */
    public boolean isRounded() {
        return isFirst && part.isRounded();
    }

    /** The name of the scale of each column, where it is a kernel of int8. */
    public String scaleName() {
        return name + "_scale";
    }

    /** Whether it is the kernel of a matrix. */
    public boolean isKernel() {
        return part.form() == Part.Form.MATRIX && isFirst;
    }
}
