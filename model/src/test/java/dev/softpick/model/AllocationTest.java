package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Also what catches vectors that C2 has boxed. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @CsvSource({"1, 60", "3, 60", "1, 200"})
    void aWarmCallAllocatesNothing(int batch, int steps) {
        SoftpickTransformer model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(16).hiddenSize(64).numLayers(2).build(), 3);
        float[] x = Fixtures.gaussian(1, batch * steps * 16);
        float[] output = new float[batch * 64];
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < 20_000 && bytes > 0; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int j = 0; j < 10; j++) {
                model.forward(x, batch, steps, output);
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        System.out.println("bytes in ten warm calls of " + batch + " × " + steps + ": " + bytes);
        assertThat(bytes).isZero();
    }
}
