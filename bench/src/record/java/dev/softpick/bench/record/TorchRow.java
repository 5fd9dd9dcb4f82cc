package dev.softpick.bench.record;

import dev.softpick.bench.peers.Ceilings;
import dev.softpick.bench.peers.Turns;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * One forward pass of the default model on one thread, ours and PyTorch's: medians of nanoseconds a call.
 *
 * @param fma peak in GFLOP/s, measured between the calls
 * @param difference largest difference of PyTorch's output from ours, relative to max(1, |y|)
 */
record TorchRow(
        int batch, int steps, Normalizer normalizer, double ours, double full, double pruned, double fma,
        double difference) {

    static final String HEADER = """
            | batch×steps | normalizer | ours | full | pruned | full / ours | pruned / ours | FMA peak, GFLOP/s\
             | outputs differ by |
            |---|---|---|---|---|---|---|---|---|
            """;

    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final int WARM_UP_MILLIS = 2500;

    String line() {
        return String.format(
                Locale.ROOT, "| %d×%d | %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f | %.1e |",
                batch, steps, normalizer.id(), ours / 1e6, full / 1e6, pruned / 1e6, full / ours, pruned / ours, fma,
                difference);
    }

    /** Compares the outputs, then measures in turns. */
    static TorchRow measure(int batch, int steps, Normalizer normalizer, int rounds) throws IOException {
        SoftpickConfig config =
                SoftpickConfig.builder().embedDim(64).normalizer(normalizer).build();
        SoftpickTransformer random = SoftpickTransformer.random(config, 1);
        SafetensorsFile weights = saved(random);
        SoftpickTransformer model = random.parallelism(1);
        float[] x = BlasRow.gaussian(new Random(2), batch * steps * config.embedDim());
        float[] y = new float[batch * config.hiddenSize()];
        try (TorchTransformer full = new TorchTransformer(config, weights, x, batch, steps, false);
                TorchTransformer pruned = new TorchTransformer(config, weights, x, batch, steps, true)) {
            Runnable ours = () -> model.forward(x, batch, steps, y);
            ours.run();
            full.run();
            pruned.run();
            String what = batch + "×" + steps + " " + normalizer.id();
            double difference = Math.max(
                    Turns.same("PyTorch, full, " + what, full.output(), y, ALLOWED_DIFFERENCE),
                    Turns.same("PyTorch, pruned, " + what, pruned.output(), y, ALLOWED_DIFFERENCE));
            double[] medians = Turns.medians(
                    List.of(ours, full::run, pruned::run), List.of(() -> Ceilings.fma(1)), rounds, WARM_UP_MILLIS);
            return new TorchRow(
                    batch, steps, normalizer, medians[0], medians[1], medians[2], medians[3], difference);
        }
    }

    /** Through a file, so that both sides read the same weights. */
    private static SafetensorsFile saved(SoftpickTransformer model) throws IOException {
        Path file = Files.createTempFile("softpick", ".safetensors");
        try {
            model.save(file);
            return SafetensorsFile.read(file);
        } finally {
            Files.delete(file);
        }
    }
}
