package dev.softpick.kernels.scalar;

/** Division in loops that C2 vectorizes by itself. */
public final class ScalarDivide {

    private ScalarDivide() {}

    public static void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = x[xOffset + i] / divisor;
        }
    }

    public static void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = x[xOffset + i] / y[yOffset + i];
        }
    }
}
