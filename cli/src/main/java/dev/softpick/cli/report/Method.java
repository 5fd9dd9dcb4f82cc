package dev.softpick.cli.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where the figures come from. Names no host and no folder.
 *
 * @param backend {@code vector} or {@code scalar}
 * @param width of a vector in bits, 0 for none
 * @param flags of the JVM, those that have to do with speed
 * @param commit that was built, or unknown
 * @param command that repeats it
 */
record Method(
        String date, String machine, String jdk, String flags, String backend, int width, String version,
        String commit, String effort, String command, double seconds) {

    private static final List<String> FLAGS = List.of("-X", "--add-modules", "-Dsoftpick.backend");

    static String today() {
        return LocalDate.now().toString();
    }

    /** What the JVM was started with; other properties are nobody's business. */
    static String relevantFlags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> FLAGS.stream().anyMatch(flag::startsWith))
                .filter(flag -> !flag.contains("/") && !flag.contains("\\"))
                .collect(Collectors.joining(" "));
    }

    /** The commit of the checkout whose build this is. */
    static String currentCommit() {
        try {
            Path code = Path.of(Method.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path target = code.getParent();
            if (!target.endsWith(Path.of("cli", "target"))) {
                return "unknown";
            }
            String hash = git(target, "rev-parse", "--short", "HEAD");
            return hash.isEmpty() ? "unknown"
                    : git(target, "status", "--porcelain", "--untracked-files=no").isEmpty() ? hash
                    : hash + " with changes";
        } catch (IOException | URISyntaxException unreadable) {
            return "unknown";
        }
    }

    /** What git prints, or nothing where it fails. */
    private static String git(Path folder, String... arguments) throws IOException {
        ProcessBuilder git = new ProcessBuilder("git").directory(folder.getParent().toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        git.command().addAll(List.of(arguments));
        Process process = git.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.onExit().join().exitValue() == 0 ? text.strip() : "";
    }
}
