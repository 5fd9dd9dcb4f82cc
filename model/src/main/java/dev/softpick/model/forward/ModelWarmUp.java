package dev.softpick.model.forward;

import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.select.BackendWarmUp;
import dev.softpick.kernels.select.Workload;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.ModelWeights;
import java.util.ArrayList;
import java.util.List;

/** What a model's calls run on: the warm-up of all models whose calls take the same paths. */
final class ModelWarmUp {

    private ModelWarmUp() {}

    /** The first of them starts it. */
    static BackendWarmUp of(SoftpickConfig config, ModelWeights weights) {
        List<Weights> products = new ArrayList<>();
        if (weights.inputProjection() != null) {
            products.add(weights.inputProjection());
        }
        // All blocks have the same shapes.
        BlockWeights block = weights.blocks().getFirst();
        products.addAll(List.of(
                block.attention().qkv(), block.attention().out(), block.ffn().up(), block.ffn().down()));
        if (weights.classifier() != null) {
            products.add(weights.classifier());
        }
        return BackendWarmUp.of(Workload.of(
                block.attention().scores(), config.headSize(), config.windowSize(), config.hiddenSize(), products));
    }
}
