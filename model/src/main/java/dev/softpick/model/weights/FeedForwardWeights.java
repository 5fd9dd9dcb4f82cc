package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.Weights;

/**
 * The feed-forward half of a block: {@code gelu(x · up + b_up) · down + b_down}.
 *
 * @param up {@code [hidden, inner]}
 * @param down {@code [inner, hidden]}
 */
public record FeedForwardWeights(Weights up, Weights down) {

    /** Elements of a row. */
    public int size() {
        return up.k();
    }

    /** Elements between the two products. */
    public int innerSize() {
        return up.n();
    }

    /**
     * {@code to = residual + ffn(x)} for {@code count} rows: the first ones of x and of {@code inner}, which holds what
     * is between the products, and those from {@code row} on of the others.
     */
    public void add(Backend backend, Rows x, Rows inner, Rows residual, int row, int count, Rows to) {
        backend.matMul().multiplyGelu(
                x.values(), x.start(), size(), count, up, inner.values(), inner.start(), innerSize());
        backend.matMul().multiplyAdd(
                inner.values(), inner.start(), count, down, residual.values(), residual.at(row), to.values(),
                to.at(row));
    }
}
