package dev.softpick.kernels.scalar;

import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.numerics.FusedMultiplyAdd;

/**
 * Matrix products without vectors, on the panels that the vector kernels read and in the same order of adding: the
 * loops around {@link ScalarTile}.
 */
final class ScalarMatMul {

    private ScalarMatMul() {}

    @SuppressWarnings("NullAway") // all weights but floats have buffers
    static void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        float[] b = w instanceof Panels panels ? panels.values() : w.buffers().take();
        int width = w.width();
        int depth = w instanceof Panels ? w.k() : BlockSizes.DEPTH;
        for (int p = 0; p < w.count(); p++) {
            int to = cOffset + p * width;
            int columns = w.columns(p, p + 1);
            start(w, p, m, c, to, ldc);
            for (int k = 0; k < w.k(); k += depth) {
                int ks = Math.min(depth, w.k() - k);
                int bo = part(w, p, k, ks, b);
                int from = aOffset + k;
                int i = 0;
                for (; FusedMultiplyAdd.HARDWARE && i + ScalarTile.ROWS <= m; i += ScalarTile.ROWS) {
                    ScalarTile.twoRows(a, from + i * lda, lda, b, bo, width, ks, c, to + i * ldc, ldc, columns);
                }
                for (; i < m; i++) {
                    ScalarTile.accumulate(a, from + i * lda, b, bo, width, ks, c, to + i * ldc, columns);
                }
            }
            if (w instanceof Int8Panels rounded) {
                ScalarRounded.scale(rounded, p, c, to, ldc, m);
            }
        }
        if (!(w instanceof Panels)) {
            w.buffers().giveBack(b);
        }
    }

    /** Where the sums of panel {@code p} begin. */
    private static void start(Weights w, int p, int m, float[] c, int co, int ldc) {
        int columns = w.columns(p, p + 1);
        for (int i = 0; i < m; i++) {
            System.arraycopy(w.initial(), w.initialOffset(p), c, co + i * ldc, columns);
        }
    }

    /** Where so many rows of a panel, {@code from} the first, stand in {@code b}, to which they may be decoded. */
    private static int part(Weights w, int p, int from, int rows, float[] b) {
        // A switch on types is linked at run time, which takes a cold JVM 25 ms.
        if (w instanceof Panels panels) {
            return panels.offset(p) + from * panels.width();
        }
        if (w instanceof Int8Panels rounded) {
            ScalarRounded.decode(rounded, p, from, rows, b);
        } else {
            ScalarRounded.decode((BFloat16Panels) w, p, from, rows, b);
        }
        return Panels.LEAD;
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        for (int i = 0; i < m; i++) {
            ScalarGelu.gelu(c, cOffset + i * ldc, c, cOffset + i * ldc, w.n());
        }
    }

    static void multiplyAdd(
            float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
        multiply(a, aOffset, w.k(), m, w, c, cOffset, w.n());
        ScalarPasses.add(residual, rOffset, c, cOffset, m * w.n());
    }
}
