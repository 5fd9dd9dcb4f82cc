package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.oracle.Gaussian;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The counter that catches vectors which the compiler has boxed. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 500;
    private static final long PAUSE = 5_000_000;
    private static final long LONGEST_WARM_UP = 30_000_000_000L;

    @Test
    void kernelsAllocateNothing() {
        int length = 130;
        int columns = 77;
        float[] x = Gaussian.floats(1, length * columns);
        float[] y = new float[x.length];
        float[] gamma = Gaussian.floats(2, length);
        float[] beta = Gaussian.floats(3, length);
        for (Backend backend : Kernels.backends()) {
            Map<String, Runnable> kernels = new LinkedHashMap<>();
            kernels.put("absSum", () -> backend.rows().absSum(x, 1, length));
            kernels.put("divide", () -> backend.rows().divide(x, 1, 3f, y, 2, length));
            kernels.put("softpick", () -> backend.rows().softpick(x, 1, y, 2, length));
            Panels w = Panels.pack(x, 10, 77, null, backend.panelWidth());
            kernels.put("multiply, one row", () -> backend.matMul().multiply(x, 1, 10, 1, w, y, 2, 77));
            kernels.put("multiply, edges", () -> backend.matMul().multiply(x, 1, 10, 7, w, y, 2, 80));
            kernels.put("multiplyAdd", () -> backend.matMul().multiplyAdd(x, 1, 7, w, x, 100, y, 2));
            Weights half = BFloat16Panels.pack(
                    new short[770], 10, 77, gamma, backend.panelWidth(), backend.panelLanes());
            Weights eight = Int8Panels.pack(
                    new byte[770], gamma, 10, 77, beta, backend.panelWidth(), backend.panelLanes());
            for (Weights rounded : new Weights[] {half, eight}) {
                String name = rounded.getClass().getSimpleName();
                kernels.put(
                        "multiply, one row, " + name, () -> backend.matMul().multiply(x, 1, 10, 1, rounded, y, 2, 77));
                kernels.put(
                        "multiply, edges, " + name, () -> backend.matMul().multiply(x, 1, 10, 7, rounded, y, 2, 80));
                kernels.put("multiplyAdd, " + name, () -> backend.matMul().multiplyAdd(x, 1, 7, rounded, x, 100, y, 2));
            }
            kernels.put("gelu", () -> backend.rows().gelu(x, 1, y, 2, length));
            kernels.put("layerNorm", () -> backend.layerNorm().apply(x, 0, 2, gamma, beta, 1e-5f, y, 1));
            kernels.put("softmax", () -> backend.rows().softmax(x, 1, y, 2, length, 0.5f));
            kernels.put("rectifiedSoftpick", () -> backend.rows().rectifiedSoftpick(x, 1, y, 2, length));
            kernels.put("softpickBackward", () -> backend.rows().softpickBackward(x, 1, gamma, 0, length, y, 2));
            kernels.put("softmaxBackward", () -> backend.rows().softmaxBackward(x, 1, gamma, 0, length, 0.5f, y, 2));
            kernels.put(
                    "rectifiedSoftpickBackward",
                    () -> backend.rows().rectifiedSoftpickBackward(x, 1, gamma, 0, length, y, 2));
            kernels.forEach((name, kernel) -> assertThat(leastAllocated(kernel))
                    .as("bytes that %d calls of %s %s allocate", CALLS, backend.name(), name)
                    .isZero());
        }
    }

    /** A lone caller uses the strip that is kept. */
    @Test
    @Tag("long")
    void columnsOfUpTo4096ElementsAllocateNothing() {
        for (int[] shape : new int[][] {{130, 77}, {77, 130}, {4096, 2}}) {
            float[] x = Gaussian.floats(4, shape[0] * shape[1]);
            float[] y = new float[x.length];
            Map<String, Runnable> kernels = new LinkedHashMap<>();
            kernels.put("softpick", () -> Softpick.normalize(x, shape, 0, y));
            kernels.put("softmax", () -> Softmax.normalize(x, shape, 0, 0.5f, y));
            kernels.put("rectifiedSoftpick", () -> RectifiedSoftpick.normalize(x, shape, 0, y));
            kernels.forEach((name, kernel) -> assertThat(leastAllocated(kernel))
                    .as("bytes that %d calls of %s along columns of %d allocate", CALLS, name, shape[0])
                    .isZero());
        }
    }

    /**
     * Bytes of a round once C2 has compiled the kernel: until then every vector is an object. C2 takes its time on a
     * busy machine, and is left the processor between the rounds; a kernel that boxes its vectors for good never gets
     * there.
     */
    private static long leastAllocated(Runnable kernel) {
        long least = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (least > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                kernel.run();
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
            if (least > 0) {
                LockSupport.parkNanos(PAUSE);
            }
        }
        return least;
    }
}
