package dev.softpick.bench.peers;

import com.google.gson.Gson;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Fork;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Products beside OpenBLAS, which takes its threads and core type from the environment: a process for each. */
final class MatMulTable {

    /** What OpenBLAS is told to be besides what it picks; on new CPUs it may pick a slow core. */
    private static final String CORE = "SKYLAKEX";

    private static final String AS_SHIPPED = "as shipped";
    private static final Gson JSON = new Gson();

    private MatMulTable() {}

    /**
     * One shape: medians of nanoseconds a call, and the ceilings measured between them.
     *
     * @param source where the weights come from
     * @param fma peak in GFLOP/s
     * @param read GB/s of reading the weights' bytes
     */
    record Row(int m, int k, int n, String source, double ours, double openBlas, double fma, double read) {

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
    }

    static void measure(Result result, int rounds) throws IOException {
        Table table = result.add(new Table(
                "matmul", "Matmul, one thread, beside OpenBLAS",
                "GFLOP/s. *Of ceiling*: of the FMA peak; for one row, of reading the weights. *Cycled*: six"
                        + " layers' weights in"
                        + " turns, which do not fit in L2.",
                Column.key("shape", "M×K×N"), Column.key("weights", "weights"), Column.key("openblas", "OpenBLAS"),
                Column.figure("openblas_core", "its core", "%s"), Column.figure("ours_gflops", "ours", "%.1f"),
                Column.figure("openblas_gflops", "OpenBLAS", "%.1f"),
                Column.followed("ratio", "ours / OpenBLAS", "%.2f"),
                Column.figure("fma_gflops", "FMA peak", "%.0f"), Column.figure("read_gbs", "read, GB/s", "%.0f"),
                Column.followed("percent", "of ceiling", "%.0f %%")));
        List<Row> all = new ArrayList<>();
        for (String core : new String[] {AS_SHIPPED, CORE}) {
            Fork fork = fork(core, rounds);
            for (String line : fork.lines()) {
                Row row = JSON.fromJson(line, Row.class);
                all.add(row);
                table.row(
                        row.m() + "×" + row.k() + "×" + row.n(), row.source(), core, core(fork),
                        row.gflops(row.ours()), row.gflops(row.openBlas()), row.ratio(), row.fma(), row.read(),
                        row.percentOfCeiling());
            }
        }
        for (int m : new int[] {60, 480}) {
            result.goal(Goals.matMulOfPeak(m), of(all, m, MatMulTurns.ONE, Row::percentOfCeiling));
            result.goal(Goals.matMul(m), of(all, m, MatMulTurns.ONE, Row::ratio));
        }
        result.goal(Goals.LARGE_MATMUL, of(all, 1024, MatMulTurns.PACKING, Row::ratio));
        result.goal(
                Goals.ROW_TIMES_MATRIX,
                all.stream().filter(row -> row.m() == 1).mapToDouble(Row::percentOfCeiling).toArray());
    }

    private static double[] of(List<Row> rows, int m, String source, ToDoubleFunction<Row> figure) {
        Stream<Row> those = rows.stream().filter(row -> row.m() == m && row.source().equals(source));
        return those.mapToDouble(figure).toArray();
    }

    private static Fork fork(String core, int rounds) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of("OPENBLAS_NUM_THREADS", "1", "OPENBLAS_VERBOSE", "2"));
        if (!core.equals(AS_SHIPPED)) {
            environment.put("OPENBLAS_CORETYPE", core);
        }
        return Fork.run(MatMulTurns.class, List.of(), environment, Integer.toString(rounds));
    }

    /** What OpenBLAS says that it is. */
    private static String core(Fork fork) {
        return fork.errors().lines()
                .filter(line -> line.startsWith("Core: "))
                .map(line -> line.substring("Core: ".length()).strip())
                .findFirst()
                .orElse("unknown");
    }
}
