package dev.softpick.cli.terminal;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a figure was measured on. */
public final class Machine {

    private static final Path LINUX_PROCESSORS = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** Operating system, processor, cores, heap limit. */
    public static String describe() {
        Runtime runtime = Runtime.getRuntime();
        String processor = processor();
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + (processor == null ? "" : ", " + processor) + ", "
                + runtime.availableProcessors() + " processors, heap limit " + (runtime.maxMemory() >> 20) + " MiB";
    }

    /** Version and maker of the JDK. */
    public static String jdk() {
        return Runtime.version() + " (" + System.getProperty("java.vendor") + ", "
                + System.getProperty("java.vm.name") + ")";
    }

    /** The processor's name where the operating system tells it in a file, else null. */
    private static String processor() {
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
}
