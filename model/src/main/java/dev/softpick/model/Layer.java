package dev.softpick.model;

import java.util.Arrays;

/**
 * Something that turns a tensor into a tensor. Layers are immutable and safe to share between threads; what they return
 * is new, and has the same bits on every machine, vector width and thread count.
 *
 * {@snippet :
 * Layer half = Layer.residual(new LayerNorm(gamma, beta).then(new FeedForward(up, down)));
 * Tensor y = half.forward(x);
 * }
 */
@FunctionalInterface
public interface Layer {

    /**
     * The layer's output for {@code x}.
     *
     * @param x of a shape that the layer takes
     * @return a new tensor
     * @throws IllegalArgumentException if the shape does not fit; the message says which would
     */
    Tensor forward(Tensor x);

    /**
     * This layer, then another one.
     *
     * @param next takes what this layer returns
     * @return both as one layer
     */
    default Layer then(Layer next) {
        return x -> next.forward(forward(x));
    }

    /**
     * A residual connection, {@code x + layer(x)}.
     *
     * @param layer keeps the shape
     * @return the sum as a layer
     */
    static Layer residual(Layer layer) {
        return x -> {
            Tensor y = layer.forward(x);
            if (!Arrays.equals(x.shape(), y.shape())) {
                throw new IllegalArgumentException("a residual connection needs a layer that keeps the shape;"
                        + " it turned " + x + " into " + y);
            }
            float[] sum = y.values().clone();
            float[] add = x.values();
            for (int i = 0; i < sum.length; i++) {
                sum[i] = add[i] + sum[i];
            }
            return Tensor.of(sum, y.shape());
        };
    }
}
