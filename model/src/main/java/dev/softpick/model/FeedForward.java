package dev.softpick.model;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;

/**
 * {@code y = gelu(x · up + b_up) · down + b_down} with the exact GELU {@code x·(1 + erf(x/√2))/2}: the feed-forward
 * half of an Edifice block. {@code x} and {@code y} are {@code [..., size]}. Immutable, thread-safe, the same bits
 * everywhere.
 */
public final class FeedForward implements Layer {

    private final Dense up;
    private final Dense down;

    /**
     * Joins two dense layers.
     *
     * @throws IllegalArgumentException unless {@code down} leads from {@code up}'s output back to its input size
     */
    public FeedForward(Dense up, Dense down) {
        if (down.inputSize() != up.outputSize() || down.outputSize() != up.inputSize()) {
            throw new IllegalArgumentException("down is [" + down.inputSize() + ", " + down.outputSize()
                    + "]; up is [" + up.inputSize() + ", " + up.outputSize() + "], so down must be ["
                    + up.outputSize() + ", " + up.inputSize() + "]");
        }
        this.up = up;
        this.down = down;
    }

    /** Elements of a row. */
    public int size() {
        return up.inputSize();
    }

    @Override
    public Tensor forward(Tensor x) {
        int rows = Shapes.rows(x, size());
        Backend backend = Backends.current();
        float[] inner = new float[Math.multiplyExact(rows, up.outputSize())];
        Tensor y = Tensor.zeros(x.shape());
        backend.multiplyGelu(x.values(), 0, size(), rows, up.weights(), inner, 0, up.outputSize());
        backend.multiply(inner, 0, up.outputSize(), rows, down.weights(), y.values(), 0, size());
        return y;
    }

    /** {@code m[to] = m[residual] + ffn(m[from])} for dense rows; the inner rows go to {@code m[inner]}. */
    void add(Backend backend, float[] m, int from, int rows, int inner, int residual, int to) {
        backend.multiplyGelu(m, from, size(), rows, up.weights(), m, inner, up.outputSize());
        backend.multiplyAdd(m, inner, rows, down.weights(), m, residual, m, to);
    }

    Dense up() {
        return up;
    }

    Dense down() {
        return down;
    }
}
