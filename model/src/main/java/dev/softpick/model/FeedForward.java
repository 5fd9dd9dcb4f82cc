package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.weights.FeedForwardWeights;

/**
 * {@code y = gelu(x · up + b_up) · down + b_down} with the exact GELU {@code x·(1 + erf(x/√2))/2}: the
 * feed-forward half of an Edifice block. {@code x} and {@code y} are {@code [..., size]}. Immutable, thread-safe, the
 * same bits everywhere.
 */
public final class FeedForward implements Layer {

    private final FeedForwardWeights weights;

    /**
     * Joins two dense layers.
     *
     * @param up {@code [size, inner]}
     * @param down {@code [inner, size]}
     * @throws IllegalArgumentException unless {@code down} leads from {@code up}'s output back to its input size
     */
    public FeedForward(Dense up, Dense down) {
        if (down.inputSize() != up.outputSize() || down.outputSize() != up.inputSize()) {
            throw new IllegalArgumentException("down is [" + down.inputSize() + ", " + down.outputSize()
                    + "]; up is [" + up.inputSize() + ", " + up.outputSize() + "], so down must be ["
                    + up.outputSize() + ", " + up.inputSize() + "]");
        }
        weights = new FeedForwardWeights(up.weights(), down.weights());
    }

    FeedForward(FeedForwardWeights weights) {
        this.weights = weights;
    }

    /** {@return how many elements a row has} */
    public int size() {
        return weights.size();
    }

    @Override
    public Tensor forward(Tensor x) {
        int rows = Shapes.rows(x, size());
        Backend backend = Backends.current();
        int innerSize = weights.innerSize();
        float[] inner = new float[Math.multiplyExact(rows, innerSize)];
        Tensor y = Tensor.zeros(x.shape());
        backend.matMul().multiplyGelu(x.values(), 0, size(), rows, weights.up(), inner, 0, innerSize);
        backend.matMul().multiply(inner, 0, innerSize, rows, weights.down(), y.values(), 0, size());
        return y;
    }

    FeedForwardWeights weights() {
        return weights;
    }
}
