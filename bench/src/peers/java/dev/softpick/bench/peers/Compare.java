package dev.softpick.bench.peers;

import dev.softpick.model.Normalizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Ours against ONNX Runtime and OpenBLAS, in turns; prints a table and writes it as {@code <date>-<cpu>.md} and
 * {@code .json}.
 *
 * <pre>
 *   java --add-modules jdk.incubator.vector -jar bench/target/peers.jar [--rounds n] [--only forward|matmul]
 *        [--rows 1x60,8x60,…] [--out folder]
 * </pre>
 */
public final class Compare {

    private static final String[] ROWS = {"1x60", "8x60", "32x60", "1x512", "1x2048", "1x4096"};

    /** What OpenBLAS is told to be besides what it picks; on new CPUs it may pick a slow core. */
    private static final String CORE = "SKYLAKEX";

    private int rounds = 15;
    private String only = "";
    private String[] rows = ROWS;
    private String[] threads = {"1", "2"};
    private String[] normalizers = {"softpick", "softmax"};
    private Path out = Path.of("bench", "results");

    private Compare() {}

    /** Measures what the arguments say; everything without any. */
    public static void main(String[] args) throws Exception {
        Compare compare = new Compare();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + " has no value");
            }
            compare.option(args[i], args[i + 1]);
        }
        compare.run();
    }

    private void option(String name, String value) {
        switch (name) {
            case "--rounds" -> rounds = Integer.parseInt(value);
            case "--only" -> only = value;
            case "--rows" -> rows = value.split(",");
            case "--threads" -> threads = value.split(",");
            case "--normalizers" -> normalizers = value.split(",");
            case "--out" -> out = Path.of(value);
            default -> throw new IllegalArgumentException(
                    name + " is unknown; allowed are --rounds, --only, --rows, --threads, --normalizers, --out");
        }
        if (rounds < 1 || !List.of("", "forward", "matmul").contains(only)) {
            throw new IllegalArgumentException(
                    name + " is " + value + "; --rounds is 1 or more, --only is forward or matmul");
        }
    }

    private void run() throws Exception {
        Report report = new Report(Machine.read(rounds));
        if (!only.equals("forward")) {
            for (String core : new String[] {null, CORE}) {
                MatMulRow.Run run = MatMulRow.run(core, rounds);
                report.matMul(core == null ? "as shipped" : core, run);
            }
        }
        if (!only.equals("matmul")) {
            for (ForwardRow.Work work : works()) {
                report.forward(ForwardRow.measure(work, rounds));
            }
        }
        report.write(out);
    }

    private List<ForwardRow.Work> works() {
        List<ForwardRow.Work> works = new ArrayList<>();
        for (String n : threads) {
            for (String normalizer : normalizers) {
                for (String row : rows) {
                    int x = row.indexOf('x');
                    works.add(new ForwardRow.Work(
                            Integer.parseInt(row.substring(0, x)), Integer.parseInt(row.substring(x + 1)),
                            Integer.parseInt(n), Normalizer.fromId(normalizer)));
                }
            }
        }
        return works;
    }
}
