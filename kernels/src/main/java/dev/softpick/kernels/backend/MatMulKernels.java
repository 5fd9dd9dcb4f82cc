package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.Weights;

/**
 * Products with a packed matrix. {@code a} is {@code [m, w.k]} with {@code lda} floats from row to row, {@code c} is
 * {@code [m, w.n]} with {@code ldc}, and must not overlap {@code a}.
 */
public interface MatMulKernels {

    /** {@code c = a · w + bias}. */
    void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc);

    /** {@code c = gelu(a · w + bias)}. */
    void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc);

    /**
     * {@code c = residual + (a · w + bias)}, the residual added last. The rows of all three are dense: {@code w.k}
     * floats in {@code a}, {@code w.n} in the others. {@code c} and {@code residual} must not overlap.
     */
    void multiplyAdd(float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset);
}
