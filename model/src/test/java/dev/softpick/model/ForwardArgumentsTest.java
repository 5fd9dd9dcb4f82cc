package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.softpick.oracle.Gaussian;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A wrong argument is refused at the door, in words, before anything is written. */
@Tag("once")
class ForwardArgumentsTest {

    private static final int EMBED = 5;
    private static final int HIDDEN = 8;
    private static final int CLASSES = 3;
    private static final int MANY = Integer.MAX_VALUE;

    private static SoftpickTransformer model(OutputMode mode) {
        try {
            SoftpickConfig config = SoftpickConfig.builder()
                    .embedDim(EMBED).hiddenSize(HIDDEN).numHeads(2).numLayers(1).build();
            return SoftpickTransformer.load(
                    ModelBytes.of(config, CLASSES).bytes(), LoadOptions.defaults().outputMode(mode));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] floats(int length) {
        return new float[length];
    }

    static List<Arguments> refusals() {
        List<Arguments> table = new ArrayList<>();
        for (OutputMode mode : OutputMode.values()) {
            int rows = mode == OutputMode.ALL ? 2 * 3 : 2;
            int n = rows * HIDDEN;
            table.add(arguments(mode, null, 2, 3, floats(n),
                    "input has no elements; batch 2 × steps 3 × embedDim 5 needs 30"));
            table.add(arguments(mode, floats(29), 2, 3, floats(n),
                    "input has 29 elements; batch 2 × steps 3 × embedDim 5 needs 30"));
            table.add(arguments(mode, floats(30), 2, 3, null, "output has no elements; " + n + " are needed"));
            table.add(arguments(mode, floats(30), 2, 3, floats(n - 1),
                    "output has " + (n - 1) + " elements; " + n + " are needed"));
            table.add(arguments(mode, floats(30), 0, 3, floats(n), "batch is 0; allowed is 1 or more"));
            table.add(arguments(mode, floats(30), -2, 3, floats(n), "batch is -2; allowed is 1 or more"));
            table.add(arguments(mode, floats(30), 2, 0, floats(n), "steps is 0; allowed is 1 or more"));
            table.add(arguments(mode, floats(30), 2, Integer.MIN_VALUE, floats(n),
                    "steps is -2147483648; allowed is 1 or more"));
            // Products that wrap around to something small: 2^16 · 2^16 = 0, 858993460 · 5 = 4 as ints
            table.add(arguments(mode, floats(30), 65_536, 65_536, floats(n),
                    "batch 65536 × steps 65536 is 4294967296; allowed is at most 2147483647"));
            table.add(arguments(mode, floats(30), 1, 858_993_460, floats(n),
                    "input has 30 elements; batch 1 × steps 858993460 × embedDim 5 needs 4294967300"));
            table.add(arguments(mode, floats(30), MANY, 1, floats(n),
                    "input has 30 elements; batch 2147483647 × steps 1 × embedDim 5 needs 10737418235"));
            table.add(arguments(mode, floats(30), MANY, MANY, floats(n),
                    "batch 2147483647 × steps 2147483647 is 4611686014132420609; allowed is at most 2147483647"));
        }
        return table;
    }

    @ParameterizedTest(name = "{0}: {5}")
    @MethodSource("refusals")
    void forwardRefuses(OutputMode mode, float[] input, int batch, int steps, float[] output, String message) {
        SoftpickTransformer model = model(mode);
        refuses(() -> model.forward(input, batch, steps, output), output, message);
    }

    private static void refuses(Runnable call, float[] output, String message) {
        if (output != null) {
            Arrays.fill(output, 42f);
        }
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("\n");
        if (output != null) {
            assertThat(output).containsOnly(42f);
        }
    }

    @Test
    void logitsRefuse() {
        SoftpickTransformer model = model(OutputMode.ALL);
        float[] output = floats(2 * CLASSES);
        refuses(() -> model.logits(null, 2, 3, output), output, "input has no elements");
        refuses(() -> model.logits(floats(29), 2, 3, output), output, "input has 29 elements");
        refuses(() -> model.logits(floats(30), 0, 3, output), output, "batch is 0; allowed is 1 or more");
        refuses(() -> model.logits(floats(30), 2, -1, output), output, "steps is -1; allowed is 1 or more");
        refuses(() -> model.logits(floats(30), MANY, MANY, output), output, "batch 2147483647 × steps");
        refuses(() -> model.logits(floats(30), 2, 3, null), null, "output has no elements; 6 are needed");
        float[] small = floats(5);
        refuses(() -> model.logits(floats(30), 2, 3, small), small, "output has 5 elements; 6 are needed");
    }

    @Test
    void outputIsNotTheInput() {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP);
        float[] both = floats(30);
        refuses(() -> model.forward(both, 2, 3, both), both, "output is the input array; give another one");
        refuses(() -> model.logits(both, 2, 3, both), both, "output is the input array; give another one");
    }

    @Test
    void aModelWithoutAHeadSaysSo() {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).numLayers(1).build(), 1);
        assertThatThrownBy(() -> model.logits(Tensor.zeros(1, 2, EMBED)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the model has no classifier head;"
                        + " files with classifier.kernel and classifier.bias have one");
        assertThatThrownBy(() -> model.logits(floats(30), 2, 3, floats(30))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void tensorsOfAnotherShapeAreRefused() {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP);
        for (int[] shape : new int[][] {{3, 5}, {2, 3, 6}, {0, 3, 5}, {2, 0, 5}, {1, 2, 3, 5}, {}}) {
            String message = "x has shape " + Arrays.toString(shape)
                    + "; allowed is [batch, steps, 5] with batch and steps 1 or more";
            assertThatThrownBy(() -> model.forward(Tensor.zeros(shape)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
            assertThatThrownBy(() -> model.logits(Tensor.zeros(shape)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
        }
    }

    @Test
    void longerArraysAreAllowedAndTheRestIsLeftAlone() {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP);
        float[] input = Arrays.copyOf(Gaussian.floats(9, 30), 40);
        Arrays.fill(input, 30, 40, Float.NaN);
        float[] output = floats(2 * HIDDEN + 4);
        Arrays.fill(output, Float.NaN);
        model.forward(input, 2, 3, output);
        assertThat(Arrays.copyOf(output, 2 * HIDDEN))
                .isEqualTo(model.forward(Tensor.of(Arrays.copyOf(input, 30), 2, 3, EMBED)).values());
        assertThat(Arrays.copyOfRange(output, 2 * HIDDEN, output.length)).containsOnly(Float.NaN);
    }

    /** Long sequences need more memory than an array holds: a clear refusal, not a negative index. */
    @Test
    @Tag("long")
    void aSequenceThatNoMemoryHoldsIsRefused() {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(1).hiddenSize(512).numLayers(1).build(), 1);
        float[] output = floats(512);
        refuses(() -> model.forward(floats(1 << 20), 1, 1 << 20, output), output, "steps is");
    }
}
