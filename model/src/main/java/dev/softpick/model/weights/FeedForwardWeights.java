package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.Panels;

/**
 * The feed-forward half of a block: {@code gelu(x · up + b_up) · down + b_down}.
 *
 * @param up {@code [hidden, inner]}
 * @param down {@code [inner, hidden]}
 */
public record FeedForwardWeights(Panels up, Panels down) {

    /** Elements of a row. */
    public int size() {
        return up.k();
    }

    /** Elements between the two products. */
    public int innerSize() {
        return up.n();
    }

    /** {@code m[to] = m[residual] + ffn(m[from])} for dense rows; the inner rows go to {@code m[inner]}. */
    public void add(Backend backend, float[] m, int from, int rows, int inner, int residual, int to) {
        backend.multiplyGelu(m, from, size(), rows, up, m, inner, innerSize());
        backend.multiplyAdd(m, inner, rows, down, m, residual, m, to);
    }
}
