package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.PagedKeyValueCache;

/** Attention of one row over the keys that it sees in a paged cache, its own the last. */
public interface RowAttentionKernels {

    /**
     * {@link AttentionKernels#softpick}. Where finished chunks do not live in a state, the numerator adds key by key
     * from the first visible one.
     */
    void softpick(PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset);

    /** {@link AttentionKernels#softmax}; SSMax counts as many keys as the row sees. */
    void softmax(
            PagedKeyValueCache cache, int head, int row, float ssmaxScale, float[] q, int qOffset, float[] out,
            int outOffset);

    /** {@link AttentionKernels#rectifiedSoftpick}. */
    void rectifiedSoftpick(
            PagedKeyValueCache cache, int head, int row, float[] q, int qOffset, float[] out, int outOffset);

    /** {@code state += Σ k_j v_jᵀ} over the chunk that ends before {@code row}. */
    void absorb(PagedKeyValueCache cache, int head, int row);
}
