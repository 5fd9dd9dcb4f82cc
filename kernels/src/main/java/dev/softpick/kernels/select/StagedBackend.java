package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Weights;

/**
 * Scalar kernels that give way to vector kernels one by one, as C2 compiles them: most of a forward pass is fast long
 * before the last of them is. The bits are the same whichever runs.
 */
public final class StagedBackend implements Backend {

    /** What moves together. */
    public enum Kernel {
        MULTIPLY,
        ATTENTION,
        LAYER_NORM,
        GELU,
        ROW_ATTENTION
    }

    private final Backend vector;
    private volatile Backend multiply = Backends.scalar();
    private volatile Backend attention = Backends.scalar();
    private volatile Backend layerNorm = Backends.scalar();
    private volatile Backend gelu = Backends.scalar();
    private volatile Backend rows = Backends.scalar();

    /** Everything scalar; {@code vector} is what kernels move to. */
    public StagedBackend(Backend vector) {
        this.vector = vector;
    }

    /** From now on, calls of this kernel run on vectors. */
    public void move(Kernel kernel) {
        switch (kernel) {
            case MULTIPLY -> multiply = vector;
            case ATTENTION -> attention = vector;
            case LAYER_NORM -> layerNorm = vector;
            case GELU -> gelu = vector;
            case ROW_ATTENTION -> rows = vector;
        }
    }

    @Override
    public String name() {
        return "staged";
    }

    @Override
    public int width() {
        return vector.width();
    }

    @Override
    public int panelWidth() {
        return vector.panelWidth();
    }

    @Override
    public double absSum(float[] x, int offset, int length) {
        return Backends.scalar().absSum(x, offset, length);
    }

    @Override
    public void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
        Backends.scalar().divide(x, xOffset, divisor, out, outOffset, length);
    }

    @Override
    public void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
        Backends.scalar().divide(x, xOffset, y, yOffset, out, outOffset, length);
    }

    @Override
    public void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        Backends.scalar().softpick(x, xOffset, out, outOffset, length);
    }

    @Override
    public void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        Backends.scalar().softpickColumns(x, xOffset, out, outOffset, length, columns);
    }

    @Override
    public void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
        Backends.scalar().softmax(x, xOffset, out, outOffset, length, scale);
    }

    @Override
    public void softmaxColumns(
            float[] x, int xOffset, float[] out, int outOffset, int length, int columns, float scale) {
        Backends.scalar().softmaxColumns(x, xOffset, out, outOffset, length, columns, scale);
    }

    @Override
    public void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        Backends.scalar().rectifiedSoftpick(x, xOffset, out, outOffset, length);
    }

    @Override
    public void rectifiedSoftpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        Backends.scalar().rectifiedSoftpickColumns(x, xOffset, out, outOffset, length, columns);
    }

    @Override
    public void softpickBackward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        Backends.scalar().softpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
    }

    @Override
    public double softmaxBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
        return Backends.scalar().softmaxBackward(x, xOffset, g, gOffset, length, scale, dx, dxOffset);
    }

    @Override
    public void rectifiedSoftpickBackward(
            float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        Backends.scalar().rectifiedSoftpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
    }

    @Override
    public void gelu(float[] x, int xOffset, float[] out, int outOffset, int length) {
        gelu.gelu(x, xOffset, out, outOffset, length);
    }

    @Override
    public void layerNorm(
            float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out, int outOffset) {
        layerNorm.layerNorm(x, xOffset, rows, gamma, beta, epsilon, out, outOffset);
    }

    @Override
    public void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        multiply.multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
    }

    @Override
    public void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
        multiply.multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        for (int i = 0; i < m; i++) {
            gelu.gelu(c, cOffset + i * ldc, c, cOffset + i * ldc, w.n());
        }
    }

    @Override
    public void multiplyAdd(
            float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
        multiply.multiplyAdd(a, aOffset, m, w, residual, rOffset, c, cOffset);
    }

    @Override
    public void softpickAttention(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        attention.softpickAttention(cache, q, qOffset, rows, out, outOffset);
    }

    @Override
    public void softmaxAttention(
            KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        attention.softmaxAttention(cache, ssmaxScale, q, qOffset, rows, out, outOffset);
    }

    @Override
    public void rectifiedSoftpickAttention(
            KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
        attention.rectifiedSoftpickAttention(cache, q, qOffset, rows, out, outOffset);
    }

    @Override
    public void absorb(KeyValueCache cache) {
        attention.absorb(cache);
    }

    @Override
    public void softpickRow(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        rows.softpickRow(cache, head, row, q, qOffset, out, outOffset);
    }

    @Override
    public void softmaxRow(
            PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
            int outOffset) {
        rows.softmaxRow(cache, head, row, ssmaxScale, q, qOffset, out, outOffset);
    }

    @Override
    public void rectifiedSoftpickRow(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
        rows.rectifiedSoftpickRow(cache, head, row, q, qOffset, out, outOffset);
    }

    @Override
    public void absorb(PagedKeyValueCache cache, int head, int row) {
        rows.absorb(cache, head, row);
    }
}
