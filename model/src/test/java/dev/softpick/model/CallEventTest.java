package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.softpick.oracle.Gaussian;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slow calls in the flight recorder, in JVMs of their own: the recorder rewrites classes that it has an eye on. */
@Tag("presence")
class CallEventTest {

    private static final String NAME = "dev.softpick.Call";

    @TempDir
    private Path folder;

    @Test
    void everyKindOfCallIsRecorded() throws Exception {
        assertThat(calls("on")).satisfiesExactly(
                line -> assertThat(line).matches("forward 2×7 threads 1 float32 (scalar|staged|vector)"),
                line -> assertThat(line).matches("forward 3×5 threads [12] float32 (scalar|staged|vector)"),
                line -> assertThat(line).matches("forward 1×4 threads 1 int8 (scalar|staged|vector)"),
                line -> assertThat(line).matches("forwardBanded 1×9 threads 1 float32 (scalar|staged|vector)"),
                line -> assertThat(line).matches("forwardWindows 1×8 threads 1 float32 (scalar|staged|vector)"),
                line -> assertThat(line).matches("step 1×3 threads 1 float32 (scalar|staged|vector)"),
                line -> assertThat(line).matches("step 2×1 threads 1 float32 (scalar|staged|vector)"));
    }

    @Test
    @Tag("long")
    void callsFasterThanTheThresholdAreNot() throws Exception {
        assertThat(calls("slow")).isEmpty();
    }

    @Test
    @Tag("long")
    void noneIsWhereNobodyAsksForThem() throws Exception {
        assertThat(calls("off")).isEmpty();
    }

    /** The flag of docs/deploy.md. */
    @Test
    @Tag("long")
    void anOperatorAsksForThemOnTheCommandLine() throws Exception {
        Path file = folder.resolve("calls.jfr");
        ChildJvm jvm = ChildJvm.run(
                Calls.class,
                List.of("-XX:StartFlightRecording:filename=" + file
                        + ",+dev.softpick.Call#enabled=true,+dev.softpick.Call#threshold=0ms"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(events(file)).hasSize(7);
    }

    @Test
    @Tag("long")
    void nobodyStartsARecorderThatIsNotAskedFor() throws Exception {
        ChildJvm jvm = ChildJvm.run(Unrecorded.class, List.of());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("recorder initialized: false\n");
    }

    @Test
    @Tag("long")
    void aRecorderThatDoesNotAskForThemCostsNoByte() throws Exception {
        ChildJvm jvm = ChildJvm.run(Bytes.class, List.of());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("bytes in ten warm calls: 0\n");
    }

    private List<String> calls(String asked) throws IOException, InterruptedException {
        Path file = folder.resolve("calls.jfr");
        ChildJvm jvm = ChildJvm.run(Calls.class, List.of(), asked, file.toString());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        return events(file);
    }

    private static List<String> events(Path file) throws IOException {
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals(NAME))
                .map(CallEventTest::text)
                .toList();
    }

    private static String text(RecordedEvent event) {
        assertThat(event.getDuration()).isPositive();
        return "%s %d×%d threads %d %s %s".formatted(
                event.getString("operation"), event.getInt("batch"), event.getInt("steps"), event.getInt("threads"),
                event.getString("weightFormat"), event.getString("backend"));
    }

    private static SoftpickTransformer model() {
        return SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(4).hiddenSize(16).numHeads(2).numLayers(2).windowSize(5).build(), 1);
    }

    /** One of each kind, under a recording if one is asked for. */
    static final class Calls {

        private Calls() {}

        public static void main(String[] args) throws Exception {
            if (args.length == 0) {
                callAll();
                return;
            }
            // Loaded before anybody records, as in a service that is looked at for a while.
            model().forward(Tensor.zeros(1, 5, 4));
            try (Recording recording = new Recording()) {
                switch (args[0]) {
                    case "on" -> recording.enable(NAME).withThreshold(Duration.ZERO);
                    case "slow" -> recording.enable(NAME).withThreshold(Duration.ofMinutes(1));
                    default -> recording.enable("jdk.GarbageCollection");
                }
                recording.start();
                callAll();
                recording.dump(Path.of(args[1]));
            }
        }

        private static void callAll() {
            SoftpickTransformer model = model();
            model.forward(Tensor.zeros(2, 7, 4));
            model.parallelism(2).forward(Tensor.zeros(3, 5, 4));
            model.withWeights(WeightFormat.INT8).forward(Tensor.zeros(1, 4, 4));
            model.forwardBanded(Tensor.zeros(1, 9, 4));
            model.forwardWindows(new float[8 * 4], 8, new float[4 * 16]);
            try (StreamingSession one = model.newSession(Window.SLIDING);
                    StreamingSession other = model.newSession(Window.SLIDING)) {
                one.step(new float[3 * 4], 3, new float[3 * 16]);
                SessionGroup.of(List.of(one, other)).step(new float[2 * 4], new float[2 * 16]);
            }
        }
    }

    /** Calls and a warm-up; to load the class of an event would start the recorder. */
    static final class Unrecorded {

        private Unrecorded() {}

        public static void main(String[] args) throws InterruptedException {
            Calls.callAll();
            model().warmUp();
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals("softpick-warm-up")) {
                    thread.join();
                }
            }
            System.out.println("recorder initialized: " + FlightRecorder.isInitialized());
        }
    }

    /** Counts the bytes of warm calls while somebody records something else. */
    static final class Bytes {

        private static final long LONGEST_WARM_UP = 60_000_000_000L;

        private Bytes() {}

        public static void main(String[] args) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            SoftpickTransformer model = model();
            float[] x = Gaussian.floats(1, 5 * 4);
            float[] y = new float[16];
            model.warmUp();
            long bytes = Long.MAX_VALUE;
            try (Recording recording = new Recording()) {
                recording.enable("jdk.GarbageCollection");
                recording.start();
                long start = System.nanoTime();
                while (bytes > 0 && System.nanoTime() - start < LONGEST_WARM_UP) {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    for (int call = 0; call < 10; call++) {
                        model.forward(x, 1, 5, y);
                    }
                    bytes = threads.getCurrentThreadAllocatedBytes() - before;
                }
            }
            System.out.println("bytes in ten warm calls: " + bytes);
        }
    }
}
