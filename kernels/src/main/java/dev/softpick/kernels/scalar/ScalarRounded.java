package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.numerics.FusedMultiplyAdd;

/** Rounded weights become floats, element by element, from the panels that the vector kernels read. */
final class ScalarRounded {

    private ScalarRounded() {}

    /** Rows {@code from} to {@code from + rows − 1} of panel {@code p}, behind {@link Panels#LEAD}. */
    static void decode(BFloat16Panels w, int p, int from, int rows, float[] to) {
        int[] b = w.values();
        int at = w.offset(p);
        int lanes = w.lanes();
        int first = from * w.width();
        for (int i = 0; i < rows * w.width(); i += 2 * lanes) {
            int pair = at + w.place(first + i);
            for (int lane = 0; lane < lanes; lane++) {
                to[Panels.LEAD + i + lane] = Float.intBitsToFloat(b[pair + lane] << Short.SIZE);
                to[Panels.LEAD + i + lanes + lane] = Float.intBitsToFloat(b[pair + lane] & 0xffff0000);
            }
        }
    }

    /** The same of weights that have a scale, which the sums get at the end. */
    static void decode(Int8Panels w, int p, int from, int rows, float[] to) {
        byte[] b = w.values();
        int at = w.offset(p);
        int first = from * w.width();
        for (int i = 0; i < rows * w.width(); i++) {
            to[Panels.LEAD + i] = b[at + w.place(first + i)];
        }
    }

    /** {@code c = fma(c, scale, bias)} for the columns of panel {@code p} in {@code m} rows. */
    static void scale(Int8Panels w, int p, float[] c, int co, int ldc, int m) {
        int at = w.columnOffset(p);
        int columns = w.columns(p, p + 1);
        for (int row = 0; row < m; row++) {
            for (int j = 0; j < columns; j++) {
                c[co + row * ldc + j] = FusedMultiplyAdd.fma(
                        c[co + row * ldc + j], w.scale()[at + j], w.bias()[at + j]);
            }
        }
    }
}
