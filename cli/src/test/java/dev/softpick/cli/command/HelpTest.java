package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {

    @Test
    void listsTheCommands() {
        Invocation help = Invocation.of("--help");
        assertThat(help.code()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out()).contains("  run ", "  stream ", "  info ", "  init ", "  compare ", "  bench ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "stream", "info", "init", "compare", "bench"})
    void ofEachCommandHasExamplesAndFitsATerminal(String command) {
        Invocation help = Invocation.of(command, "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("Usage: softpick " + command, "Examples:");
        assertThat(help.outLines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "stream", "info", "init", "compare"})
    void namesTheCommonOptions(String command) {
        assertThat(Invocation.of(command, "--help").out()).contains(
                "--threads", "--backend", "--num-heads", "--normalizer", "--allow-non-finite", "--stacktrace");
    }

    @Test
    void versionIsALine() {
        Invocation version = Invocation.of("--version");
        assertThat(version.code()).isZero();
        assertThat(version.out().strip()).startsWith("softpick ");
    }
}
