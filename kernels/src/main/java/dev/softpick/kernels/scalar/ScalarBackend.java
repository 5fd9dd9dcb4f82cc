package dev.softpick.kernels.scalar;

import dev.softpick.kernels.backend.AttentionKernels;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.LayerNormKernels;
import dev.softpick.kernels.backend.MatMulKernels;
import dev.softpick.kernels.backend.RowAttentionKernels;
import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Weights;

/** The kernels in plain Java: the fallback, the cold path, and the proof that the vector kernels are right. */
public final class ScalarBackend {

    private ScalarBackend() {}

    /** As wide as the vector kernels' widest panel; whole tiles of columns. */
    private static final int PANEL_WIDTH = 64;

    /** All families of this package. */
    public static Backend create() {
        return new Backend(
                "scalar", 0, PANEL_WIDTH, new MatMul(), new Rows(), new LayerNorms(), new Attention(),
                new RowAttention());
    }

    private record MatMul() implements MatMulKernels {
        @Override
        public void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
            ScalarMatMul.multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        }

        @Override
        public void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
            ScalarMatMul.multiplyGelu(a, aOffset, lda, m, w, c, cOffset, ldc);
        }

        @Override
        public void multiplyAdd(
                float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
            ScalarMatMul.multiplyAdd(a, aOffset, m, w, residual, rOffset, c, cOffset);
        }
    }

    private record Rows() implements RowKernels {
        @Override
        public double absSum(float[] x, int offset, int length) {
            return ScalarReduce.absSum(x, offset, length);
        }

        @Override
        public void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
            ScalarDivide.divide(x, xOffset, divisor, out, outOffset, length);
        }

        @Override
        public void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
            ScalarDivide.divide(x, xOffset, y, yOffset, out, outOffset, length);
        }

        @Override
        public void multiply(
                float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
            ScalarPasses.multiply(x, xOffset, y, yOffset, out, outOffset, length);
        }

        @Override
        public void addAbsolute(float[] x, int xOffset, float[] sums, int sumsOffset, int length) {
            ScalarPasses.addAbsolute(x, xOffset, sums, sumsOffset, length);
        }

        @Override
        public void gelu(float[] x, int xOffset, float[] out, int outOffset, int length) {
            ScalarGelu.gelu(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
            ScalarSoftpick.softpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
            ScalarSoftmax.softmax(x, xOffset, out, outOffset, length, scale);
        }

        @Override
        public void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
            ScalarRectifiedSoftpick.rectifiedSoftpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softpickBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
            ScalarSoftpick.backward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }

        @Override
        public double softmaxBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
            return ScalarSoftmax.backward(x, xOffset, g, gOffset, length, scale, dx, dxOffset);
        }

        @Override
        public void rectifiedSoftpickBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
            ScalarRectifiedSoftpick.backward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }
    }

    private record LayerNorms() implements LayerNormKernels {
        @Override
        public void apply(
                float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out,
                int outOffset) {
            ScalarLayerNorm.layerNorm(x, xOffset, rows, gamma, beta, epsilon, out, outOffset);
        }
    }

    private record Attention() implements AttentionKernels {
        @Override
        public void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            ScalarAttention.softpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void softmax(
                KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            ScalarExponentialAttention.softmax(cache, ssmaxScale, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void rectifiedSoftpick(
                KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            ScalarExponentialAttention.rectifiedSoftpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void absorb(KeyValueCache cache) {
            ScalarAttention.absorb(cache);
        }
    }

    private record RowAttention() implements RowAttentionKernels {
        @Override
        public void softpick(
                PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
            ScalarRowAttention.softpick(cache, head, row, q, qOffset, out, outOffset);
        }

        @Override
        public void softmax(
                PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
                int outOffset) {
            ScalarRowAttention.softmax(cache, head, row, ssmaxScale, q, qOffset, out, outOffset);
        }

        @Override
        public void rectifiedSoftpick(
                PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
            ScalarRowAttention.rectifiedSoftpick(cache, head, row, q, qOffset, out, outOffset);
        }

        @Override
        public void absorb(PagedKeyValueCache cache, int head, int row) {
            ScalarRowAttention.absorb(cache, head, row);
        }
    }
}
