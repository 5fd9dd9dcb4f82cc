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
     * {@code to = residual + ffn(x)} for {@code count} rows from {@code row} on; the first ones of {@code inner} hold
     * what is between the products.
     */
    public void add(Backend backend, Rows x, Rows inner, Rows residual, int row, int count, Rows to) {
        backend.matMul().multiplyGelu(
                x.values(), x.at(row), size(), count, up, inner.values(), inner.start(), innerSize());
        backend.matMul().multiplyAdd(
                inner.values(), inner.start(), count, down, residual.values(), residual.at(row), to.values(),
                to.at(row));
    }
}
