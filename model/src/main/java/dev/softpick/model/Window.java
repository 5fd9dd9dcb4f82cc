package dev.softpick.model;

/** What a {@link StreamingSession} attends to. {@code windowSize} is the option of {@link SoftpickConfig}. */
public enum Window {

    /**
     * The last {@code windowSize} frames and nothing before them: the bits of
     * {@link SoftpickTransformer#forward(float[], int, int, float[])} on these frames. One row a step while the window
     * fills; once it slides, every row of every layer depends on where the window begins and is computed anew, except
     * for the input projection, the first layer norm and the first queries, keys and values.
     */
    EXACT,

    /**
     * In every layer the last {@code windowSize} positions, a banded mask: the bits of
     * {@link SoftpickTransformer#forwardBanded(float[], int, int, float[])} on all frames so far. One row a step, for
     * ever. What a frame brought in leaves with the receptive field, {@code layers · (windowSize − 1) + 1} frames
     * later.
     */
    SLIDING,

    /**
     * All frames so far: the bits of {@code forward} on the whole history. One row a step. Memory grows by the keys,
     * and for all normalizers but softpick by the values too. A NaN in one frame stays in every later answer: nothing
     * is ever forgotten.
     */
    UNBOUNDED
}
