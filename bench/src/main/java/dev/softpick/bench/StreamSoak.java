package dev.softpick.bench;

import com.sun.management.ThreadMXBean;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code softpick bench soak}: a sliding session for a million steps: no memory grows, nothing drifts. Fails where a
 * step of the second half allocates, where the heap's live part has grown by more than a megabyte, or where the last
 * answer has not the bits of a fresh session that is fed the frames of the receptive field alone.
 */
@Command(name = "soak", header = "Streams a million frames: no memory grows, nothing drifts.",
        mixinStandardHelpOptions = true)
final class StreamSoak implements Callable<Integer> {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int EMBED = 16;
    private static final long ALLOWED_GROWTH = 1 << 20;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "1000000", description = "Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--hidden-size", paramLabel = "N", defaultValue = "64", description = "Default: ${DEFAULT-VALUE}.")
    private int hidden;

    @Option(names = "--num-layers", paramLabel = "N", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int layers;

    @Override
    public Integer call() {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(EMBED).hiddenSize(hidden).numLayers(layers).build(), 1);
        float[] frame = new float[EMBED];
        float[] answer = new float[model.outputSize()];
        long liveBefore = 0;
        long allocatedBefore = 0;
        long start = System.nanoTime();
        StreamingSession session = model.newSession(Window.SLIDING);
        for (int step = 0; step < steps; step++) {
            if (step == steps / 2) {
                liveBefore = live();
                allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
            }
            frame(step, frame, 0);
            session.step(frame, answer);
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        double seconds = (System.nanoTime() - start) / 1e9;
        long growth = live() - liveBefore;
        int field = layers * (model.config().windowSize() - 1) + 1;
        boolean same = Arrays.equals(answer, fresh(model, steps, field));
        System.out.printf(
                "%,d steps of %d layers, hidden size %d, in %.1f s: %d bytes allocated by the second half of the"
                        + " steps, live heap "
                        + "grew by %d bytes, last answer %s a fresh session's after %d frames%n",
                steps, layers, hidden, seconds, allocated, growth, same ? "has the bits of" : "DIFFERS from", field);
        return allocated != 0 || growth > ALLOWED_GROWTH || !same ? 1 : 0;
    }

    private static float[] fresh(SoftpickTransformer model, int steps, int field) {
        float[] frames = new float[field * EMBED];
        for (int i = 0; i < field; i++) {
            frame(steps - field + i, frames, i * EMBED);
        }
        float[] answers = new float[field * model.outputSize()];
        model.newSession(Window.SLIDING).step(frames, field, answers);
        return Arrays.copyOfRange(answers, (field - 1) * model.outputSize(), answers.length);
    }

    /** The frame of a step, from its number alone: −1 to 1, by a multiplicative hash. */
    private static void frame(int step, float[] to, int at) {
        for (int i = 0; i < EMBED; i++) {
            long hash = (step * (long) EMBED + i + 1) * 0x9E3779B97F4A7C15L;
            hash = (hash ^ hash >>> 32) * 0xD6E8FEB86659FD93L;
            to[at + i] = (hash >> 40) * 0x1p-23f;
        }
    }

    private static long live() {
        System.gc();
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
