package dev.softpick.kernels.scalar;

import dev.softpick.kernels.backend.Panels;

/**
 * Matrix products without vectors: the loops run along a panel's columns with four rows of B a step, a form that C2
 * vectorizes by itself. It reads the panels that the vector kernels read and adds in the same order.
 */
final class ScalarMatMul {

    private ScalarMatMul() {}

    static void multiply(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        for (int p = 0; p < w.count(); p++) {
            int columns = Math.min(w.width(), w.n() - p * w.width());
            for (int i = 0; i < m; i++) {
                int to = cOffset + i * ldc + p * w.width();
                System.arraycopy(w.bias(), w.biasOffset(p), c, to, columns);
                accumulate(a, aOffset + i * lda, w.values(), w.offset(p), w.width(), w.k(), c, to, columns);
            }
        }
    }

    static void multiplyGelu(float[] a, int aOffset, int lda, int m, Panels w, float[] c, int cOffset, int ldc) {
        multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        for (int i = 0; i < m; i++) {
            ScalarGelu.gelu(c, cOffset + i * ldc, c, cOffset + i * ldc, w.n());
        }
    }

    static void multiplyAdd(
            float[] a, int aOffset, int m, Panels w, float[] residual, int rOffset, float[] c, int cOffset) {
        multiply(a, aOffset, w.k(), m, w, c, cOffset, w.n());
        for (int i = 0; i < m * w.n(); i++) {
            c[cOffset + i] = residual[rOffset + i] + c[cOffset + i];
        }
    }

    /** {@code c_j = fma(a_i, b_ij, c_j)} for i = 0 … k−1 in this order; {@code ldb} floats from row to row of B. */
    static void accumulate(
            float[] a, int ao, float[] b, int bo, int ldb, int k, float[] c, int co, int columns) {
        int i = 0;
        for (; i + 4 <= k; i += 4) {
            step4(a[ao + i], a[ao + i + 1], a[ao + i + 2], a[ao + i + 3], b, bo + i * ldb, ldb, c, co, columns);
        }
        for (; i < k; i++) {
            float x = a[ao + i];
            int row = bo + i * ldb;
            for (int j = 0; j < columns; j++) {
                c[co + j] = Math.fma(x, b[row + j], c[co + j]);
            }
        }
    }

    private static void step4(
            float x0, float x1, float x2, float x3, float[] b, int bo, int ldb, float[] c, int co, int columns) {
        int b1 = bo + ldb;
        int b2 = b1 + ldb;
        int b3 = b2 + ldb;
        for (int j = 0; j < columns; j++) {
            float sum = Math.fma(x0, b[bo + j], c[co + j]);
            sum = Math.fma(x1, b[b1 + j], sum);
            sum = Math.fma(x2, b[b2 + j], sum);
            c[co + j] = Math.fma(x3, b[b3 + j], sum);
        }
    }
}
