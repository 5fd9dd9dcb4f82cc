package dev.softpick.kernels.vector;

import dev.softpick.kernels.backend.AttentionKernels;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.LayerNormKernels;
import dev.softpick.kernels.backend.MatMulKernels;
import dev.softpick.kernels.backend.RowAttentionKernels;
import dev.softpick.kernels.backend.RowKernels;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.kernels.layout.Weights;

/**
 * The kernels on {@code jdk.incubator.vector}, at the width that the machine prefers. The families are classes of their
 * own beside the kernels: making a backend must not load a species, which takes a cold JVM 12 ms.
 */
public final class VectorBackend {

    private VectorBackend() {}

    /** All families of this package. */
    public static Backend create() {
        return new Backend(
                "vector", VectorWidth.BITS, VectorWidth.NR, new MatMul(), new Rows(), new LayerNorms(), new Attention(),
                new RowAttention());
    }

    private record MatMul() implements MatMulKernels {
        @Override
        public void multiply(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
            VectorMatMul.multiply(a, aOffset, lda, m, w, c, cOffset, ldc);
        }

        @Override
        public void multiplyGelu(float[] a, int aOffset, int lda, int m, Weights w, float[] c, int cOffset, int ldc) {
            VectorMatMul.multiplyGelu(a, aOffset, lda, m, w, c, cOffset, ldc);
        }

        @Override
        public void multiplyAdd(
                float[] a, int aOffset, int m, Weights w, float[] residual, int rOffset, float[] c, int cOffset) {
            VectorMatMul.multiplyAdd(a, aOffset, m, w, residual, rOffset, c, cOffset);
        }
    }

    private record Rows() implements RowKernels {
        @Override
        public double absSum(float[] x, int offset, int length) {
            return VectorReduce.absSum(x, offset, length);
        }

        @Override
        public void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int length) {
            VectorDivide.divide(x, xOffset, divisor, out, outOffset, length);
        }

        @Override
        public void divide(float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
            VectorDivide.divide(x, xOffset, y, yOffset, out, outOffset, length);
        }

        @Override
        public void multiply(
                float[] x, int xOffset, float[] y, int yOffset, float[] out, int outOffset, int length) {
            VectorPasses.multiply(x, xOffset, y, yOffset, out, outOffset, length);
        }

        @Override
        public void addAbsolute(float[] x, int xOffset, float[] sums, int sumsOffset, int length) {
            VectorPasses.addAbsolute(x, xOffset, sums, sumsOffset, length);
        }

        @Override
        public void gelu(float[] x, int xOffset, float[] out, int outOffset, int length) {
            VectorGelu.gelu(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
            VectorSoftpick.softpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softmax(float[] x, int xOffset, float[] out, int outOffset, int length, float scale) {
            VectorSoftmax.softmax(x, xOffset, out, outOffset, length, scale);
        }

        @Override
        public void rectifiedSoftpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
            VectorRectifiedSoftpick.rectifiedSoftpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void softpickBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
            VectorSoftpick.backward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }

        @Override
        public double softmaxBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float scale, float[] dx, int dxOffset) {
            return VectorSoftmax.backward(x, xOffset, g, gOffset, length, scale, dx, dxOffset);
        }

        @Override
        public void rectifiedSoftpickBackward(
                float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
            VectorRectifiedSoftpick.backward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }
    }

    private record LayerNorms() implements LayerNormKernels {
        @Override
        public void apply(
                float[] x, int xOffset, int rows, float[] gamma, float[] beta, float epsilon, float[] out,
                int outOffset) {
            VectorLayerNorm.layerNorm(x, xOffset, rows, gamma, beta, epsilon, out, outOffset);
        }
    }

    private record Attention() implements AttentionKernels {
        @Override
        public void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            VectorAttention.softpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void softmax(
                KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            VectorExponentialAttention.softmax(cache, ssmaxScale, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void rectifiedSoftpick(
                KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset) {
            VectorExponentialAttention.rectifiedSoftpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void absorb(KeyValueCache cache) {
            VectorAttention.absorb(cache);
        }
    }

    private record RowAttention() implements RowAttentionKernels {
        @Override
        public void softpick(
                PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
            VectorRowAttention.softpick(cache, head, row, q, qOffset, out, outOffset);
        }

        @Override
        public void softmax(
                PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
                int outOffset) {
            VectorRowAttention.softmax(cache, head, row, ssmaxScale, q, qOffset, out, outOffset);
        }

        @Override
        public void rectifiedSoftpick(
                PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset) {
            VectorRowAttention.rectifiedSoftpick(cache, head, row, q, qOffset, out, outOffset);
        }

        @Override
        public void absorb(PagedKeyValueCache cache, int head, int row) {
            VectorRowAttention.absorb(cache, head, row);
        }
    }
}
