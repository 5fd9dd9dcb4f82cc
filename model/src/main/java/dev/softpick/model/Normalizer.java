package dev.softpick.model;

/**
 * What turns a row of attention scores into weights. Always explicit: a loader never guesses it, because weights trained
 * with one are useless with another.
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
     * {@code relu(e^{s_i−m} − e^{−m}) / (Σ|e^{s_j−m} − e^{−m}| + 1e-8)}, m the largest s: the function that Zuhri et al.
     * 2025, arXiv 2504.20966, call softpick. Not Edifice's.
     */
    RECTIFIED_SOFTPICK("rectified_softpick");

    private final String id;

    Normalizer(String id) {
        this.id = id;
    }

    /** The name in model files and on the command line. */
    public String id() {
        return id;
    }

    /**
     * The normalizer of that name.
     *
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
