package dev.softpick.bench;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.model.WeightFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code softpick bench bits}: runs the same small models in JVMs that differ in everything that must not matter, and
 * compares the bits.
 *
 * <p>Each pair of a backend and width with a collector, with a way to compile, and of a collector with a way to compile
 * is in one JVM at least; in every JVM all numbers of threads meet all batches. Every JVM has its backend forced,
 * because a model serves its first calls on scalar kernels otherwise, and says which one it ran on.
 */
@Command(
        name = "bits",
        header = "Compares the bits of small models in JVMs of every kind.",
        mixinStandardHelpOptions = true,
        description = {
            "",
            "Prints backend, width and a checksum for each weight format, and ends with 1 unless all are the same.",
            ""
        })
final class BitsMatrix implements Callable<Integer> {

    private static final String[][] BACKENDS = {
        {"vector"},
        {"vector", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:UseAVX=2"},
        {"vector", "-XX:MaxVectorSize=16"},
        {"scalar"}
    };
    private static final String[] COLLECTORS = {
        "-XX:+UseG1GC", "-XX:+UseParallelGC", "-XX:+UseSerialGC", "-XX:+UseZGC"
    };
    private static final String[][] COMPILERS = {
        {"interpreter", "-Xint"}, {"C1", "-XX:TieredStopAtLevel=1"}, {"C2", "-XX:+TieredCompilation"}
    };

    private static final String FORMATS =
            Arrays.stream(WeightFormat.values()).map(WeightFormat::id).collect(Collectors.joining(" "));

    /** Rounds of a JVM that compiles: the last ones run on what C2 made. */
    private static final int ROUNDS = 12;

    @Option(
            names = "--short",
            description = "This JVM alone, once, for machines that are emulated: prints one line.")
    private boolean here;

    @Option(names = "--backend", paramLabel = "NAME", description = "With --short: vector or scalar, forced.")
    private String backend;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "With --short: as often, all with the same bits. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--write",
            paramLabel = "FOLDER",
            description = "With --short: writes models, a sequence and sessions' states, whose bytes are the"
                    + " same everywhere.")
    private Path write;

    @Option(
            names = "--resume",
            paramLabel = "FOLDER",
            description = "With --short: goes on from the states in a folder that --write wrote, elsewhere perhaps.")
    private Path resume;

    @Override
    public Integer call() throws IOException {
        return here ? one() : matrix();
    }

    private int one() throws IOException {
        BackendInfo on = Bits.force(backend);
        StringBuilder line = new StringBuilder(on.name() + " " + on.width());
        for (WeightFormat format : WeightFormat.values()) {
            line.append(' ').append(Bits.checksum(format, rounds));
        }
        System.out.println(line);
        if (write != null) {
            Bits.write(write);
        }
        if (resume != null) {
            System.out.println(Bits.resume(resume) + " states resumed");
        }
        return 0;
    }

    private static int matrix() throws IOException {
        Set<String> checksums = new TreeSet<>();
        Set<String> widths = new TreeSet<>();
        int jvms = 0;
        System.out.printf("backend  bits  collector            compiler     %s%n", FORMATS);
        for (int b = 0; b < BACKENDS.length; b++) {
            for (int c = 0; c < COLLECTORS.length; c++) {
                String[] compiler = COMPILERS[(b + c) % COMPILERS.length];
                String[] said = run(BACKENDS[b], COLLECTORS[c], compiler).split(" ", 3);
                checksums.add(said[2]);
                jvms++;
                widths.add(said[1]);
                System.out.printf(
                        "%-8s %-5s %-20s %-12s %s%n", said[0], said[1], COLLECTORS[c].substring(8), compiler[0],
                        said[2]);
            }
        }
        System.out.println(checksums.size() + (checksums.size() == 1 ? " line" : " lines") + " of checksums in " + jvms
                + " JVMs, each with 1, 2 and 4 threads, batches of 1, 3 and 64, and the same row in all of them");
        if (widths.size() < BACKENDS.length) {
            System.out.println("not every width is to be had here; seen: " + String.join(", ", widths));
        }
        return checksums.size() == 1 ? 0 : 1;
    }

    private static String run(String[] backend, String collector, String[] compiler) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of(backend).subList(1, backend.length));
        command.addAll(List.of(collector, compiler[1], "-Xmx512m", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Main.class.getName(), "bits", "--short", "--backend", backend[0]));
        command.addAll(List.of("--rounds", compiler[0].equals("C2") ? "" + ROUNDS : "1"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.onExit().join().exitValue() != 0 || !output.startsWith(backend[0] + " ")
                || output.split(" ").length != 2 + WeightFormat.values().length) {
            throw new IllegalStateException(String.join(" ", command) + ": " + output);
        }
        return output;
    }
}
