package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Sizes;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Kernels and forward passes in turns with ONNX Runtime and OpenBLAS, and against the machine's ceilings. */
@Command(
        name = "compare",
        header = "Kernels and forward passes beside ONNX Runtime, OpenBLAS and the machine's ceilings.",
        mixinStandardHelpOptions = true)
final class Compare implements Callable<Integer> {

    private static final int ROUNDS = 15;

    private enum Subject { MATMUL, WIDTHS, ROWS, ATTENTION, PARTS, FORWARD }

    @Mixin
    private Peers.Common common;

    @Option(names = "--only", split = ",", paramLabel = "SUBJECT", description = "Some of ${COMPLETION-CANDIDATES}.")
    private List<Subject> only = List.of(Subject.values());

    @Option(names = "--shapes", split = ",", paramLabel = "BxT",
            description = "Of the forward pass. Default: ${DEFAULT-VALUE}.")
    private List<String> shapes = List.of("1x60", "8x60", "32x60", "1x512", "1x2048", "1x4096");

    @Option(names = "--threads", split = ",", paramLabel = "N",
            description = "Of the forward pass. Default: ${DEFAULT-VALUE}.")
    private List<Integer> threads = List.of(1, 2);

    @Option(
            names = "--normalizers",
            split = ",",
            paramLabel = "NAME",
            description = "softpick, softmax; the peers' graphs exist for these. Default: both.")
    private List<String> normalizers = List.of(Normalizer.SOFTPICK.id(), Normalizer.SOFTMAX.id());

    @Override
    public Integer call() throws Exception {
        List<ForwardTable.Work> works = works();
        int rounds = common.rounds(ROUNDS);
        Result result = Result.here(
                "compare", "Softpick beside its peers", Peers.commands("compare --rounds " + rounds),
                "Medians of calls taken in turns in one run; outputs compared before. The ceilings are measured"
                        + " between the"
                        + " calls. Absolute times mean little on a shared machine; ratios mean more.",
                rounds);
        for (Subject subject : Subject.values()) {
            if (only.contains(subject)) {
                measure(subject, result, rounds, works);
            }
        }
        result.write(common.out());
        return 0;
    }

    private static void measure(Subject subject, Result result, int rounds, List<ForwardTable.Work> works)
            throws Exception {
        switch (subject) {
            case MATMUL -> MatMulTable.measure(result, rounds);
            case WIDTHS -> WidthTable.measure(result, rounds);
            case ROWS -> RowTable.measure(result, rounds);
            case ATTENTION -> AttentionTable.measure(result, rounds);
            case PARTS -> {
                SoftpickConfig config = SoftpickConfig.builder().embedDim(64).build();
                PartTable.measure(result, config, 1, rounds);
                PartTable.measure(result, config, 8, rounds);
            }
            case FORWARD -> ForwardTable.measure(result, works, rounds);
        }
    }

    private List<ForwardTable.Work> works() {
        List<ForwardTable.Work> works = new ArrayList<>();
        for (int n : threads) {
            for (String normalizer : normalizers) {
                for (String shape : shapes) {
                    int[] sizes = Sizes.parse(shape, 2);
                    works.add(new ForwardTable.Work(sizes[0], sizes[1], n, OnnxTransformer.supported(normalizer)));
                }
            }
        }
        return works;
    }
}
