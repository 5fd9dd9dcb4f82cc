package dev.softpick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a JVM of its own shows: no vector module, and an end by force. */
class CompareProcessTest {

    private static final int PATIENCE_SECONDS = 120;

    @TempDir
    private Path folder;

    @Test
    void withoutTheVectorModuleTheTitleSaysScalar() throws IOException, InterruptedException {
        Process process = start("--smoke");
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(err).isZero();
        assertThat(err).isEmpty();
        String page = Files.readString(folder.resolve("report.html"));
        assertThat(page).contains("<title>Softpick against softmax, scalar backend</title>");
        assertThat(page).contains("<h1>Softpick against softmax, scalar backend</h1>");
        assertThat(Files.readString(folder.resolve("report.json"))).contains("\"backend\": \"scalar\"");
    }

    @Test
    void anInterruptLeavesWhatWasThere() throws IOException, InterruptedException {
        Path old = Files.writeString(folder.resolve("report.html"), "old");
        Process process = start("--quick");
        assertThat(process.waitFor(3, TimeUnit.SECONDS)).as("ended early").isFalse();
        process.destroy();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isNotZero();
        assertThat(old).hasContent("old");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(old);
        }
    }

    private Process start(String effort) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), Main.class.getName(),
                "compare", effort, "--output", folder.resolve("report.html").toString()));
        return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }
}
