package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.oracle.Gaussian;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SoftpickLayerTest {

    private static final double RELATIVE = 3e-7;

    @Test
    void agreesWithEdificesLayer() throws IOException {
        SafetensorsFile file = Fixtures.file("golden/layer_default.safetensors");
        SoftpickLayer layer = new SoftpickLayer(Fixtures.integer(file.metadata(), "axis"));
        assertAgrees(layer.forward(Fixtures.tensor(file, "input")), file);
    }

    static List<String> rows() throws IOException {
        return Fixtures.golden("compute_");
    }

    @ParameterizedTest
    @MethodSource("rows")
    void agreesWithEdificesFunctionOnEveryAxis(String name) throws IOException {
        SafetensorsFile file = Fixtures.file(name);
        assertAgrees(
                new SoftpickLayer(Fixtures.integer(file.metadata(), "axis")).forward(Fixtures.tensor(file, "input")),
                file);
    }

    private static void assertAgrees(Tensor y, SafetensorsFile file) throws IOException {
        Tensor x = Fixtures.tensor(file, "input");
        double[] expected = file.doubles("expected_f64");
        assertThat(y.shape()).isEqualTo(x.shape());
        for (int i = 0; i < expected.length; i++) {
            double allowed = Math.max(RELATIVE * Math.abs(expected[i]), Float.MIN_VALUE);
            assertThat(Math.abs(y.values()[i] - expected[i])).as("element " + i).isLessThanOrEqualTo(allowed);
            assertThat(Math.copySign(1, y.values()[i])).as("sign of element " + i)
                    .isEqualTo(Math.copySign(1, x.values()[i]));
        }
    }

    @Test
    void negativeAxesCountFromTheEndAndTheInputStays() {
        float[] values = Gaussian.floats(5, 2 * 3 * 4);
        Tensor x = Tensor.of(values.clone(), 2, 3, 4);
        for (int axis = 0; axis < 3; axis++) {
            assertThat(new SoftpickLayer(axis - 3).axis()).isEqualTo(axis - 3);
            assertThat(new SoftpickLayer(axis - 3).forward(x).values())
                    .isEqualTo(new SoftpickLayer(axis).forward(x).values());
        }
        assertThat(x.values()).isEqualTo(values);
    }

    @Test
    void composesWithOtherLayers() {
        Dense dense = new Dense(Gaussian.floats(1, 4 * 7), Gaussian.floats(2, 7), 4, 7);
        Tensor x = Tensor.of(Gaussian.floats(3, 2 * 3 * 4), 2, 3, 4);
        Tensor y = dense.then(new SoftpickLayer(-1)).forward(x);
        assertThat(y.shape()).containsExactly(2, 3, 7);
        assertThat(y.values()).isEqualTo(new SoftpickLayer(2).forward(dense.forward(x)).values());
    }

    @Test
    void anAxisThatIsNotThereIsRefused() {
        for (int axis : new int[] {2, -3, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> new SoftpickLayer(axis).forward(Tensor.zeros(2, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("given axis (" + axis + ") invalid for shape with rank 2");
        }
        assertThatThrownBy(() -> new SoftpickLayer(-1).forward(Tensor.zeros()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("given axis (-1) invalid for shape with rank 0");
    }
}
