package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import org.junit.jupiter.api.Test;

class InfoCommandTest {

    @Test
    void tellsTheBackendTheMachineAndTheLayers() {
        Invocation info = Invocation.of("info");
        assertThat(info.code()).as(info.err()).isZero();
        assertThat(info.err()).isEmpty();
        assertThat(info.outLines().get(0)).matches("backend: (vector|scalar)");
        assertThat(info.outLines().get(1)).matches("width: \\d+");
        assertThat(info.outLines().get(2)).startsWith("reason: ");
        assertThat(info.out()).contains("machine: ", "jdk: " + Runtime.version(), "normalizer: softpick");
        assertThat(info.out()).containsPattern("(?m)^layer +kind +output shape +parameters$");
        assertThat(info.out()).containsPattern("(?m)^input_projection +dense +\\[batch, steps, 64] +1,088$");
        assertThat(info.out()).containsPattern("(?m)^classifier +dense +\\[batch, 10] +650$");
        assertThat(info.out()).containsPattern("(?m)^total +101,834$");
        assertThat(info.out()).contains("  attribution: UCI ML Repository");
    }

    @Test
    void warnsWhereCompactObjectHeadersAreUnsafe() {
        assertThat(InfoCommand.warning(25, true)).contains("-XX:+UseCompactObjectHeaders is unsafe", "JDK 25");
        assertThat(InfoCommand.warning(25, false)).isNull();
        assertThat(InfoCommand.warning(26, true)).isNull();
    }
}
