package dev.softpick.measure;

import dev.softpick.kernels.BackendInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a figure was measured on. Names no host and no folder.
 *
 * @param system the operating system, its version and the architecture
 * @param processor its name where the operating system tells it in a file, else null
 * @param heapMiB the heap's limit
 * @param jdk version and maker
 * @param flags of the JVM, those that have to do with speed
 */
@SuppressWarnings("exports") // nobody needs JSpecify's annotations to compile against them
public record Machine(
        String system, @Nullable String processor, int processors, long heapMiB, String jdk, String flags) {

    private static final Path LINUX_PROCESSORS = Path.of("/proc/cpuinfo");
    private static final List<String> FLAGS = List.of("-X", "--add-modules", "-Dsoftpick.backend");

    /** This one. */
    public static Machine here() {
        Runtime runtime = Runtime.getRuntime();
        return new Machine(
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ""
                        + " " + System.getProperty("os.arch"),
                readProcessor(), runtime.availableProcessors(), runtime.maxMemory() >> 20,
                Runtime.version() + " (" + System.getProperty("java.vendor") + ", " + System.getProperty("java.vm.name")
                        + ")",
                relevantFlags());
    }

    /** Operating system, processor, cores, heap limit. */
    public String describe() {
        return system + (processor == null ? "" : ", " + processor) + ", " + processors + " processors, heap limit "
                + heapMiB + " MiB";
    }

    /** The processor's name as a part of a file's. */
    public String fileName() {
        String name = processor == null ? System.getProperty("os.arch") : processor;
        return name.toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm)\\)", "")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
    }

    /** Backend and width of this JVM. */
    public static String backend() {
        BackendInfo backend = BackendInfo.current();
        return backend.name() + ", " + backend.width() + " bits";
    }

    private static @Nullable String readProcessor() {
        if (!Files.isReadable(LINUX_PROCESSORS)) {
            return null;
        }
        try (BufferedReader lines = Files.newBufferedReader(LINUX_PROCESSORS)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException unreadable) {
            return null;
        }
        return null;
    }

    private static String relevantFlags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> FLAGS.stream().anyMatch(flag::startsWith))
                .filter(flag -> !flag.contains("/") && !flag.contains("\\"))
                .collect(Collectors.joining(" "));
    }

    /** The commit of the checkout in whose {@code target} folder the class was built, or {@code unknown}. */
    public static String commit(Class<?> built) {
        try {
            Path code = Path.of(built.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path target = code.getParent();
            Path module = target != null && target.endsWith("target") ? target.getParent() : null;
            if (module == null) {
                return "unknown";
            }
            String hash = git(module, "rev-parse", "--short", "HEAD");
            return hash.isEmpty() ? "unknown"
                    : git(module, "status", "--porcelain", "--untracked-files=no").isEmpty() ? hash
                    : hash + " with changes";
        } catch (IOException | URISyntaxException unreadable) {
            return "unknown";
        }
    }

    /** What git prints, or nothing where it fails. */
    private static String git(Path folder, String... arguments) throws IOException {
        ProcessBuilder git = new ProcessBuilder("git").directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        git.command().addAll(List.of(arguments));
        Process process = git.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.onExit().join().exitValue() == 0 ? text.strip() : "";
    }
}
