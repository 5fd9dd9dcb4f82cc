package dev.softpick.bench.peers;

import dev.softpick.kernels.BackendInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Where a result comes from, as names and values in the order in which they are shown. */
public record Machine(String date, String cpu, Map<String, String> facts) {

    public static Machine read(int rounds) throws IOException {
        String cpu = findCpu();
        Runtime runtime = Runtime.getRuntime();
        BackendInfo backend = BackendInfo.current();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cpu", cpu);
        facts.put("processors", Integer.toString(runtime.availableProcessors()));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("jdk", System.getProperty("java.vendor") + " " + Runtime.version());
        facts.put("flags", String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        facts.put("backend", backend.name() + ", " + backend.width() + " bits");
        facts.put("heap", (runtime.maxMemory() >> 20) + " MB at most");
        facts.put("commit", commit());
        facts.put("rounds", Integer.toString(rounds));
        return new Machine(LocalDate.now().toString(), cpu, facts);
    }

    /** The files' name without its ending. */
    public String fileName() {
        return date + "-" + cpu.toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm)\\)", "")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
    }

    private static String findCpu() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return System.getProperty("os.arch");
        }
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }

    private static String commit() throws IOException {
        String hash = git("rev-parse", "--short", "HEAD");
        return hash.isEmpty() ? "unknown" : git("status", "--porcelain").isEmpty() ? hash : hash + " and changes";
    }

    /** What git prints, or nothing where it fails. */
    private static String git(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = "git";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.onExit().join().exitValue() == 0 ? text.strip() : "";
    }
}
