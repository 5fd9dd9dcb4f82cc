package dev.softpick.model.weights;

/**
 * One pre-norm block.
 *
 * @param attentionNorm before attention
 * @param attention with its projections
 * @param ffnNorm before the feed-forward half
 * @param ffn the feed-forward half
 */
public record BlockWeights(
        NormWeights attentionNorm, AttentionWeights attention, NormWeights ffnNorm, FeedForwardWeights ffn) {}
