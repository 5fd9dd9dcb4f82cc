package dev.softpick.model;

import dev.softpick.kernels.select.Backends;
import dev.softpick.model.weights.AttentionWeights;

/**
 * What turns a row of attention scores into weights. Always explicit: a loader never guesses it, because weights
 * trained with one are useless with another.
 *
 * <p>s are the scaled scores {@code q·k/√headSize} of the keys that a query sees, n is how many there are.
 */
public enum Normalizer {

    /** {@code s_i / (1 + Σ|s_j|)}: Edifice's softpick. Signed, bounded, not sparse. */
    SOFTPICK("softpick"),

    /** {@code e^{s_i} / Σ e^{s_j}}. */
    SOFTMAX("softmax"),

    /** {@code softmax(a·log(n)·s)} with a learned scalar a per block: Nakanishi 2025, arXiv 2501.19399. */
    SSMAX("ssmax"),

    /**
     * {@code relu(e^{s_i−m} − e^{−m}) / (Σ|e^{s_j−m} − e^{−m}| + 1e-8)}, m the largest s: the function
     * that Zuhri et al. 2025, arXiv 2504.20966, call softpick. Not Edifice's.
     */
    RECTIFIED_SOFTPICK("rectified_softpick");

    private final String id;

    Normalizer(String id) {
        this.id = id;
    }

    /** {@return the name in model files and on the command line} */
    public String id() {
        return id;
    }

    /**
     * The weights of one row of scores: {@code y_i} of the kernel that this normalizer names.
     *
     * @param scores of one row
     * @param ssmaxScale the learned factor a of SSMax; the others ignore it
     * @return a new array of the same length
     */
    public float[] weights(float[] scores, float ssmaxScale) {
        float[] weights = new float[requireRow("scores", scores).length];
        AttentionWeights.scores(this, ssmaxScale)
                .weights(Backends.current().rows(), scores, 0, weights, 0, scores.length);
        return weights;
    }

    /**
     * The vector-Jacobian product of {@link #weights}, what training calls its backward pass:
     * {@code Σ_i g_i·∂y_i/∂s_j}.
     *
     * @param scores of one row
     * @param g the gradient of the loss by the weights
     * @param ssmaxScale the learned factor a of SSMax; the others ignore it
     * @return a new array of the same length
     * @throws IllegalArgumentException if {@code g} has another length than {@code scores}
     */
    public float[] backward(float[] scores, float[] g, float ssmaxScale) {
        int length = requireRow("scores", scores).length;
        if (requireRow("g", g).length != length) {
            throw new IllegalArgumentException("g has " + g.length + " elements; scores has " + length);
        }
        float[] gradient = new float[length];
        AttentionWeights.scores(this, ssmaxScale)
                .backward(Backends.current().rows(), scores, 0, g, 0, length, gradient, 0);
        return gradient;
    }

    private static float[] requireRow(String name, float[] row) {
        if (row == null) {
            throw new IllegalArgumentException(name + " is null; give an array");
        }
        return row;
    }

    /**
     * The normalizer of that name.
     *
     * @param id as in model files
     * @return the normalizer
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static Normalizer fromId(String id) {
        for (Normalizer normalizer : values()) {
            if (normalizer.id.equals(id)) {
                return normalizer;
            }
        }
        throw new IllegalArgumentException(
                "normalizer is '" + id + "'; allowed are softpick, softmax, ssmax, rectified_softpick");
    }
}
