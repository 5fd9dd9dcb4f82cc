package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class SoftpickConfigTest {

    @Test
    void defaultsAreEdifices() {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(64).build();
        assertThat(config).isEqualTo(new SoftpickConfig(
                64, 256, 4, 6, 0.1f, 60, Normalizer.SOFTPICK, OutputMode.LAST_TIMESTEP, true));
        assertThat(config.headSize()).isEqualTo(64);
        assertThat(config.ffnSize()).isEqualTo(1024);
        assertThat(config.inputProjection()).isTrue();
    }

    @Test
    void aFrameOfTheHiddenSizeHasNoInputProjection() {
        assertThat(SoftpickConfig.builder().embedDim(256).build().inputProjection()).isFalse();
    }

    @Test
    void toBuilderKeepsEveryOption() {
        SoftpickConfig config = new SoftpickConfig(
                3, 12, 6, 5, 0.5f, 7, Normalizer.SSMAX, OutputMode.MEAN_POOL, false);
        assertThat(config.toBuilder().build()).isEqualTo(config);
    }

    private static Arguments refused(String message, UnaryOperator<SoftpickConfig.Builder> change) {
        return arguments(message, change);
    }

    static List<Arguments> refusals() {
        return List.of(
                refused("embedDim is missing; give the size of an input frame, 1 or more", b -> b.embedDim(0)),
                refused("embedDim is -1; allowed is 1 to 16384", b -> b.embedDim(-1)),
                refused("embedDim is 16385; allowed is 1 to 16384", b -> b.embedDim(16_385)),
                refused("hiddenSize is 0; allowed is 1 to 4096", b -> b.hiddenSize(0)),
                refused("hiddenSize is 4097; allowed is 1 to 4096", b -> b.hiddenSize(4097)),
                refused("numHeads is 0; allowed is 1 to 16384", b -> b.numHeads(0)),
                refused("numHeads is -4; allowed is 1 to 16384", b -> b.numHeads(-4)),
                refused("numHeads is 3; it must divide hiddenSize 256", b -> b.numHeads(3)),
                refused("numHeads is 512; it must divide hiddenSize 256", b -> b.numHeads(512)),
                refused("numLayers is 0; allowed is 1 to 16384", b -> b.numLayers(0)),
                refused("numLayers is -1; allowed is 1 to 16384", b -> b.numLayers(-1)),
                refused("windowSize is 0; allowed is 1 to 2147483647", b -> b.windowSize(0)),
                refused("dropout is -0.1; allowed is 0 up to but not including 1", b -> b.dropout(-0.1f)),
                refused("dropout is 1.0; allowed is 0 up to but not including 1", b -> b.dropout(1f)),
                refused("dropout is NaN; allowed is 0 up to but not including 1", b -> b.dropout(Float.NaN)),
                refused("normalizer is null; allowed are softpick, softmax, ssmax, rectified_softpick",
                        b -> b.normalizer(null)),
                refused("outputMode is null; allowed are last_timestep, all, mean_pool", b -> b.outputMode(null)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void aWrongOptionIsNamedWithItsValueAndWhatIsAllowed(
            String message, UnaryOperator<SoftpickConfig.Builder> change) {
        SoftpickConfig.Builder builder = change.apply(SoftpickConfig.builder().embedDim(64));
        assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void namesOfNormalizersAndModesAreThoseOfTheFiles() {
        for (Normalizer normalizer : Normalizer.values()) {
            assertThat(Normalizer.fromId(normalizer.id())).isSameAs(normalizer);
        }
        for (OutputMode mode : OutputMode.values()) {
            assertThat(OutputMode.fromId(mode.id())).isSameAs(mode);
        }
        assertThatThrownBy(() -> Normalizer.fromId("SOFTPICK"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("normalizer is 'SOFTPICK'; allowed are softpick, softmax, ssmax, rectified_softpick");
        assertThatThrownBy(() -> OutputMode.fromId(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("output_mode is 'null'; allowed are last_timestep, all, mean_pool");
    }
}
