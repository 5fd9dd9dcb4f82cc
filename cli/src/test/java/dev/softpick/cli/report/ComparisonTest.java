package dev.softpick.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.measure.Machine;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    @Test
    void tooManyThreadsAreRefusedBeforeAnythingIsMeasured() {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(4).hiddenSize(8).numHeads(2).build();
        var setting = new Comparison.Setting(Effort.SMOKE, config, "a model", 2000, Machine.here(), "", "");
        List<String> parts = new ArrayList<>();
        assertThatThrownBy(() -> Comparison.measure(setting, (what, done, of) -> parts.add(what)))
                .hasMessage("threads is 2000; allowed is 1 to 1024");
        assertThat(parts).isEmpty();
    }
}
