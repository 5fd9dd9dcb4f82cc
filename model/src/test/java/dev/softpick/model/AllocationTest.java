package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Also what catches vectors that C2 has boxed. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** C2 needs a while on a busy machine; a kernel that boxes its vectors never gets there. */
    private static final long LONGEST_WARM_UP = 30_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        "1, 60, 64, SOFTPICK", "1, 200, 64, SOFTPICK", "2, 30, 96, SSMAX", "1, 200, 96, RECTIFIED_SOFTPICK"
    })
    void aWarmCallAllocatesNothing(int batch, int steps, int hidden, Normalizer normalizer) {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(16).hiddenSize(hidden).numLayers(2).normalizer(normalizer).build(), 3);
        float[] x = Fixtures.gaussian(1, batch * steps * 16);
        float[] output = new float[batch * hidden];
        long bytes = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (bytes > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 10; call++) {
                model.forward(x, batch, steps, output);
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        System.out.println("bytes in ten warm calls of %d × %d, hidden %d, %s: %d".formatted(
                batch, steps, hidden, normalizer, bytes));
        assertThat(bytes).isZero();
    }
}
