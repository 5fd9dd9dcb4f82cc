package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class TensorTest {

    @Test
    void aTensorIsAViewOfItsArray() {
        float[] values = {0, 1, 2, 3, 4, 5};
        Tensor x = Tensor.of(values, 1, 2, 3);
        values[5] = 50;
        assertThat(x.values()).isSameAs(values);
        assertThat(x.rank()).isEqualTo(3);
        assertThat(x.get(0, 1, 2)).isEqualTo(50);
        assertThat(x.get(0, 0, 1)).isEqualTo(1);
        assertThat(x).hasToString("Tensor[1, 2, 3]");
    }

    @Test
    void theShapeIsCopiedBothWays() {
        int[] shape = {2, 3};
        Tensor x = Tensor.of(new float[6], shape);
        shape[0] = 7;
        x.shape()[1] = 7;
        assertThat(x.shape()).containsExactly(2, 3);
    }

    @Test
    void axesCountFromEitherEnd() {
        Tensor x = Tensor.zeros(2, 3, 5);
        assertThat(x.size(0)).isEqualTo(2);
        assertThat(x.size(2)).isEqualTo(5);
        assertThat(x.size(-1)).isEqualTo(5);
        assertThat(x.size(-3)).isEqualTo(2);
        for (int axis : new int[] {3, -4}) {
            assertThatThrownBy(() -> x.size(axis))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("axis is " + axis + "; a tensor of rank 3 has no such axis");
        }
    }

    @Test
    void scalarsAndEmptyTensorsAreTensors() {
        assertThat(Tensor.of(new float[] {7}).get()).isEqualTo(7);
        assertThat(Tensor.of(new float[] {7}).rank()).isZero();
        assertThat(Tensor.zeros(3, 0, 5).values()).isEmpty();
    }

    @Test
    void sizesMustFitTheValues() {
        assertThatThrownBy(() -> Tensor.of(null, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("values is null; give an array");
        assertThatThrownBy(() -> Tensor.of(new float[5], 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("values has 5 elements; shape [2, 3] has 6");
        assertThatThrownBy(() -> Tensor.zeros(2, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("shape is [2, -1]; every size must be 0 or more");
        for (int[] shape : new int[][] {{65_536, 65_536}, {Integer.MAX_VALUE}, {1 << 30, 1 << 30, 1 << 30}}) {
            assertThatThrownBy(() -> Tensor.of(new float[0], shape))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has too many elements; a tensor holds at most 2147483639");
        }
    }

    @Test
    void anIndexMustLieWithin() {
        Tensor x = Tensor.zeros(2, 3);
        assertThatThrownBy(() -> x.get(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("index has 1 numbers; the tensor has rank 2");
        assertThatThrownBy(() -> x.get(1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("index [1, 3] lies outside shape [2, 3]");
        assertThatThrownBy(() -> x.get(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
