package dev.softpick.bench.peers;

import static dev.softpick.bench.harness.Goal.atLeast;
import static dev.softpick.bench.harness.Goal.atMost;

import dev.softpick.bench.harness.Goal;
import java.util.List;
import java.util.Map;

/** What is to be reached, all of it. */
final class Goals {

    private static final String RATIO = "%.2f";
    private static final String PERCENT = "%.0f %%";

    static final Goal LARGE_MATMUL = atLeast("matmul 1024³, packing included", "best OpenBLAS / ours", 1, RATIO);
    static final Goal ROW_TIMES_MATRIX = atLeast("matmul, M = 1", "of the read bandwidth of the weights", 80, PERCENT);
    static final Goal SCALAR_MATMUL = atLeast("scalar matmul", "loop / ours", 1, RATIO);
    static final Goal SCALAR_GFLOPS = atLeast("scalar matmul", "GFLOP/s", 8, "%.1f");
    static final Goal ATTENTION = atLeast("attention from T = 1024 on", "softmax / softpick", 1.5, RATIO);
    static final Goal EIGHT_WINDOWS = atLeast("forward 8×60, one thread", "of the FMA peak", 85, PERCENT);

    static final Goal SLIDING = atMost("sliding step", "of reading its weights once", 1.3, RATIO);
    static final Goal TOGETHER = atLeast("32 sliding sessions together", "one by one / together", 4, RATIO);
    static final Goal TOGETHER_INT8 = atMost("32 sliding sessions together, int8", "of the float group", 1.03, RATIO);
    static final Goal TOGETHER_INT8_ALONE =
            atLeast("32 sliding sessions together, int8", "one by one / together", 2, RATIO);
    static final Goal KEYS_AND_VALUES =
            atMost("attention in a step of 32 sessions", "of reading what they remember", 1.3, RATIO);
    static final Goal EXACT = atLeast("exact step on a full window", "forward / step", 1, RATIO);
    static final Goal UNBOUNDED = atLeast("unbounded step at 8,192", "softmax / softpick", 1.5, RATIO);
    static final Goal UNBOUNDED_READ =
            atMost("unbounded step at 8,192, softpick", "of reading weights, keys and states once", 1.25, RATIO);
    static final Goal WINDOW_RERUN = atLeast("sliding step", "ONNX Runtime's rerun of the window / ours", 8, RATIO);
    static final Goal STATE = atMost("state at 8,192 frames", "softpick / softmax", 0.55, "%.4f");

    static final Goal STEP_INT8 = atLeast("step, int8", "ONNX Runtime's int8 step graph / ours", 2, RATIO);
    static final Goal STEP_FLOAT = atLeast("step, float", "ONNX Runtime's float step graph / ours", 2.4, RATIO);
    static final Goal LOAD_INT8 = atMost("from bytes to a loaded model, int8", "of float", 0.5, RATIO);
    static final Goal HELD_INT8 = atMost("loaded model, int8", "MB held", 5, "%.2f");
    static final Goal COLD_INT8 =
            atMost("JVM start to first output, int8 file", "ours / ONNX Runtime with its int8 file", 0.55, RATIO);

    static final Goal SERVICE_MEMORY = atMost("service, default flags", "peak memory of ONNX Runtime's", 1, RATIO);
    static final Goal SMALL_SERVICE_MEMORY = atMost("service with the recipe", "peak memory, MB", 150, "%.0f");

    /** The recipe for a service that is to be small; the last one gives back what C2 needed while it compiled. */
    static final List<String> SMALL_SERVICE =
            List.of("-XX:+UseSerialGC", "-Xmx96m", "-Xmn8m", "-XX:TrimNativeHeapInterval=1000");

    /** Of ONNX Runtime's full and pruned graph over ours, by shape. */
    private static final Map<String, double[]> FORWARD = Map.of(
            "1×60", new double[] {1.8, 1.6}, "8×60", new double[] {1.6, 1.45}, "32×60", new double[] {1.6, 1.4},
            "1×512", new double[] {1.9, 1.66}, "1×2048", new double[] {3, 2.6}, "1×4096", new double[] {4.5, 3.85});

    /** Two threads pay from so many rows on. */
    private static final int ROWS_FOR_TWO_THREADS = 480;

    private Goals() {}

    static Goal matMulOfPeak(int m) {
        return atLeast("packed matmul, M = " + m + ", one matrix, worst shape", "of the FMA peak", 90, PERCENT);
    }

    static Goal matMul(int m) {
        return atLeast(
                "packed matmul, M = " + m + ", one matrix, worst shape", "best OpenBLAS / ours", m == 60 ? 1.3 : 1.05,
                RATIO);
    }

    static Goal width(int bits) {
        return atLeast("matmul at " + bits + " bits", "of that width's peak", 80, PERCENT);
    }

    static Goal rows(String rows, boolean inL2, String figure) {
        return atLeast("rows " + rows, figure, inL2 ? 60 : 85, PERCENT);
    }

    /** Null where nothing is asked for. */
    static Goal forward(String shape, String work, boolean pruned) {
        double[] least = FORWARD.get(shape);
        return least == null ? null
                : atLeast("forward " + work, "ONNX Runtime" + (pruned ? ", pruned" : "") + " / ours",
                least[pruned ? 1 : 0],
                        RATIO);
    }

    /** Null where nothing is asked for. */
    static Goal twoThreads(String work, int rows) {
        return rows < ROWS_FOR_TWO_THREADS ? null : atLeast("forward " + work, "our one thread / ours", 1.8, RATIO);
    }

    static Goal windows(int layers) {
        return atLeast("every window of a series, " + layers + " layers", "of what can be saved", 90, PERCENT);
    }

    static Goal wide(boolean pruned) {
        return atLeast(
                "forward 1×60, hidden 512, 8 layers", "ONNX Runtime" + (pruned ? ", pruned" : "") + " / ours",
                pruned ? 1.5 : 1.6, RATIO);
    }

    static Goal roundedWide(String who) {
        return atLeast("forward 1×60, hidden 512, 8 layers, " + who, "our float / it", 1.1, RATIO);
    }

    static Goal roundedForward(String shape, String who) {
        return atMost("forward " + shape + ", " + who, "of our float", 1.03, RATIO);
    }

    static Goal roundedStep(String who) {
        return atLeast("step, " + who, "our float / it", who.contains("int8") ? 2 : 1.6, RATIO);
    }

    static Goal coldCache(String format) {
        return atLeast("forward 1×60 from a cold cache, " + format, "our float / it", 1, RATIO);
    }

    static Goal roundedRow(String format) {
        return atLeast("matmul, M = 1, " + format, "of reading and decoding its bytes", 80, PERCENT);
    }

    static Goal serviceRate(String load) {
        return atLeast("service, " + load, "requests a second of ONNX Runtime's, float", 1.55, RATIO);
    }

    static Goal serviceLatency(String load) {
        return atMost("service, " + load, "p99 of ONNX Runtime's, float", 1, RATIO);
    }

    static Goal allocation(String work) {
        return atMost(work, "bytes a call", 0, "%.0f");
    }
}
