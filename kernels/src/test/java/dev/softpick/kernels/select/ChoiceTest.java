package dev.softpick.kernels.select;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of a backend on machines that are not at hand. */
class ChoiceTest {

    private static Machine machine(int width) {
        return new Machine(true, null, width, true);
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void vectorsOfTheWidthsThatTheKernelsAreWrittenFor(int width) {
        assertThat(Choice.of(null, machine(width)))
                .isEqualTo(new Choice(true, false, "module jdk.incubator.vector is present", null));
        assertThat(Choice.of("vector", machine(width)))
                .isEqualTo(new Choice(true, true, "system property softpick.backend", null));
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64, 96, 1024, 2048})
    void otherWidthsRunScalarCodeAndSayWhy(int width) {
        Choice choice = Choice.of(null, machine(width));
        assertThat(choice.vector()).isFalse();
        assertThat(choice.problem()).isNull();
        assertThat(choice.reason())
                .isEqualTo("vectors have " + width + " bits here; the vector kernels are written for 128, 256 and 512");
        assertThat(Choice.of("vector", machine(width)).problem())
                .isEqualTo("system property softpick.backend is 'vector', but " + choice.reason());
        assertThat(Choice.of("scalar", machine(width)).problem()).isNull();
    }

    @Test
    void withoutFusedMultiplyAddVectorsAreRefused() {
        Machine machine = new Machine(true, null, 256, false);
        assertThat(Choice.of(null, machine).vector()).isFalse();
        assertThat(Choice.of(null, machine).reason()).contains("fused multiply-add");
        assertThat(Choice.of("vector", machine).problem()).contains("fused multiply-add");
    }

    @Test
    void withoutTheModuleVectorsAreRefused() {
        Machine machine = new Machine(false, null, 0, true);
        assertThat(Choice.of(null, machine).vector()).isFalse();
        assertThat(Choice.of(null, machine).reason()).contains("--add-modules jdk.incubator.vector");
        assertThat(Choice.of("vector", machine).problem()).contains("--add-modules jdk.incubator.vector");
    }

    /** Without C2 vectors are slow and right: whoever compares bits may force them. */
    @Test
    void withoutC2ScalarCodeIsTheBetterChoice() {
        Machine machine = new Machine(true, "this JVM runs without the C2 compiler", 512, true);
        assertThat(Choice.of(null, machine).vector()).isFalse();
        assertThat(Choice.of(null, machine).reason()).isEqualTo("this JVM runs without the C2 compiler");
        assertThat(Choice.of("vector", machine).problem()).isNull();
    }

    @Test
    void anotherValueOfThePropertyIsAProblem() {
        assertThat(Choice.of("gpu", machine(512)).problem())
                .isEqualTo("system property softpick.backend is 'gpu'; allowed are vector and scalar");
    }
}
