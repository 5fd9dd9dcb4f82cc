package dev.softpick.kernels.layout;

import org.jspecify.annotations.Nullable;

/**
 * The right-hand side of a matrix product, {@code [k, n]} with a bias, in panels of {@link #width} columns: as floats,
 * or rounded to fewer bits. A panel holds the k rows of its columns one after the other; the last panel is padded with
 * zero columns, and so are bias and scales. Immutable once filled.
 */
public sealed interface Weights permits Panels, BFloat16Panels, Int8Panels {

    /** Rows of the matrix. */
    int k();

    /** Columns of the matrix. */
    int n();

    /** Columns in a panel. */
    int width();

    /** What the sums of a column start at, from {@link #initialOffset} on. */
    float[] initial();

    /** Where a whole panel's worth of starting values for panel {@code p} stands in {@link #initial}. */
    int initialOffset(int p);

    /** Where products decode parts of a panel to; null where they are floats already. */
    @Nullable PanelBuffers buffers();

    /** The panels {@code from} (inclusive) to {@code to} (exclusive), sharing the arrays. */
    Weights slice(int from, int to);

    /** Number of panels. */
    default int count() {
        return Math.ceilDiv(n(), width());
    }

    /** Columns of a slice of panels. */
    default int columns(int from, int to) {
        return Math.min(n(), to * width()) - from * width();
    }
}
