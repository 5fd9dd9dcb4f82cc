package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;

/**
 * What turns a query's scores into the weights of the values, as a value: it knows its kernel in each family. One more
 * normalizer is one more record here and one more method in the families.
 */
public sealed interface ScoreNormalizer {

    /** Its name in model files. */
    String id();

    /** Whether weights are linear in the scores but for the denominator, so that a state can stand for old values. */
    default boolean isLinear() {
        return false;
    }

    /** The weights of one row of scores. */
    void weights(RowKernels kernels, float[] x, int xOffset, float[] out, int outOffset, int length);

    /** The vector-Jacobian product of {@link #weights}. */
    void backward(
            RowKernels kernels, float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset);

    /** The last {@code rows} positions of a cache attend. */
    void attend(
            AttentionKernels kernels, KeyValueCache cache, float[] q, int qOffset, int rows, float[] out,
            int outOffset);

    /** One row of a sequence that goes on attends. */
    void attendRow(
            RowAttentionKernels kernels, PagedKeyValueCache cache, int head, int row, float[] q, int qOffset,
            float[] out, int outOffset);

    /** {@code s_i / (1 + Σ|s_j|)}. */
    record Softpick() implements ScoreNormalizer {

        @Override
        public String id() {
            return "softpick";
        }

        @Override
        public boolean isLinear() {
            return true;
        }

        @Override
        public void weights(RowKernels kernels, float[] x, int xOffset, float[] out, int outOffset, int length) {
            kernels.softpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void backward(
                RowKernels kernels, float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx,
                int dxOffset) {
            kernels.softpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }

        @Override
        public void attend(
                AttentionKernels kernels, KeyValueCache cache, float[] q, int qOffset, int rows, float[] out,
                int outOffset) {
            kernels.softpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void attendRow(
                RowAttentionKernels kernels, PagedKeyValueCache cache, int head, int row, float[] q, int qOffset,
                float[] out, int outOffset) {
            kernels.softpick(cache, head, row, q, qOffset, out, outOffset);
        }
    }

    /** {@code e^{s_i} / Σ e^{s_j}}. */
    record Softmax() implements ScoreNormalizer {

        @Override
        public String id() {
            return "softmax";
        }

        @Override
        public void weights(RowKernels kernels, float[] x, int xOffset, float[] out, int outOffset, int length) {
            kernels.softmax(x, xOffset, out, outOffset, length, 1f);
        }

        @Override
        public void backward(
                RowKernels kernels, float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx,
                int dxOffset) {
            kernels.softmaxBackward(x, xOffset, g, gOffset, length, 1f, dx, dxOffset);
        }

        @Override
        public void attend(
                AttentionKernels kernels, KeyValueCache cache, float[] q, int qOffset, int rows, float[] out,
                int outOffset) {
            kernels.softmax(cache, Float.NaN, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void attendRow(
                RowAttentionKernels kernels, PagedKeyValueCache cache, int head, int row, float[] q, int qOffset,
                float[] out, int outOffset) {
            kernels.softmax(cache, head, row, Float.NaN, q, qOffset, out, outOffset);
        }
    }

    /**
     * {@code softmax(a·log(n)·s)} over n scores.
     *
     * @param a the learned factor
     */
    record SSMax(float a) implements ScoreNormalizer {

        @Override
        public String id() {
            return "ssmax";
        }

        /** {@code a·log(n)}; {@code StrictMath}, so the same on every machine. */
        public static float scale(float a, int n) {
            return (float) (a * StrictMath.log(n));
        }

        @Override
        public void weights(RowKernels kernels, float[] x, int xOffset, float[] out, int outOffset, int length) {
            kernels.softmax(x, xOffset, out, outOffset, length, scale(a, length));
        }

        @Override
        public void backward(
                RowKernels kernels, float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx,
                int dxOffset) {
            kernels.softmaxBackward(x, xOffset, g, gOffset, length, scale(a, length), dx, dxOffset);
        }

        @Override
        public void attend(
                AttentionKernels kernels, KeyValueCache cache, float[] q, int qOffset, int rows, float[] out,
                int outOffset) {
            kernels.softmax(cache, a, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void attendRow(
                RowAttentionKernels kernels, PagedKeyValueCache cache, int head, int row, float[] q, int qOffset,
                float[] out, int outOffset) {
            kernels.softmax(cache, head, row, a, q, qOffset, out, outOffset);
        }
    }

    /** {@code relu(e^{s_i−m} − e^{−m}) / (Σ|e^{s_j−m} − e^{−m}| + 1e-8)}, m the largest s. */
    record RectifiedSoftpick() implements ScoreNormalizer {

        @Override
        public String id() {
            return "rectified_softpick";
        }

        @Override
        public void weights(RowKernels kernels, float[] x, int xOffset, float[] out, int outOffset, int length) {
            kernels.rectifiedSoftpick(x, xOffset, out, outOffset, length);
        }

        @Override
        public void backward(
                RowKernels kernels, float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx,
                int dxOffset) {
            kernels.rectifiedSoftpickBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
        }

        @Override
        public void attend(
                AttentionKernels kernels, KeyValueCache cache, float[] q, int qOffset, int rows, float[] out,
                int outOffset) {
            kernels.rectifiedSoftpick(cache, q, qOffset, rows, out, outOffset);
        }

        @Override
        public void attendRow(
                RowAttentionKernels kernels, PagedKeyValueCache cache, int head, int row, float[] q, int qOffset,
                float[] out, int outOffset) {
            kernels.rectifiedSoftpick(cache, head, row, q, qOffset, out, outOffset);
        }
    }
}
