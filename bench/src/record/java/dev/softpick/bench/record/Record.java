package dev.softpick.bench.record;

import dev.softpick.bench.peers.Ceilings;
import dev.softpick.bench.peers.Machine;
import dev.softpick.bench.peers.Turns;
import dev.softpick.model.Normalizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Ours against PyTorch through DJL, netlib's VectorBLAS and EJML, once for the record: one thread, in turns. Prints the
 * tables and writes them as {@code <date>-<cpu>-record.md}.
 *
 * <p>The variables keep glibc from mapping and returning large tensors in every call, which costs PyTorch more than
 * a third of its speed at 2048 steps.
 *
 * <pre>
 *   MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592
 *   java --add-modules jdk.incubator.vector -jar bench/target/record.jar [--rounds n] [--only forward|matmul]
 *        [--rows 1x60,8x60,…] [--out folder]
 * </pre>
 */
public final class Record {

    private static final String REPRODUCE = """
            mvn -q -Precord -pl bench -am -DskipTests package
            %sjava --add-modules jdk.incubator.vector -jar bench/target/record.jar
            """;

    /** Of glibc, which PyTorch takes its memory from. */
    private static final List<String> VARIABLES =
            List.of("MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_");

    private static final int[][] MAT_MUL = {{60, 256, 768}, {60, 256, 1024}, {60, 1024, 256}, {480, 256, 1024}};

    private int rounds = 7;
    private String only = "";
    private String[] rows = {"1x60", "8x60", "1x512", "1x2048"};
    private Path out = Path.of("bench", "results");
    private final StringBuilder text = new StringBuilder();

    private Record() {}

    /** Measures what the arguments say; everything without any. */
    public static void main(String[] args) throws IOException {
        // DJL reads these when it loads PyTorch; offline it takes the natives from the jar and reports nothing home.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        Record comparison = new Record();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + " has no value");
            }
            comparison.option(args[i], args[i + 1]);
        }
        comparison.run();
    }

    private void option(String name, String value) {
        switch (name) {
            case "--rounds" -> rounds = Integer.parseInt(value);
            case "--only" -> only = value;
            case "--rows" -> rows = value.split(",");
            case "--out" -> out = Path.of(value);
            default -> throw new IllegalArgumentException(
                    name + " is unknown; allowed are --rounds, --only, --rows, --out");
        }
        if (rounds < 1 || !List.of("", "forward", "matmul").contains(only)) {
            throw new IllegalArgumentException(
                    name + " is " + value + "; --rounds is 1 or more, --only is forward or matmul");
        }
    }

    private void run() throws IOException {
        String environment = VARIABLES.stream()
                .filter(name -> System.getenv(name) != null)
                .map(name -> name + "=" + System.getenv(name) + " ")
                .collect(Collectors.joining());
        Machine machine = Machine.read(rounds);
        add("# Against PyTorch, VectorBLAS and EJML, " + machine.date() + "\n\n```\n"
                + REPRODUCE.formatted(environment) + "```\n\n"
                + "Medians of calls taken in turns in one run, one thread; outputs compared before."
                + " The FMA peak is measured between the calls.\n"
                + (environment.isEmpty() ? "" : "The variables keep glibc from returning large tensors to the system"
                        + " and mapping them again in every call of PyTorch.\n")
                + "Absolute times mean little on a shared machine; ratios mean more.\n\n");
        machine.facts().forEach((name, value) -> add("- " + name + ": " + value + '\n'));
        Turns.warmUp(() -> Ceilings.fma(1), 1000);
        if (!only.equals("matmul")) {
            add("\n## Forward pass, default model, PyTorch 2.7.1 through DJL 0.36.0, ms\n\n"
                    + "*Pruned*: the last block computes the last row only."
                    + " Operation by operation, as DJL offers them; it has no fused attention.\n\n" + TorchRow.HEADER);
            for (String row : rows) {
                int x = row.indexOf('x');
                int batch = Integer.parseInt(row.substring(0, x));
                int steps = Integer.parseInt(row.substring(x + 1));
                for (Normalizer normalizer : List.of(Normalizer.SOFTPICK, Normalizer.SOFTMAX)) {
                    add(TorchRow.measure(batch, steps, normalizer, rounds).line() + '\n');
                }
            }
        }
        if (!only.equals("forward")) {
            add("\n## Matmul, netlib VectorBLAS 3.2.0 and EJML 0.46.1, GFLOP/s\n\n"
                    + "Ours takes weights packed in advance. netlib stores columns and computes Cᵀ = Bᵀ·Aᵀ.\n\n"
                    + BlasRow.HEADER);
            for (int[] shape : MAT_MUL) {
                add(BlasRow.measure(shape[0], shape[1], shape[2], rounds).line() + '\n');
            }
        }
        Files.createDirectories(out);
        Path file = out.resolve(machine.fileName() + "-record.md");
        Files.writeString(file, text);
        System.out.println("written: " + file);
    }

    private void add(String part) {
        text.append(part);
        System.out.print(part);
    }
}
