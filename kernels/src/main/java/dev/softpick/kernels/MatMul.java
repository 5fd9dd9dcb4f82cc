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
     * @param a {@code [m, w.rows()]}, or longer
     * @param m rows, 0 or more
     * @param w the right-hand side, with its bias if it has one
     * @param out receives {@code [m, w.columns()]}; may be longer; not {@code a}
     * @throws IllegalArgumentException if {@code m} is negative, an array is too short, or {@code out} is {@code a}
     */
    public static void multiply(float[] a, int m, PackedMatrix w, float[] out) {
        Arguments.notNull("w", w);
        multiply(a, 0, w.rows(), m, w, out, 0, w.columns());
    }

    /**
     * {@code out = a · w + bias}.
     *
     * @param a the left-hand side
     * @param aOffset where its first row starts in a
     * @param lda elements from row to row of a, {@code w.rows()} or more
     * @param m rows, 0 or more
     * @param w the right-hand side, with its bias if it has one
     * @param out receives {@code m} rows; not {@code a}
     * @param outOffset where the first starts in out
     * @param ldc elements from row to row of out, {@code w.columns()} or more
     * @throws IllegalArgumentException if a size or offset is negative, a leading dimension is below the row's length,
     *     an array is too short, or {@code out} is {@code a}
     */
    public static void multiply(
            float[] a, int aOffset, int lda, int m, PackedMatrix w, float[] out, int outOffset, int ldc) {
        Panels panels = check(a, aOffset, lda, m, w, out, outOffset, ldc);
        Backends.current().matMul().multiply(a, aOffset, lda, m, panels, out, outOffset, ldc);
    }

    /**
     * {@code out = gelu(a · w + bias)} with {@link Gelu}'s function; otherwise as {@link #multiply}.
     *
     * @param a the left-hand side
     * @param aOffset where its first row starts in a
     * @param lda elements from row to row of a, {@code w.rows()} or more
     * @param m rows, 0 or more
     * @param w the right-hand side, with its bias if it has one
     * @param out receives {@code m} rows; not {@code a}
     * @param outOffset where the first starts in out
     * @param ldc elements from row to row of out, {@code w.columns()} or more
     * @throws IllegalArgumentException if a size or offset is negative, a leading dimension is below the row's length,
     *     an array is too short, or {@code out} is {@code a}
     */
    public static void multiplyGelu(
            float[] a, int aOffset, int lda, int m, PackedMatrix w, float[] out, int outOffset, int ldc) {
        Panels panels = check(a, aOffset, lda, m, w, out, outOffset, ldc);
        Backends.current().matMul().multiplyGelu(a, aOffset, lda, m, panels, out, outOffset, ldc);
    }

    /**
     * {@code out = residual + (a · w + bias)}, the residual added last. The rows of all three are dense.
     *
     * @param a the left-hand side, {@code [m, w.rows()]} from the offset on
     * @param aOffset where its first row starts in a
     * @param m rows, 0 or more
     * @param w the right-hand side, with its bias if it has one
     * @param residual what is added, {@code [m, w.columns()]} from the offset on
     * @param residualOffset where its first row starts in residual
     * @param out receives {@code [m, w.columns()]}; neither {@code a} nor {@code residual}
     * @param outOffset where its first row starts in out
     * @throws IllegalArgumentException if a size or offset is negative, an array is too short, or {@code out} is an
     *     input
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
