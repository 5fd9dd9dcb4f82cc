package dev.softpick.bench.peers;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Goal;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.measure.Arithmetic;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Forward passes of the default model beside ONNX Runtime's, with the full graph and with the pruned one. */
final class ForwardTable {

    private static final SoftpickConfig CONFIG =
            SoftpickConfig.builder().embedDim(64).build();
    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final int WARM_UP_MILLIS = 3000;

    /**
     * By then the runtime's idle threads have stopped spinning; without it ours ran at half its speed on two threads.
     */
    private static final int REST_MILLIS = 250;

    private ForwardTable() {}

    /** What is measured. */
    record Work(int batch, int steps, int threads, Normalizer normalizer) {
        String shape() {
            return batch + "×" + steps;
        }

        String name() {
            return shape() + " " + normalizer.id() + " " + threads + (threads > 1 ? " threads" : " thread");
        }
    }

    /**
     * Medians of nanoseconds a call. Ours takes turns first with the full graph, then with the pruned one; each ratio
     * is of one of these runs, {@code ours} is the mean of both.
     *
     * @param ratioToAlone ours on one thread over ours on as many as the work has, in the same turns
     * @param bytes that a call of ours allocates on the caller's thread
     * @param fma peak in GFLOP/s of that many threads, measured between the calls
     * @param arithmetic needed for the output, in FLOP
     * @param difference largest difference of ONNX Runtime's output from ours, relative to max(1, |y|)
     */
    private record Row(
            Work work, double ours, double full, double pruned, double ratioToFull, double ratioToPruned,
            double ratioToAlone, long bytes, double fma, double arithmetic, double difference) {

        /** Needed arithmetic over the FMA peak. */
        double percentOfCeiling() {
            return 100 * arithmetic / ours / fma;
        }
    }

    static void measure(Result result, List<Work> works, int rounds) throws IOException, OrtException {
        Table table = result.add(new Table(
                "forward",
                "Forward pass of the default model, ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion()
                        + " (spinning allowed)",
                "Milliseconds. *Pruned*: the last block computes the last row only, as ours does. *Of peak*:"
                        + " needed arithmetic"
                        + " over the FMA peak of as many threads; *at the peak* is what the ratios would be there.",
                Column.key("shape", "batch×steps"), Column.key("normalizer", "normalizer"),
                Column.number("threads", "threads"), Column.figure("ours_ms", "ours", "%.2f"),
                Column.figure("onnxruntime_full_ms", "full", "%.2f"),
                Column.figure("onnxruntime_pruned_ms", "pruned", "%.2f"),
                Column.followed("full_ratio", "full / ours", "%.2f"),
                Column.followed("pruned_ratio", "pruned / ours", "%.2f"),
                Column.figure("ratios_at_peak", "at the peak", "%s"), Column.followed("percent", "of peak", "%.0f %%"),
                Column.figure("fma_gflops", "FMA peak, GFLOP/s", "%.0f"),
                Column.followed("own_scaling", "our one thread / ours", "%.2f"),
                Column.figure("bytes", "bytes a call", "%d"), Column.figure("difference", "outputs differ by",
                "%.1e")));
        for (Work work : works) {
            Row row = measure(work, rounds);
            double atPeak = 100 / row.percentOfCeiling();
            table.row(
                    work.shape(), work.normalizer().id(), work.threads(), row.ours() / 1e6, row.full() / 1e6,
                    row.pruned() / 1e6, row.ratioToFull(), row.ratioToPruned(),
                    String.format(
                            Locale.ROOT, "%.2f / %.2f", row.ratioToFull() * atPeak, row.ratioToPruned() * atPeak),
                    row.percentOfCeiling(), row.fma(), work.threads() > 1 ? row.ratioToAlone() : null, row.bytes(),
                    row.difference());
            if (work.normalizer() == Normalizer.SOFTPICK) {
                goals(result, row);
            }
        }
    }

    private static void goals(Result result, Row row) {
        Work work = row.work();
        Goal full = Goals.forward(work.shape(), work.name(), false);
        if (full != null) {
            result.goal(full, row.ratioToFull());
            result.goal(Goals.forward(work.shape(), work.name(), true), row.ratioToPruned());
        }
        Goal two = Goals.twoThreads(work.name(), work.batch() * work.steps());
        if (work.threads() == 2 && two != null) {
            result.goal(two, row.ratioToAlone());
        }
        if (work.threads() == 1) {
            result.goal(Goals.allocation("forward " + work.name()), row.bytes());
            if (work.batch() == 8) {
                result.goal(Goals.EIGHT_WINDOWS, row.percentOfCeiling());
            }
        }
    }

    /** Compares the outputs, then measures in turns. */
    private static Row measure(Work work, int rounds) throws IOException, OrtException {
        SoftpickConfig config = CONFIG.toBuilder().normalizer(work.normalizer()).build();
        SoftpickTransformer random = SoftpickTransformer.random(config, 1);
        SafetensorsFile weights = OnnxTransformer.weights(random);
        SoftpickTransformer model = random.parallelism(work.threads());
        model.warmUp();
        int batch = work.batch();
        int steps = work.steps();
        float[] x = Gaussian.of(2, batch * steps * config.embedDim());
        float[] y = new float[batch * config.hiddenSize()];
        long[] inputShape = {batch, steps, config.embedDim()};
        long[] outputShape = {batch, config.hiddenSize()};
        int threads = work.threads();
        Runnable ours = () -> model.forward(x, batch, steps, y);
        Runnable alone = () -> random.forward(x, batch, steps, y);
        random.warmUp();
        ours.run();
        Rounds.warmUp(() -> Ceilings.fma(threads), 1000);
        List<Runnable> works = threads > 1 ? List.of(ours, alone) : List.of(ours);
        List<double[]> medians = new ArrayList<>();
        double difference = 0;
        // One session after the other: the threads of an idle one spin for a while and slow the other down.
        for (boolean prune : new boolean[] {false, true}) {
            byte[] graph = OnnxTransformer.graph(config, weights, batch, steps, prune);
            try (OnnxSession theirs = new OnnxSession(graph, x, inputShape, outputShape, threads)) {
                theirs.run();
                difference = Math.max(difference, Outputs.same(
                        "ONNX Runtime" + (prune ? ", pruned, " : ", ") + work.name() + ", and ours", theirs.output(),
                        y, ALLOWED_DIFFERENCE));
                List<Runnable> turns = new ArrayList<>(List.of(theirs::run));
                turns.addAll(works);
                medians.add(new Rounds(rounds).medians(
                        turns, List.of(() -> Ceilings.fma(threads)), WARM_UP_MILLIS, threads > 1 ? REST_MILLIS : 0));
            }
        }
        double[] full = medians.get(0);
        double[] pruned = medians.get(1);
        double ratioToAlone = threads > 1 ? (full[2] / full[1] + pruned[2] / pruned[1]) / 2 : 1;
        return new Row(
                work, (full[1] + pruned[1]) / 2, full[0], pruned[0], full[0] / full[1], pruned[0] / pruned[1],
                ratioToAlone, Rounds.allocated(ours), (full[full.length - 1] + pruned[pruned.length - 1]) / 2,
                Arithmetic.forward(config, batch, steps), difference);
    }
}
