package dev.softpick.model;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A fresh JVM with this fork's class path and vector width, for what can be seen only once in the life of a JVM. */
record ChildJvm(int exit, String output) {

    private static final int MOST_SECONDS = 300;

    /** Runs a main class; the flags come behind the fork's own, so they win. */
    static ChildJvm run(Class<?> main, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // but not the collector, which only saves time here
            if (flag.startsWith("-XX:") && !flag.endsWith("GC") || flag.startsWith("--add-modules")) {
                command.add(flag);
            }
        }
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("softpick-child", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String said = Files.readString(output);
            if (!ended) {
                throw new AssertionError("a JVM ran for more than " + MOST_SECONDS + " s: " + command + "\n" + said);
            }
            return new ChildJvm(process.exitValue(), said);
        } finally {
            Files.delete(output);
        }
    }
}
