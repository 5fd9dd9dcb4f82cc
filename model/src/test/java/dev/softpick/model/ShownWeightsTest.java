package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.oracle.Gaussian;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What attention shows is what its forward pass used, bit for bit; forward shows it too where value j is the unit j.
 */
class ShownWeightsTest {

    private static final int FEATURES = 3;

    /**
     * One head whose queries and keys see the last {@link #FEATURES} columns of x, its values the first ones, which
     * hold the position: so the first columns of its output are its weights.
     */
    private static MultiHeadAttention unitValues(int size, int steps, Normalizer normalizer, float[] q, float[] k) {
        int in = steps + FEATURES;
        float[] qKernel = new float[in * size];
        float[] kKernel = new float[in * size];
        System.arraycopy(q, 0, qKernel, steps * size, FEATURES * size);
        System.arraycopy(k, 0, kKernel, steps * size, FEATURES * size);
        float[] vKernel = new float[in * size];
        float[] identity = new float[size * size];
        for (int i = 0; i < size; i++) {
            identity[i * size + i] = 1f;
        }
        System.arraycopy(identity, 0, vKernel, 0, steps * size);
        float[] zeros = new float[size];
        return new MultiHeadAttention(
                new Dense(qKernel, zeros, in, size), new Dense(kKernel, zeros, in, size),
                new Dense(vKernel, zeros, in, size), new Dense(identity, zeros, size, size), 1, normalizer, 0.7f);
    }

    private static Tensor positionsAnd(float[] features, int steps) {
        int in = steps + FEATURES;
        float[] x = new float[steps * in];
        for (int i = 0; i < steps; i++) {
            x[i * in + i] = 1f;
            System.arraycopy(features, i * FEATURES, x, i * in + steps, FEATURES);
        }
        return Tensor.of(x, 1, steps, in);
    }

    private static void assertShownIsUsed(MultiHeadAttention attention, Tensor x, int steps) {
        float[] shown = attention.weights(x).values();
        float[] used = attention.forward(x).values();
        int size = attention.headSize();
        for (int i = 0; i < steps; i++) {
            assertThat(Arrays.copyOfRange(shown, i * steps, i * steps + i + 1))
                    .as("%s, head size %d, query %d", attention.normalizer(), size, i)
                    .isEqualTo(Arrays.copyOfRange(used, i * size, i * size + i + 1));
        }
    }

    /** 24 is a head size at which 1/√24 is not what rounding √24 first gives. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 24, 27, 64, 250})
    void theScaleIsThatOfForward(int size) {
        for (Normalizer normalizer : Normalizer.values()) {
            int steps = size;
            MultiHeadAttention attention = unitValues(
                    size, steps, normalizer, Gaussian.floats(1, FEATURES * size),
                    Gaussian.floats(2, FEATURES * size));
            assertShownIsUsed(attention, positionsAnd(Gaussian.floats(3, steps * FEATURES), steps), steps);
        }
    }

    /** In the first column of the head, every third key has a product of −1e60 with every query. */
    @ParameterizedTest
    @EnumSource(names = {"SOFTMAX", "SSMAX", "RECTIFIED_SOFTPICK"})
    void aScoreOfMinusInfinityWeighsNothing(Normalizer normalizer) {
        int size = 24;
        int steps = 20;
        float[] q = Gaussian.floats(1, FEATURES * size);
        float[] k = Gaussian.floats(2, FEATURES * size);
        Arrays.fill(q, 0, 2 * size, 0f);
        Arrays.fill(k, 0, 2 * size, 0f);
        q[0] = 1e30f;
        k[size] = 1e30f;
        q[2 * size] = 0f;
        k[2 * size] = 0f;
        float[] features = Gaussian.floats(3, steps * FEATURES);
        for (int i = 0; i < steps; i++) {
            features[i * FEATURES] = 1f;
            features[i * FEATURES + 1] = i % 3 == 1 ? -1f : 0f;
        }
        MultiHeadAttention attention = unitValues(size, steps, normalizer, q, k);
        Tensor x = positionsAnd(features, steps);
        assertShownIsUsed(attention, x, steps);
        Tensor shown = attention.weights(x);
        for (int i = 0; i < steps; i++) {
            for (int key = 1; key <= i; key += 3) {
                assertThat(shown.get(0, 0, i, key)).as("query %d, key %d", i, key).isZero();
            }
        }
        assertThat(shown.values()).doesNotContain(Float.NaN);
    }
}
