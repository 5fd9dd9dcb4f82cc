package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Main;
import dev.softpick.cli.report.Comparison;
import dev.softpick.cli.report.Effort;
import dev.softpick.measure.Machine;
import dev.softpick.model.SoftpickConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a JVM of its own shows: no vector module, and an end by force. */
class CompareProcessTest {

    private static final int PATIENCE_SECONDS = 120;

    @TempDir
    private Path folder;

    @Test
    @Tag("long")
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

    @Test
    @Tag("long")
    void nothingIsTimedBesideAWarmUp() throws IOException, InterruptedException {
        Process process = java("--add-modules", "jdk.incubator.vector", FirstTiming.class.getName()).start();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.inputReader().readAllLines()).containsExactly("0 warm-ups run");
    }

    /** Counts the warm-ups that still run at the first timing, and ends there. */
    static final class FirstTiming {

        /** A warm-up that is done still says so in a log. */
        private static final Duration LAST_WORDS = Duration.ofMillis(500);

        private FirstTiming() {}

        public static void main(String[] args) throws IOException {
            SoftpickConfig config = SoftpickConfig.builder().embedDim(16).hiddenSize(32).numLayers(1).build();
            var setting = new Comparison.Setting(Effort.SMOKE, config, "a model", 1, Machine.here(), "", "");
            Comparison.measure(setting, (what, done, of) -> {
                if (what.equals("timings")) {
                    IO.println(warmUps() + " warm-ups run");
                    Runtime.getRuntime().halt(0);
                }
            });
        }

        private static int warmUps() {
            int count = 0;
            try {
                for (Thread thread : Thread.getAllStackTraces().keySet()) {
                    count += thread.getName().equals("softpick-warm-up") && !thread.join(LAST_WORDS) ? 1 : 0;
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return count;
        }
    }

    private Process start(String effort) throws IOException {
        return java(Main.class.getName(), "compare", effort, "--output", folder.resolve("report.html").toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static ProcessBuilder java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
