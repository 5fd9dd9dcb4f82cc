package dev.softpick.bench.peers;

import dev.softpick.kernels.BackendInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One shape of {@link MatMulTurns}: medians of nanoseconds a call, and the ceilings measured between them.
 *
 * @param source where the weights come from
 * @param fma peak in GFLOP/s
 * @param read GB/s of reading the weights' bytes
 */
record MatMulRow(int m, int k, int n, String source, double ours, double openBlas, double fma, double read) {

    /** What one process of OpenBLAS did. */
    record Run(String core, List<MatMulRow> rows) {}

    private static final String MARK = "matmul";

    double gflops(double nanos) {
        return 2.0 * m * k * n / nanos;
    }

    double ratio() {
        return openBlas / ours;
    }

    /** Ours in percent of what the machine can do: multiply-adds, or reading the weights for a single row. */
    double percentOfCeiling() {
        return m == 1 ? 100 * 4.0 * k * n / ours / read : 100 * gflops(ours) / fma;
    }

    /** As {@link #run} reads it. */
    String line() {
        return String.format(
                Locale.ROOT, "%s\t%d\t%d\t%d\t%s\t%f\t%f\t%f\t%f", MARK, m, k, n, source, ours, openBlas, fma, read);
    }

    private static MatMulRow parse(String line) {
        String[] f = line.split("\t");
        return new MatMulRow(
                Integer.parseInt(f[1]), Integer.parseInt(f[2]), Integer.parseInt(f[3]), f[4],
                Double.parseDouble(f[5]), Double.parseDouble(f[6]), Double.parseDouble(f[7]), Double.parseDouble(f[8]));
    }

    /**
     * Measures in a new process with this one's flags.
     *
     * @param coreType OpenBLAS's, or null for the one that it picks
     */
    static Run run(String coreType, int rounds) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        if (BackendInfo.current().width() > 0) {
            command.add("--add-modules=jdk.incubator.vector");
        }
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MatMulTurns.class.getName()));
        command.add(Integer.toString(rounds));
        Path errors = Files.createTempFile("openblas", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().put("OPENBLAS_NUM_THREADS", "1");
            builder.environment().put("OPENBLAS_VERBOSE", "2");
            builder.environment().remove("OPENBLAS_CORETYPE");
            if (coreType != null) {
                builder.environment().put("OPENBLAS_CORETYPE", coreType);
            }
            return read(builder.start(), errors);
        } finally {
            Files.delete(errors);
        }
    }

    private static Run read(Process process, Path errors) throws IOException {
        List<MatMulRow> rows = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().filter(line -> line.startsWith(MARK + "\t")).forEach(line -> rows.add(parse(line)));
        }
        String log = Files.readString(errors);
        int code = process.onExit().join().exitValue();
        if (code != 0) {
            throw new IOException("the OpenBLAS process ended with " + code + ": " + log);
        }
        String core = log.lines()
                .filter(line -> line.startsWith("Core: "))
                .map(line -> line.substring("Core: ".length()).strip())
                .findFirst()
                .orElse("unknown");
        return new Run(core, rows);
    }
}
