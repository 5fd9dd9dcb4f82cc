package dev.softpick.model.weights;

/**
 * How kernels are rounded, {@link dev.softpick.model.WeightFormat} says to what. A kernel is dense and row-major,
 * {@code [in, out]}.
 */
public final class Rounding {

    /** The largest magnitude of a rounded weight; −128 would make the range lopsided. */
    static final int MOST = 127;

    private static final int HALF_BITS = 16;
    private static final int QUIET_NAN = 0x40;

    private Rounding() {}

    /** Bytes and the scale of each column: {@code w = q · s}. */
    public record Int8(byte[] values, float[] scale) {}

    /** The nearest bfloat16, of two the one whose last bit is 0; NaN stays NaN. */
    public static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> HALF_BITS | QUIET_NAN);
        }
        int lowest = bits >>> HALF_BITS & 1;
        return (short) (bits + 0x7fff + lowest >>> HALF_BITS);
    }

    /** What a bfloat16 means. */
    public static float widened(short bits) {
        return Float.intBitsToFloat(bits << HALF_BITS);
    }

    /**
     * A kernel in bfloat16.
     *
     * @throws IllegalArgumentException if a finite weight is beyond what bfloat16 holds
     */
    static short[] bfloat16(Parameter kernel, float[] values) {
        short[] rounded = new short[kernel.size()];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = bfloat16(values[i]);
            if (Float.isInfinite(widened(rounded[i])) && !Float.isInfinite(values[i])) {
                throw new IllegalArgumentException("tensor '" + kernel.name() + "' has " + values[i] + " at index " + i
                        + ", which would round to infinity; bfloat16 holds up to 3.39e38");
            }
        }
        return rounded;
    }

    /**
     * A kernel in int8.
     *
     * @throws IllegalArgumentException if a weight is not finite
     */
    static Int8 int8(Parameter kernel, float[] values) {
        int columns = kernel.shape()[1];
        float[] scale = new float[columns];
        for (int i = 0, size = kernel.size(); i < size; i += columns) {
            for (int j = 0; j < columns; j++) {
                // a NaN stays the maximum
                scale[j] = Math.max(scale[j], Math.abs(values[i + j]));
            }
        }
        double[] divisor = new double[columns];
        for (int j = 0; j < columns; j++) {
            if (!Float.isFinite(scale[j])) {
                throw new IllegalArgumentException("tensor '" + kernel.name() + "' has " + scale[j] + " in column " + j
                        + "; int8 has no scale for weights that are not finite");
            }
            scale[j] /= MOST;
            divisor[j] = scale[j];
        }
        byte[] rounded = new byte[kernel.size()];
        for (int i = 0; i < rounded.length; i += columns) {
            for (int j = 0; j < columns; j++) {
                if (divisor[j] != 0) {
                    rounded[i + j] = (byte) Math.clamp(Math.rint(values[i + j] / divisor[j]), -MOST, MOST);
                }
            }
        }
        return new Int8(rounded, scale);
    }

    /** The float kernel that this one means: each weight {@code q · s}, rounded to float. */
    static float[] widened(Int8 kernel) {
        float[] values = new float[kernel.values.length];
        int columns = kernel.scale.length;
        for (int i = 0; i < values.length; i++) {
            values[i] = kernel.values[i] * kernel.scale[i % columns];
        }
        return values;
    }

    /** The float kernel that this one means, exactly. */
    static float[] widened(short[] kernel) {
        float[] values = new float[kernel.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = widened(kernel[i]);
        }
        return values;
    }
}
