package dev.softpick.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints every result when it is there and writes all of them in the end. */
final class Report {

    private static final String REPRODUCE = """
            mvn -q -Ppeers -pl bench -am -DskipTests package
            java --add-modules jdk.incubator.vector -jar bench/target/peers.jar
            """;

    private final Machine machine;
    private final List<String> forward = new ArrayList<>();
    private final List<String> matMul = new ArrayList<>();
    private final List<String> json = new ArrayList<>();

    Report(Machine machine) {
        this.machine = machine;
        machine.facts().forEach((name, value) -> System.out.println(name + ": " + value));
    }

    void forward(ForwardRow row) {
        ForwardRow.Work work = row.work();
        add(forward, text(
                "| %d×%d | %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f %% | %.1e |",
                work.batch(), work.steps(), work.normalizer().id(), work.threads(),
                row.ours() / 1e6, row.full() / 1e6, row.pruned() / 1e6, row.ratioToFull(), row.ratioToPruned(),
                row.fma(), row.percentOfCeiling(), row.difference()));
        json.add(text(
                "{\"subject\": \"forward\", \"batch\": %d, \"steps\": %d, \"normalizer\": \"%s\", \"threads\": %d, "
                        + "\"ours_ms\": %.4f, \"onnxruntime_full_ms\": %.4f, \"onnxruntime_pruned_ms\": %.4f, "
                        + "\"fma_gflops\": %.1f, \"needed_gflop\": %.4f, \"difference\": %.2e}",
                work.batch(), work.steps(), work.normalizer().id(), work.threads(),
                row.ours() / 1e6, row.full() / 1e6, row.pruned() / 1e6, row.fma(), row.arithmetic() / 1e9,
                row.difference()));
    }

    void matMul(String asked, MatMulRow.Run run) {
        for (MatMulRow row : run.rows()) {
            add(matMul, text(
                    "| %d×%d×%d | %s | %s (%s) | %.1f | %.1f | %.2f | %.0f | %.0f | %.0f %% |",
                    row.m(), row.k(), row.n(), row.source(), asked, run.core(), row.gflops(row.ours()),
                    row.gflops(row.openBlas()), row.ratio(), row.fma(), row.read(), row.percentOfCeiling()));
            json.add(text(
                    "{\"subject\": \"matmul\", \"m\": %d, \"k\": %d, \"n\": %d, \"weights\": \"%s\", "
                            + "\"openblas_core\": \"%s (%s)\", \"ours_gflops\": %.2f, \"openblas_gflops\": %.2f, "
                            + "\"fma_gflops\": %.1f, \"read_gbs\": %.1f}",
                    row.m(), row.k(), row.n(), row.source(), asked, run.core(), row.gflops(row.ours()),
                    row.gflops(row.openBlas()), row.fma(), row.read()));
        }
    }

    private static void add(List<String> table, String row) {
        table.add(row);
        System.out.println(row);
    }

    /** Writes both files. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path markdown = folder.resolve(machine.fileName() + ".md");
        Files.writeString(markdown, markdown());
        Files.writeString(folder.resolve(machine.fileName() + ".json"), json());
        System.out.println("written: " + markdown + " and .json");
    }

    private String markdown() {
        StringBuilder text = new StringBuilder("# Against the peers, " + machine.date() + "\n\n```\n" + REPRODUCE
                + "```\n\nMedians of calls taken in turns in one run; outputs compared before."
                + " The ceilings are measured between the calls.\n"
                + "Absolute times mean little on a shared machine; ratios mean more.\n\n");
        machine.facts().forEach(
                (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
        if (!forward.isEmpty()) {
            text.append("\n## Forward pass, default model, ONNX Runtime 1.29.0 (spinning allowed), ms\n\n"
                    + "*Pruned*: the last block computes the last row only."
                    + " *Of peak*: needed arithmetic over the FMA peak.\n\n"
                    + "| batch×steps | normalizer | threads | ours | full | pruned | full / ours | pruned / ours"
                    + " | FMA peak, GFLOP/s | of peak | outputs differ by |\n"
                    + "|---|---|---|---|---|---|---|---|---|---|---|\n");
            forward.forEach(row -> text.append(row).append('\n'));
        }
        if (!matMul.isEmpty()) {
            text.append("\n## Matmul, one thread, OpenBLAS 0.3.31, GFLOP/s\n\n"
                    + "*Of ceiling*: of the FMA peak; for one row, of reading the weights.\n\n"
                    + "| M×K×N | weights | OpenBLAS core | ours | OpenBLAS | ours / OpenBLAS | FMA peak"
                    + " | read, GB/s | of ceiling |\n|---|---|---|---|---|---|---|---|---|\n");
            matMul.forEach(row -> text.append(row).append('\n'));
        }
        return text.toString();
    }

    private String json() {
        StringBuilder text = new StringBuilder("{\n  \"date\": " + quoted(machine.date()));
        machine.facts().forEach(
                (name, value) -> text.append(",\n  ").append(quoted(name)).append(": ").append(quoted(value)));
        return text.append(",\n  \"results\": [\n    ")
                .append(String.join(",\n    ", json))
                .append("\n  ]\n}\n")
                .toString();
    }

    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
