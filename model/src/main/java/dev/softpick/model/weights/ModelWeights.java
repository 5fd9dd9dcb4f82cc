package dev.softpick.model.weights;

import dev.softpick.kernels.layout.Panels;
import java.util.List;

/**
 * What a model is made of.
 *
 * @param inputProjection null where frames have the hidden size
 * @param blocks in the order of the computation
 * @param finalNorm null where there is none
 * @param classifier null where there is none
 */
public record ModelWeights(
        Panels inputProjection, List<BlockWeights> blocks, NormWeights finalNorm, Panels classifier) {}
