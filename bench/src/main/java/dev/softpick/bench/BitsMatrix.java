package dev.softpick.bench;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * {@code softpick bench bits}: runs the same small models in JVMs that differ in everything that must not matter, and
 * compares the bits.
 *
 * <p>Each pair of a backend and width with a collector, with a way to compile, and of a collector with a way to compile is
 * in one JVM at least; in every JVM all numbers of threads meet all batches.
 */
public final class BitsMatrix {

    private static final String[][] BACKENDS = {
        {"vector"}, {"vector", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:UseAVX=2"}, {"vector", "-XX:MaxVectorSize=16"}, {"scalar"}
    };
    private static final String[] COLLECTORS = {"-XX:+UseG1GC", "-XX:+UseParallelGC", "-XX:+UseSerialGC", "-XX:+UseZGC"};
    private static final String[][] COMPILERS = {
        {"interpreter", "-Xint"}, {"C1", "-XX:TieredStopAtLevel=1"}, {"C2", "-XX:+TieredCompilation"}
    };

    private static final int EMBED = 5;
    private static final int HIDDEN = 24;
    private static final int SHORT_STEPS = 4;

    /** Beyond a chunk of keys. */
    private static final int LONG_STEPS = 200;

    /** Rounds of a JVM that compiles: the last ones run on what C2 made. */
    private static final int ROUNDS = 12;

    private BitsMatrix() {}

    /** Without arguments, starts the JVMs; with a number of rounds, is one of them. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 0) {
            one(Integer.parseInt(arguments[0]));
            return;
        }
        Set<String> checksums = new TreeSet<>();
        Set<String> widths = new TreeSet<>();
        int jvms = 0;
        System.out.println("backend  bits  collector            compiler     checksum");
        for (int b = 0; b < BACKENDS.length; b++) {
            for (int c = 0; c < COLLECTORS.length; c++) {
                String[] compiler = COMPILERS[(b + c) % COMPILERS.length];
                String[] said = run(BACKENDS[b], COLLECTORS[c], compiler).split(" ");
                checksums.add(said[2]);
                jvms++;
                widths.add(said[1]);
                System.out.printf("%-8s %-5s %-20s %-12s %s%n", said[0], said[1], COLLECTORS[c].substring(8), compiler[0],
                        said[2]);
            }
        }
        System.out.println(checksums.size() + " checksum" + (checksums.size() == 1 ? "" : "s") + " in " + jvms
                + " JVMs, each with 1, 2 and 4 threads, batches of 1, 3 and 64, and the same row in all of them");
        if (widths.size() < BACKENDS.length) {
            System.out.println("not every width is to be had here; seen: " + String.join(", ", widths));
        }
        if (checksums.size() != 1) {
            System.exit(1);
        }
    }

    private static String run(String[] backend, String collector, String[] compiler) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-Dsoftpick.backend=" + backend[0]));
        command.addAll(List.of(backend).subList(1, backend.length));
        command.addAll(List.of(collector, compiler[1], "-Xmx512m", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(BitsMatrix.class.getName(), compiler[0].equals("C2") ? "" + ROUNDS : "1"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.onExit().join().exitValue() != 0 || output.split(" ").length != 3) {
            throw new IllegalStateException(String.join(" ", command) + ": " + output);
        }
        return output;
    }

    private static void one(int rounds) {
        String checksum = checksum();
        for (int round = 1; round < rounds; round++) {
            String again = checksum();
            if (!again.equals(checksum)) {
                throw new IllegalStateException("round " + round + " has checksum " + again + ", the first " + checksum);
            }
        }
        BackendInfo backend = BackendInfo.current();
        System.out.println(backend.name() + " " + backend.width() + " " + checksum);
    }

    private static String checksum() {
        CRC32 crc = new CRC32();
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickConfig config = SoftpickConfig.builder()
                    .embedDim(EMBED).hiddenSize(HIDDEN).numHeads(2).numLayers(2).normalizer(normalizer).build();
            SoftpickTransformer model = SoftpickTransformer.random(config, 3);
            float[] row = OnBackend.gaussian(1, SHORT_STEPS * EMBED);
            add(crc, forward(model, row, 1, SHORT_STEPS));
            add(crc, forward(model, OnBackend.gaussian(2, LONG_STEPS * EMBED), 1, LONG_STEPS));
            byte[] alone = bytes(forward(model, row, 1, SHORT_STEPS), 0, HIDDEN);
            for (int batch : new int[] {1, 3, 64}) {
                for (int threads : new int[] {1, 2, 4}) {
                    float[] x = OnBackend.gaussian(batch, batch * row.length);
                    int at = (batch - 1) * threads / 4;
                    System.arraycopy(row, 0, x, at * row.length, row.length);
                    float[] y = forward(model.parallelism(threads), x, batch, SHORT_STEPS);
                    if (!Arrays.equals(bytes(y, at * HIDDEN, HIDDEN), alone)) {
                        throw new IllegalStateException(normalizer + ": row " + at + " of " + batch + ", " + threads
                                + " threads, differs from the row alone");
                    }
                    add(crc, y);
                }
            }
        }
        return String.format("%08x", crc.getValue());
    }

    private static float[] forward(SoftpickTransformer model, float[] x, int batch, int steps) {
        float[] y = new float[batch * HIDDEN];
        model.forward(x, batch, steps, y);
        return y;
    }

    private static void add(CRC32 crc, float[] y) {
        crc.update(bytes(y, 0, y.length));
    }

    private static byte[] bytes(float[] y, int from, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * length);
        for (int i = from; i < from + length; i++) {
            bytes.putFloat(y[i]);
        }
        return bytes.array();
    }
}
