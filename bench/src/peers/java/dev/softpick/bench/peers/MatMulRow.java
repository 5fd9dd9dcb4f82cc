package dev.softpick.bench.peers;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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

    String name() {
        return m + "×" + k + "×" + n;
    }

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
     * Measures in a new process.
     *
     * @param coreType OpenBLAS's, or null for the one that it picks
     */
    static Run run(String coreType, int rounds) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of("OPENBLAS_NUM_THREADS", "1", "OPENBLAS_VERBOSE", "2"));
        if (coreType != null) {
            environment.put("OPENBLAS_CORETYPE", coreType);
        }
        Fork fork = Fork.run(MatMulTurns.class, List.of(), environment, Integer.toString(rounds));
        List<MatMulRow> rows = fork.lines().stream()
                .filter(line -> line.startsWith(MARK + "\t"))
                .map(MatMulRow::parse)
                .toList();
        String core = fork.errors().lines()
                .filter(line -> line.startsWith("Core: "))
                .map(line -> line.substring("Core: ".length()).strip())
                .findFirst()
                .orElse("unknown");
        return new Run(core, rows);
    }
}
