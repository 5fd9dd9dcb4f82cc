package dev.softpick.bench.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A JVM with this one's flags and class path, and some more.
 *
 * @param lines what it printed
 * @param errors what it wrote to standard error
 */
public record Fork(List<String> lines, String errors) {

    /** Runs it to its end; throws if that is not a good one. */
    public static Fork run(Class<?> main, List<String> flags, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile("fork", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            List<String> lines;
            try (BufferedReader reader = process.inputReader()) {
                lines = reader.lines().toList();
            }
            String log = Files.readString(errors);
            int code = process.onExit().join().exitValue();
            if (code != 0) {
                throw new IOException(main.getSimpleName() + " ended with " + code + ": " + log);
            }
            return new Fork(lines, log);
        } finally {
            Files.delete(errors);
        }
    }
}
