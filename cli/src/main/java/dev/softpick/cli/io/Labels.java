package dev.softpick.cli.io;

/** What a model's outputs should be. */
public sealed interface Labels {

    /** The right class of each sequence. */
    record Classes(long[] values) implements Labels {}

    /**
     * The right outputs of each sequence.
     *
     * @param values {@code [batch, outputs]}
     */
    record Numbers(double[] values, int outputs) implements Labels {}

    /** There are some, but not in a form that scores know. */
    record Unusable(String reason) implements Labels {}
}
