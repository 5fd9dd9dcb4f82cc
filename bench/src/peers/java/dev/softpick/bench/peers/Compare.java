package dev.softpick.bench.peers;

import static dev.softpick.bench.peers.Section.number;
import static dev.softpick.bench.peers.Section.text;

import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Ours against ONNX Runtime and OpenBLAS, in turns, and against the machine's ceilings; prints tables and writes them as
 * {@code <date>-<cpu>.md} and {@code .json}.
 *
 * <pre>
 *   java --add-modules jdk.incubator.vector -jar bench/target/peers.jar [--rounds n] [--only matmul,widths,rows,attention,parts,forward]
 *        [--shapes 1x60,8x60,…] [--threads 1,2] [--normalizers softpick,softmax] [--out folder]
 * </pre>
 */
public final class Compare {

    private static final List<String> SUBJECTS = List.of("matmul", "widths", "rows", "attention", "parts", "forward");
    private static final int[] ATTENTION_STEPS = {60, 512, 1024, 2048, 4096, 8192};

    /** What OpenBLAS is told to be besides what it picks; on new CPUs it may pick a slow core. */
    private static final String CORE = "SKYLAKEX";

    private int rounds = 15;
    private List<String> only = SUBJECTS;
    private String[] shapes = {"1x60", "8x60", "32x60", "1x512", "1x2048", "1x4096"};
    private String[] threads = {"1", "2"};
    private String[] normalizers = {"softpick", "softmax"};
    private Path out = Path.of("bench", "results");

    private Compare() {}

    /** Measures what the arguments say; everything without any. */
    public static void main(String[] args) throws Exception {
        Compare compare = new Compare();
        try {
            for (int i = 0; i < args.length; i += 2) {
                if (i + 1 == args.length) {
                    throw new IllegalArgumentException(args[i] + " has no value");
                }
                compare.option(args[i], args[i + 1]);
            }
            compare.works();
        } catch (IllegalArgumentException e) {
            System.err.println("peers: " + e.getMessage());
            System.exit(2);
        }
        compare.run();
    }

    private void option(String name, String value) {
        switch (name) {
            case "--rounds" -> rounds = whole(name, value);
            case "--only" -> only = List.of(value.split(","));
            case "--shapes" -> shapes = value.split(",");
            case "--threads" -> threads = value.split(",");
            case "--normalizers" -> normalizers = value.split(",");
            case "--out" -> out = Path.of(value);
            default -> throw new IllegalArgumentException(
                    name + " is unknown; allowed are --rounds, --only, --shapes, --threads, --normalizers, --out");
        }
        if (!SUBJECTS.containsAll(only)) {
            throw new IllegalArgumentException(name + " is " + value + "; allowed are some of " + String.join(",", SUBJECTS));
        }
    }

    private static int whole(String name, String value) {
        if (!value.matches("[1-9]\\d{0,6}")) {
            throw new IllegalArgumentException(name + " has '" + value + "'; allowed is a whole number from 1");
        }
        return Integer.parseInt(value);
    }

    private void run() throws Exception {
        List<ForwardRow.Work> works = works();
        Report report = new Report(Machine.read(rounds));
        if (only.contains("matmul")) {
            matMul(report);
        }
        if (only.contains("widths")) {
            widths(report);
        }
        if (only.contains("rows")) {
            rows(report);
        }
        if (only.contains("attention")) {
            attention(report);
        }
        if (only.contains("parts")) {
            parts(report, 1);
            parts(report, 8);
        }
        if (only.contains("forward")) {
            forward(report, works);
        }
        report.write(out);
    }

    private List<ForwardRow.Work> works() {
        List<ForwardRow.Work> works = new ArrayList<>();
        for (String n : threads) {
            for (String normalizer : normalizers) {
                for (String shape : shapes) {
                    String[] sizes = shape.split("x");
                    if (sizes.length != 2) {
                        throw new IllegalArgumentException(
                                "--shapes has '" + shape + "'; allowed are batch x steps, for instance 8x60");
                    }
                    if (!List.of("softpick", "softmax").contains(normalizer)) {
                        throw new IllegalArgumentException(
                                "--normalizers has '" + normalizer + "'; allowed are softpick and softmax");
                    }
                    works.add(new ForwardRow.Work(
                            whole("--shapes", sizes[0]), whole("--shapes", sizes[1]), whole("--threads", n),
                            Normalizer.fromId(normalizer)));
                }
            }
        }
        return works;
    }

    private void matMul(Report report) throws IOException {
        Section section = report.section(new Section(
                "matmul", "Matmul, one thread, OpenBLAS 0.3.31",
                "GFLOP/s. *Of ceiling*: of the FMA peak; for one row, of reading the weights. *Cycled*: six layers' weights in"
                        + " turns, which do not fit in L2.",
                text("shape", "M×K×N"), text("weights", "weights"), text("openblas_core", "OpenBLAS core"),
                number("ours_gflops", "ours", "%.1f"), number("openblas_gflops", "OpenBLAS", "%.1f"),
                number("ratio", "ours / OpenBLAS", "%.2f"), number("fma_gflops", "FMA peak", "%.0f"),
                number("read_gbs", "read, GB/s", "%.0f"), number("percent", "of ceiling", "%.0f %%")));
        List<List<MatMulRow>> runs = new ArrayList<>();
        for (String core : new String[] {null, CORE}) {
            MatMulRow.Run run = MatMulRow.run(core, rounds);
            for (MatMulRow row : run.rows()) {
                section.row(
                        row.name(), row.source(), (core == null ? "as shipped" : core) + " (" + run.core() + ")",
                        row.gflops(row.ours()), row.gflops(row.openBlas()), row.ratio(), row.fma(), row.read(),
                        row.percentOfCeiling());
            }
            runs.add(run.rows());
        }
        for (int m : new int[] {60, 480}) {
            goal(report, "packed matmul, M = " + m + ", one matrix: of the FMA peak, worst shape", 90, "%.0f %%",
                    rows(runs, m, MatMulTurns.ONE).mapToDouble(MatMulRow::percentOfCeiling));
            goal(report, "the same against the best OpenBLAS", m == 60 ? 1.3 : 1.05, "%.2f",
                    rows(runs, m, MatMulTurns.ONE).mapToDouble(MatMulRow::ratio));
            goal(report, "the same, weights cycled: of the FMA peak (reported beside it)", 0, "%.0f %%",
                    rows(runs, m, MatMulTurns.CYCLED).mapToDouble(MatMulRow::percentOfCeiling));
        }
        goal(report, "1024³, packing included, against the best OpenBLAS", 1, "%.2f",
                rows(runs, 1024, MatMulTurns.PACKING).mapToDouble(MatMulRow::ratio));
        goal(report, "M = 1: of the read bandwidth of the weights", 80, "%.0f %%",
                Stream.of(MatMulTurns.ONE, MatMulTurns.CYCLED)
                        .flatMap(source -> rows(runs, 1, source))
                        .mapToDouble(MatMulRow::percentOfCeiling));
    }

    private static Stream<MatMulRow> rows(List<List<MatMulRow>> runs, int m, String source) {
        return runs.stream().flatMap(List::stream).filter(row -> row.m() == m && row.source().equals(source));
    }

    /** The worst of the figures must be at least {@code atLeast}; 0 asks for nothing. */
    private static void goal(
            Report report, String work, double atLeast, String format, DoubleStream seen) {
        double worst = seen.min().orElse(Double.NaN);
        report.goal(work, atLeast == 0 ? "–" : String.format(Locale.ROOT, format, atLeast),
                String.format(Locale.ROOT, format, worst), worst >= atLeast);
    }

    private void widths(Report report) throws IOException {
        Section section = report.section(new Section(
                "width", "Matmul " + WidthTurns.M + "×" + WidthTurns.K + "×" + WidthTurns.N + " at other vector widths",
                "GFLOP/s. *Loop*: the plain loop nest, which C2 vectorizes. The peak is that of the JVM's vectors; for"
                        + " the scalar backend it is not a ceiling but a comparison.",
                text("flags", "flags"), number("bits", "bits", "%d"), number("ours_gflops", "ours", "%.1f"),
                number("loop_gflops", "loop", "%.1f"), number("fma_gflops", "FMA peak", "%.1f"),
                number("percent", "of peak", "%.0f %%")));
        for (String flag : new String[] {"", "-XX:UseAVX=2", "-XX:MaxVectorSize=16", "-Dsoftpick.backend=scalar"}) {
            Fork fork = Fork.run(
                    WidthTurns.class, flag.isEmpty() ? List.of() : List.of("-XX:+IgnoreUnrecognizedVMOptions", flag), Map.of(),
                    Integer.toString(rounds));
            String[] f = fork.lines().getLast().split("\t");
            int bits = Integer.parseInt(f[1]);
            double ours = Double.parseDouble(f[2]);
            double loop = Double.parseDouble(f[3]);
            double peak = Double.parseDouble(f[4]);
            section.row(flag.isEmpty() ? "none" : flag, bits, ours, loop, peak, 100 * ours / peak);
            if (bits == 0) {
                report.goal("scalar matmul against the plain loop, and GFLOP/s", "1.00, 8",
                        String.format(Locale.ROOT, "%.2f, %.1f", ours / loop, ours),
                        ours >= loop && ours >= 8);
            } else if (bits < 512) {
                report.goal("matmul at " + bits + " bits: of that width's peak", "80 %",
                        String.format(Locale.ROOT, "%.0f %%", 100 * ours / peak), ours >= 0.8 * peak);
            }
        }
    }

    private void rows(Report report) {
        Section section = report.section(new Section(
                "rows", "Sums and normalizers of rows, one thread",
                "GB/s of the bytes that must move: reading for the sum; reading and writing for the others. The ceilings read"
                        + " and copy the same arrays; System.arraycopy writes past the caches beyond 2.5 MB, for which the Vector API"
                        + " has no instruction.",
                text("shape", "rows × length"), text("memory", "memory"), number("abs_sum_gbs", "abs-sum", "%.1f"),
                number("read_gbs", "read", "%.1f"), number("softpick_gbs", "softpick", "%.1f"),
                number("softmax_gbs", "softmax", "%.1f"), number("ssmax_gbs", "ssmax", "%.1f"),
                number("rectified_gbs", "rectified softpick", "%.1f"), number("copy_gbs", "copy", "%.1f"),
                number("arraycopy_gbs", "arraycopy", "%.1f")));
        int[][] sizes = {{16, 4096}, {64, 1021}, {1, 65536}, {4096, 4096}, {4, 1 << 20}};
        for (int[] size : sizes) {
            boolean inL2 = size[0] * size[1] <= 1 << 16;
            RowTurns row = RowTurns.measure(size[0], size[1], inL2 ? "L2" : "beyond the caches", rounds);
            section.row(
                    size[0] + "×" + size[1], row.source(), row.absSum(), row.read(), row.softpick(), row.softmax(),
                    row.ssmax(), row.rectified(), row.copy(), row.arrayCopy());
            double least = inL2 ? 60 : 85;
            report.goal(
                    "rows " + size[0] + "×" + size[1] + ", " + row.source() + ": abs-sum of reading, softpick of copying",
                    String.format(Locale.ROOT, "%.0f %%", least),
                    String.format(Locale.ROOT, "%.0f %%, %.0f %%", 100 * row.absSum() / row.read(), 100 * row.softpick() / row.copy()),
                    row.absSum() >= least / 100 * row.read() && row.softpick() >= least / 100 * row.copy());
        }
    }

    private void attention(Report report) {
        Section section = report.section(new Section(
                "attention", "Causal attention of one head of size 64, one thread, all ours",
                "Microseconds, scratch memory included. Softmax is as vectorized as softpick.",
                number("steps", "T", "%d"), number("softpick_us", "softpick", "%.1f"),
                number("softmax_us", "softmax", "%.1f"), number("ssmax_us", "ssmax", "%.1f"),
                number("rectified_us", "rectified softpick", "%.1f"), number("ratio", "softmax / softpick", "%.2f")));
        List<Double> ratios = new ArrayList<>();
        for (int steps : ATTENTION_STEPS) {
            AttentionRow row = AttentionRow.measure(steps, rounds);
            double ratio = row.softmax() / row.softpick();
            section.row(
                    steps, row.softpick() / 1e3, row.softmax() / 1e3, row.ssmax() / 1e3, row.rectified() / 1e3, ratio);
            if (steps >= 1024) {
                ratios.add(ratio);
            }
        }
        goal(report, "softpick attention from T = 1024 on against our softmax attention", 1.5, "%.2f",
                ratios.stream().mapToDouble(Double::doubleValue));
    }

    private void parts(Report report, int batch) {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(64).build();
        Parts.Block block = Parts.measure(config, batch, config.windowSize(), rounds);
        Section section = report.section(new Section(
                "part", "Where a block's time goes, " + batch + "×" + config.windowSize() + ", one thread",
                String.format(Locale.ROOT, "The floor is the longer of the arithmetic at the FMA peak (%.0f GFLOP/s) and the bytes at the"
                        + " read bandwidth (%.0f GB/s); the biggest gap first.", block.fma(), block.read()),
                number("batch", "batch", "%d"), text("part", "part"), number("mflop", "MFLOP", "%.1f"),
                number("mb", "MB", "%.2f"), number("floor_us", "floor, µs", "%.1f"),
                number("measured_us", "measured, µs", "%.1f"), number("gap_us", "gap, µs", "%.1f"),
                number("gflops", "GFLOP/s", "%.0f")));
        block.parts().stream()
                .sorted((a, b) -> Double.compare(b.gap(block), a.gap(block)))
                .forEach(part -> section.row(
                        batch, part.name(), part.flop() / 1e6, part.bytes() / 1e6, part.floor(block) / 1e3,
                        part.nanos() / 1e3, part.gap(block) / 1e3, part.flop() / part.nanos()));
    }

    private void forward(Report report, List<ForwardRow.Work> works) throws Exception {
        Section section = report.section(new Section(
                "forward", "Forward pass of the default model, ONNX Runtime 1.29.0 (spinning allowed)",
                "Milliseconds. *Pruned*: the last block computes the last row only, as ours does. *Of peak*: needed arithmetic"
                        + " over the FMA peak of as many threads; *at the peak* is what the ratios would be there.",
                text("shape", "batch×steps"), text("normalizer", "normalizer"), number("threads", "threads", "%d"),
                number("ours_ms", "ours", "%.2f"), number("onnxruntime_full_ms", "full", "%.2f"),
                number("onnxruntime_pruned_ms", "pruned", "%.2f"), number("full_ratio", "full / ours", "%.2f"),
                number("pruned_ratio", "pruned / ours", "%.2f"), text("ratios_at_peak", "at the peak"),
                number("percent", "of peak", "%.0f %%"), number("fma_gflops", "FMA peak, GFLOP/s", "%.0f"),
                number("own_scaling", "our one thread / ours", "%.2f"), number("bytes", "bytes a call", "%d"),
                number("difference", "outputs differ by", "%.1e")));
        List<ForwardRow> rows = new ArrayList<>();
        for (ForwardRow.Work work : works) {
            ForwardRow row = ForwardRow.measure(work, rounds);
            rows.add(row);
            section.row(
                    work.batch() + "×" + work.steps(), work.normalizer().id(), work.threads(), row.ours() / 1e6,
                    row.full() / 1e6, row.pruned() / 1e6, row.ratioToFull(), row.ratioToPruned(),
                    String.format(Locale.ROOT, "%.2f / %.2f", atPeakRatio(row.ratioToFull(), row), atPeakRatio(row.ratioToPruned(), row)),
                    row.percentOfCeiling(), row.fma(), work.threads() > 1 ? row.ratioToAlone() : null,
                    (int) row.bytes(), row.difference());
        }
        rows.stream().filter(row -> row.work().normalizer() == Normalizer.SOFTPICK).forEach(row -> goals(report, row));
    }

    private static double atPeakRatio(double ratio, ForwardRow row) {
        return ratio * 100 / row.percentOfCeiling();
    }

    private static void goals(Report report, ForwardRow row) {
        ForwardRow.Work work = row.work();
        double[] least = switch (work.batch() + "x" + work.steps()) {
            case "1x60" -> new double[] {1.8, 1.6};
            case "8x60", "32x60" -> new double[] {1.6, 1.4};
            case "1x512" -> new double[] {1.9, 1.7};
            case "1x2048" -> new double[] {3, 2.6};
            case "1x4096" -> new double[] {4.5, 4};
            default -> null;
        };
        String name = "forward " + work.name();
        if (least != null) {
            report.goal(
                    name + " against ONNX Runtime, full / pruned", String.format(Locale.ROOT, "%.1f / %.1f", least[0], least[1]),
                    String.format(Locale.ROOT, "%.2f / %.2f", row.ratioToFull(), row.ratioToPruned()),
                    row.ratioToFull() >= least[0] && row.ratioToPruned() >= least[1]);
        }
        if (work.threads() == 2 && (long) work.batch() * work.steps() >= 480) {
            report.goal(name + " against our own single thread", "1.8", String.format(Locale.ROOT, "%.2f", row.ratioToAlone()),
                    row.ratioToAlone() >= 1.8);
        }
        if (work.threads() == 1) {
            report.goal(name + ": bytes allocated a call", "0", Long.toString(row.bytes()), row.bytes() == 0);
            if (work.batch() == 8) {
                report.goal(name + ": needed arithmetic over the FMA peak", "85 %",
                        String.format(Locale.ROOT, "%.0f %%", row.percentOfCeiling()), row.percentOfCeiling() >= 85);
            }
        }
    }
}
