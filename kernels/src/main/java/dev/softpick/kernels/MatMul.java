package dev.softpick.kernels;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;

/**
 * Products with a packed matrix: {@code out[i, j] = bias[j] + Σ_k a[i, k] · w[k, j]}.
 *
 * <p>{@code a} is row-major {@code [m, w.rows()]}, {@code out} is row-major {@code [m, w.columns()]}; a leading
 * dimension ({@code lda}, {@code ldc}) is the distance between rows in elements. Arrays may be longer than needed; what
 * lies between and behind the rows is not touched. {@code out} must not overlap {@code a}.
 *
 * <p>Each element starts at its bias (+0 without one) and adds its products in order of k with fused multiply-add, so
 * the same numbers give the same bits on every machine and width, wherever they stand. Within
 * {@code (K + 1)·2⁻²⁴·(|bias| + Σ|a·w|)} of the exact value; overflow, infinities and NaN follow IEEE 754.
 *
 * <p>Thread-safe; allocates nothing.
 */
public final class MatMul {

    private MatMul() {}

    /**
     * {@code out = a · w + bias} for dense rows from index 0.
     *
     * @throws IllegalArgumentException if {@code m} is negative or an array is too short
     */
    public static void multiply(float[] a, int m, PackedMatrix w, float[] out) {
        Arguments.notNull("w", w);
        multiply(a, 0, w.rows(), m, w, out, 0, w.columns());
    }

    /**
     * {@code out = a · w + bias}.
     *
     * @throws IllegalArgumentException if a size or offset is negative, a leading dimension is below the row's length,
     *     or an array is too short
     */
    public static void multiply(
            float[] a, int aOffset, int lda, int m, PackedMatrix w, float[] out, int outOffset, int ldc) {
        Panels panels = check(a, aOffset, lda, m, w, out, outOffset, ldc);
        Backends.current().matMul().multiply(a, aOffset, lda, m, panels, out, outOffset, ldc);
    }

    /** {@code out = gelu(a · w + bias)} with {@link Gelu}'s function; otherwise as {@link #multiply}. */
    public static void multiplyGelu(
            float[] a, int aOffset, int lda, int m, PackedMatrix w, float[] out, int outOffset, int ldc) {
        Panels panels = check(a, aOffset, lda, m, w, out, outOffset, ldc);
        Backends.current().matMul().multiplyGelu(a, aOffset, lda, m, panels, out, outOffset, ldc);
    }

    /**
     * {@code out = residual + (a · w + bias)}, the residual added last. The rows of all three are dense.
     *
     * @throws IllegalArgumentException if a size or offset is negative, an array is too short, or {@code out} is
     *     {@code residual}
     */
    public static void multiplyAdd(
            float[] a, int aOffset, int m, PackedMatrix w, float[] residual, int residualOffset,
            float[] out, int outOffset) {
        Arguments.notNull("w", w);
        Panels panels = check(a, aOffset, w.rows(), m, w, out, outOffset, w.columns());
        rows("residual", residual, residualOffset, m, w.columns(), w.columns());
        if (residual == out) {
            throw new IllegalArgumentException("residual is the same array as out; give another one");
        }
        Backends.current().matMul().multiplyAdd(a, aOffset, m, panels, residual, residualOffset, out, outOffset);
    }

    private static Panels check(
            float[] a, int aOffset, int lda, int m, PackedMatrix w, float[] out, int outOffset, int ldc) {
        Arguments.notNull("w", w);
        Arguments.atLeast("m", m, 0);
        rows("a", a, aOffset, m, lda, w.rows());
        rows("out", out, outOffset, m, ldc, w.columns());
        if (a == out) {
            throw new IllegalArgumentException("out is the same array as a; give another one");
        }
        return w.panels();
    }

    /** {@code m} rows of {@code columns} elements, {@code ld} apart, lie within the array. */
    private static void rows(String name, float[] x, int offset, int m, int ld, int columns) {
        if (ld < columns) {
            throw new IllegalArgumentException("the leading dimension of " + name + " is " + ld
                    + "; a row has " + columns + " elements");
        }
        long length = m == 0 ? 0 : (m - 1L) * ld + columns;
        Arguments.range(name, x, offset, length);
    }
}
