package dev.softpick.bench.peers;

import ai.onnxruntime.OrtException;
import com.sun.management.ThreadMXBean;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One forward pass of the default model, ours and ONNX Runtime's: medians of nanoseconds a call. Ours takes turns first with
 * the full graph, then with the pruned one; each ratio is of one of these runs, {@code ours} is the mean of both.
 *
 * @param ratioToAlone ours on one thread over ours on as many as the work has, in the same turns
 * @param bytes that a call of ours allocates on the caller's thread
 * @param fma peak in GFLOP/s of that many threads, measured between the calls
 * @param arithmetic needed for the output, in FLOP
 * @param difference largest difference of ONNX Runtime's output from ours, relative to max(1, |y|)
 */
record ForwardRow(
        Work work, double ours, double full, double pruned, double ratioToFull, double ratioToPruned, double ratioToAlone,
        long bytes, double fma, double arithmetic, double difference) {

    /** What is measured. */
    record Work(int batch, int steps, int threads, Normalizer normalizer) {
        String name() {
            return batch + "×" + steps + " " + normalizer.id() + " " + threads + (threads > 1 ? " threads" : " thread");
        }
    }

    private static final SoftpickConfig CONFIG =
            SoftpickConfig.builder().embedDim(64).build();
    private static final double ALLOWED_DIFFERENCE = 2e-5;
    private static final int WARM_UP_MILLIS = 3000;

    /** By then the runtime's idle threads have stopped spinning; without it ours ran at half its speed on two threads. */
    private static final int REST_MILLIS = 250;

    /** Needed arithmetic over the FMA peak. */
    double percentOfCeiling() {
        return 100 * arithmetic / ours / fma;
    }

    /** Compares the outputs, then measures in turns. */
    static ForwardRow measure(Work work, int rounds) throws IOException, OrtException {
        SoftpickConfig config = CONFIG.toBuilder().normalizer(work.normalizer()).build();
        SoftpickTransformer random = SoftpickTransformer.random(config, 1);
        SafetensorsFile weights = saved(random);
        SoftpickTransformer model = random.parallelism(work.threads());
        model.warmUp();
        int batch = work.batch();
        int steps = work.steps();
        float[] x = new float[batch * steps * config.embedDim()];
        Random values = new Random(2);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) values.nextGaussian();
        }
        float[] y = new float[batch * config.hiddenSize()];
        long[] inputShape = {batch, steps, config.embedDim()};
        long[] outputShape = {batch, config.hiddenSize()};
        int threads = work.threads();
        Runnable ours = () -> model.forward(x, batch, steps, y);
        Runnable alone = () -> random.forward(x, batch, steps, y);
        random.warmUp();
        ours.run();
        Turns.warmUp(() -> Ceilings.fma(threads), 1000);
        List<Runnable> works = threads > 1 ? List.of(ours, alone) : List.of(ours);
        List<double[]> medians = new ArrayList<>();
        double difference = 0;
        // One session after the other: the threads of an idle one spin for a while and slow the other down.
        for (boolean prune : new boolean[] {false, true}) {
            byte[] graph = OnnxTransformer.graph(config, weights, batch, steps, prune);
            try (OnnxSession theirs = new OnnxSession(graph, x, inputShape, outputShape, threads)) {
                theirs.run();
                difference = Math.max(difference, Turns.same(
                        "ONNX Runtime " + (prune ? "pruned " : "") + work.name(), theirs.output(), y, ALLOWED_DIFFERENCE));
                List<Runnable> turns = new ArrayList<>(List.of(theirs::run));
                turns.addAll(works);
                medians.add(Turns.medians(
                        turns, List.of(() -> Ceilings.fma(threads)), rounds, WARM_UP_MILLIS,
                        threads > 1 ? REST_MILLIS : 0));
            }
        }
        double[] full = medians.get(0);
        double[] pruned = medians.get(1);
        double ratioToAlone = threads > 1 ? (full[2] / full[1] + pruned[2] / pruned[1]) / 2 : 1;
        return new ForwardRow(
                work, (full[1] + pruned[1]) / 2, full[0], pruned[0], full[0] / full[1], pruned[0] / pruned[1],
                ratioToAlone, allocated(ours), (full[full.length - 1] + pruned[pruned.length - 1]) / 2,
                arithmetic(config, batch, steps), difference);
    }

    /** Bytes a call on this thread, on average of ten. */
    private static long allocated(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10; i++) {
            work.run();
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / 10;
    }

    /** Through a file, so that both sides read the same weights. */
    static SafetensorsFile saved(SoftpickTransformer model) throws IOException {
        Path file = Files.createTempFile("softpick", ".safetensors");
        try {
            model.save(file);
            return SafetensorsFile.read(file);
        } finally {
            Files.delete(file);
        }
    }

    /**
     * Multiply-adds, counted as two: every row of all blocks but the last, where all rows need keys and values and one
     * row everything else.
     */
    private static double arithmetic(SoftpickConfig config, int batch, int steps) {
        double h = config.hiddenSize();
        double t = steps;
        double block = batch * 2 * t * h * 12 * h + attention(config, batch, steps);
        double last = batch * (2 * t * h * 2 * h + 2 * h * 10 * h + config.numHeads() * 4 * config.headSize() * t);
        double projection = config.inputProjection() ? batch * 2 * t * config.embedDim() * h : 0;
        return projection + (config.numLayers() - 1) * block + last;
    }

    /**
     * The attention of one block. A query needs the scores of all earlier keys; softpick's numerator costs the cheaper of
     * the values themselves and the running state behind a chunk of them.
     */
    static double attention(SoftpickConfig config, int batch, int steps) {
        double t = steps;
        double d = config.headSize();
        int chunk = KeyValueCache.chunkFor(config.headSize());
        double pairs = t * (t + 1) / 2;
        double direct = 2 * d * pairs;
        double state = chunk < steps ? 2 * d * t * (chunk + 1) / 2 + 4 * d * d * (t - chunk) : direct;
        double numerators = config.normalizer() == Normalizer.SOFTPICK ? Math.min(direct, state) : direct;
        return (double) batch * config.numHeads() * (2 * d * pairs + numerators);
    }
}
