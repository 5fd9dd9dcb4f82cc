package dev.softpick.model;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.select.Backends;

/**
 * {@code y = x · kernel + bias}: Axon's dense layer.
 *
 * {@snippet :
 * Tensor y = new Dense(kernel, bias, 64, 10).forward(x);        // [batch, 64] to [batch, 10]
 * }
 *
 * <p>{@code x} is {@code [..., inputSize]}, {@code y} is {@code [..., outputSize]}; the kernel is {@code [in, out]},
 * row-major, as Edifice stores it, and is packed here once. Immutable, thread-safe, the same bits everywhere: each
 * element starts at its bias and adds its products in order. That of a model with rounded weights computes with these
 * ({@link WeightFormat}).
 */
public final class Dense implements Layer {

    private final Weights weights;

    /**
     * Packs the weights.
     *
     * @param kernel {@code inputSize · outputSize} values, row-major {@code [inputSize, outputSize]}
     * @param bias {@code outputSize} values
     * @param inputSize elements of an input row
     * @param outputSize elements of an output row
     * @throws IllegalArgumentException if an array's length does not fit the sizes
     */
    public Dense(float[] kernel, float[] bias, int inputSize, int outputSize) {
        Shapes.parameter("kernel", kernel, inputSize, outputSize);
        Shapes.parameter("bias", bias, outputSize);
        weights = Panels.pack(kernel, inputSize, outputSize, bias, Backends.current().panelWidth());
    }

    Dense(Weights weights) {
        this.weights = weights;
    }

    /** {@return how many elements an input row has} */
    public int inputSize() {
        return weights.k();
    }

    /** {@return how many elements an output row has} */
    public int outputSize() {
        return weights.n();
    }

    @Override
    public Tensor forward(Tensor x) {
        int rows = Shapes.rows(x, inputSize());
        Tensor y = Tensor.zeros(Shapes.withLast(x, outputSize()));
        Backends.current()
                .matMul()
                .multiply(x.values(), 0, inputSize(), rows, weights, y.values(), 0, outputSize());
        return y;
    }

    Weights weights() {
        return weights;
    }
}
