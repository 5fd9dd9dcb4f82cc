package dev.softpick.kernels.scalar;

import static dev.softpick.kernels.layout.ColumnStrip.COLUMNS;

import dev.softpick.kernels.layout.ColumnStrip;
import java.util.Arrays;

/** The first and the last pass of the normalizers with an exponential. Columns go by strips of up to 64. */
final class ScalarPasses {

    private ScalarPasses() {}

    /** The largest of {@code sign·x}, NaN left out; −∞ for none. */
    static float largest(float[] x, int offset, int length, float sign) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            float value = x[offset + i] * sign;
            largest = value > largest ? value : largest;
        }
        return largest;
    }

    /** The same for each column of a strip, into its peaks. */
    static void largest(float[] x, int offset, int length, int columns, int width, float sign, ColumnStrip strip) {
        float[] peaks = strip.peaks;
        Arrays.fill(peaks, 0, COLUMNS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < length; i++) {
            int at = offset + i * columns;
            for (int c = 0; c < width; c++) {
                float value = x[at + c] * sign;
                peaks[c] = value > peaks[c] ? value : peaks[c];
            }
        }
    }

    /** {@code x = max(x, 0)·share}; all NaN where the share is. */
    static void share(float[] x, int offset, int length, float share) {
        for (int i = 0; i < length; i++) {
            float value = x[offset + i];
            x[offset + i] = (value > 0f ? value : 0f) * share;
        }
    }

    /** The same for each column of a strip with its own share. */
    static void share(float[] x, int offset, int length, int columns, int width, ColumnStrip strip) {
        for (int i = 0; i < length; i++) {
            int at = offset + i * columns;
            for (int c = 0; c < width; c++) {
                float value = x[at + c];
                x[at + c] = (value > 0f ? value : 0f) * strip.shares[c];
            }
        }
    }
}
