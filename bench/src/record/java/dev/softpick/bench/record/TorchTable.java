package dev.softpick.bench.record;

import ai.djl.engine.Engine;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Sizes;
import dev.softpick.bench.harness.Table;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** Forward passes of the default model on one thread, ours and PyTorch's. */
final class TorchTable {

    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final int WARM_UP_MILLIS = 2500;

    private TorchTable() {}

    static void measure(Result result, List<String> shapes, int rounds) throws IOException {
        Engine engine = Engine.getEngine("PyTorch");
        Table table = result.add(new Table(
                "forward",
                "Forward pass, default model, PyTorch " + engine.getVersion() + " through DJL"
                        + " " + Engine.getDjlVersion() + ", ms",
                "*Pruned*: the last block computes the last row only. Operation by operation, as DJL offers"
                        + " them; it has no"
                        + " fused attention.",
                Column.key("shape", "batch×steps"), Column.key("normalizer", "normalizer"),
                Column.figure("ours_ms", "ours", "%.2f"), Column.figure("full_ms", "full", "%.2f"),
                Column.figure("pruned_ms", "pruned", "%.2f"), Column.followed("full_ratio", "full / ours", "%.2f"),
                Column.followed("pruned_ratio", "pruned / ours", "%.2f"),
                Column.figure("fma_gflops", "FMA peak, GFLOP/s", "%.0f"),
                Column.figure("difference", "outputs differ by", "%.1e")));
        for (String shape : shapes) {
            int[] sizes = Sizes.parse(shape, 2);
            for (Normalizer normalizer : List.of(Normalizer.SOFTPICK, Normalizer.SOFTMAX)) {
                row(table, sizes[0], sizes[1], normalizer, rounds);
            }
        }
    }

    /** Compares the outputs, then measures in turns. */
    private static void row(Table table, int batch, int steps, Normalizer normalizer, int rounds) throws IOException {
        SoftpickConfig config =
                SoftpickConfig.builder().embedDim(64).normalizer(normalizer).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 1);
        model.warmUp();
        SafetensorsFile weights = weights(model);
        float[] x = Gaussian.of(2, batch * steps * config.embedDim());
        float[] y = new float[batch * config.hiddenSize()];
        try (TorchTransformer full = new TorchTransformer(config, weights, x, batch, steps, false);
                TorchTransformer pruned = new TorchTransformer(config, weights, x, batch, steps, true)) {
            Runnable ours = () -> model.forward(x, batch, steps, y);
            ours.run();
            full.run();
            pruned.run();
            String shape = batch + "×" + steps;
            double difference = Math.max(
                    Outputs.same("PyTorch, full, and ours", full.output(), y, ALLOWED_DIFFERENCE),
                    Outputs.same("PyTorch, pruned, and ours", pruned.output(), y, ALLOWED_DIFFERENCE));
            double[] m = new Rounds(rounds).medians(
                    List.of(ours, full::run, pruned::run), List.of(() -> Ceilings.fma(1)), WARM_UP_MILLIS);
            table.row(
                    shape, normalizer.id(), m[0] / 1e6, m[1] / 1e6, m[2] / 1e6, m[1] / m[0], m[2] / m[0], m[3],
                    difference);
        }
    }

    /** Through a file, so that both sides read the same weights. */
    private static SafetensorsFile weights(SoftpickTransformer model) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        model.save(file);
        return SafetensorsFile.read(file.toByteArray());
    }
}
