package dev.softpick.kernels.backend;

import dev.softpick.kernels.layout.KeyValueCache;

/**
 * Causal attention for the last {@code rows} positions in a cache, which must lie in its current chunk: row i attends
 * to the keys up to its own position and no further.
 *
 * <p>Queries are {@link KeyValueCache#queryStride} floats apart, outputs {@link KeyValueCache#outputStride}.
 */
public interface AttentionKernels {

    /** {@code out_i = Σ_j (q_i·k_j) v_j / (√headSize + Σ_j |q_i·k_j|)}. */
    void softpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /**
     * {@code out_i = Σ_j e^{c·q_i·k_j} v_j / Σ_j e^{c·q_i·k_j}}, computed with a running maximum over blocks of
     * {@link KeyValueCache#chunk} keys. {@code ssmaxScale} a makes c = a·log(i + 1)/√headSize, SSMax; NaN makes it
     * 1/√headSize.
     */
    void softmax(KeyValueCache cache, float ssmaxScale, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /**
     * {@code out_i = Σ_j relu(d_ij) v_j / (Σ_j |d_ij| + 1e-8)}, {@code d_ij = e^{s_ij − m_i} − e^{−m_i}}, s the
     * scaled scores, m_i the largest that row i sees.
     */
    void rectifiedSoftpick(KeyValueCache cache, float[] q, int qOffset, int rows, float[] out, int outOffset);

    /**
     * {@code state += Σ k_j v_jᵀ} over the chunk that has just been filled; needed before the next key is appended.
     */
    void absorb(KeyValueCache cache);
}
