package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.softpick.oracle.Gaussian;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Also what catches vectors that C2 has boxed. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** C2 needs a while on a busy machine; a kernel that boxes its vectors never gets there. */
    private static final long LONGEST_WARM_UP = 90_000_000_000L;

    @ParameterizedTest
    @CsvSource({"1, 200, 64, SOFTPICK", "2, 30, 96, SSMAX"})
    void aWarmCallAllocatesNothing(int batch, int steps, int hidden, Normalizer normalizer) {
        SoftpickConfig config =
                SoftpickConfig.builder().embedDim(16).hiddenSize(hidden).numLayers(2).normalizer(normalizer).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 3);
        float[] x = Gaussian.floats(1, batch * steps * 16);
        float[] output = new float[batch * hidden];
        int calls = Math.max(2, 600 / (batch * steps));
        long bytes = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (bytes > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < calls; call++) {
                model.forward(x, batch, steps, output);
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        System.out.println("bytes in %d warm calls of %d × %d, hidden %d, %s: %d".formatted(
                calls, batch, steps, hidden, normalizer, bytes));
        assertThat(bytes).isZero();
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({"1, 60, 64, SOFTPICK", "1, 200, 96, RECTIFIED_SOFTPICK", "1, 4096, 64, SOFTPICK"})
    void moreWarmCallsAllocateNothing(int batch, int steps, int hidden, Normalizer normalizer) {
        aWarmCallAllocatesNothing(batch, steps, hidden, normalizer);
    }

    /** A step of a full window; of an unbounded one between two pages. */
    @ParameterizedTest
    @CsvSource({
        "EXACT, SOFTPICK, 1", "SLIDING, SOFTPICK, 1", "SLIDING, SSMAX, 1", "SLIDING, RECTIFIED_SOFTPICK, 3",
        "UNBOUNDED, SOFTPICK, 1", "EXACT, SOFTPICK, 3"
    })
    void aWarmStepAllocatesNothing(Window window, Normalizer normalizer, int together) {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(16).hiddenSize(96).numLayers(2).windowSize(20).normalizer(normalizer)
                        .build(), 3);
        List<StreamingSession> sessions = Stream.generate(() -> model.newSession(window)).limit(together).toList();
        SessionGroup group = SessionGroup.of(sessions);
        float[] frames = Gaussian.floats(1, together * 16);
        float[] output = new float[together * 96];
        long bytes = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (bytes > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 20; call++) {
                if (together == 1) {
                    sessions.getFirst().step(frames, output);
                } else {
                    group.step(frames, output);
                }
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        System.out.println("bytes in twenty warm steps of %d sessions, %s, %s: %d".formatted(
                together, window, normalizer, bytes));
        assertThat(bytes).isZero();
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({"SOFTPICK", "SOFTMAX"})
    void aWarmBandedCallAllocatesNothing(Normalizer normalizer) {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(16).hiddenSize(64).numLayers(2).windowSize(20).normalizer(normalizer)
                        .build(), 3);
        float[] x = Gaussian.floats(1, 2 * 70 * 16);
        float[] output = new float[2 * 64];
        long bytes = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (bytes > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 10; call++) {
                model.forwardBanded(x, 2, 70, output);
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(bytes).isZero();
    }
}
