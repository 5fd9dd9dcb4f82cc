package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.select.Backends;
import dev.softpick.model.forward.WarmUp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each JVM warms up once, so every test has one of its own. */
@Tag("presence")
class WarmUpTest {

    private static final String THREAD = "softpick-warm-up";

    @Test
    void callsMoveFromScalarToVectorKernelsWithTheSameBits() throws Exception {
        ChildJvm jvm = ChildJvm.run(Calls.class, List.of(), "softpick", "softmax", "ssmax", "rectified_softpick");
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        for (Normalizer normalizer : Normalizer.values()) {
            assertThat(jvm.output())
                    .contains(normalizer.id() + (Backends.vectorModulePresent()
                            ? ": staged, then vector" : ": scalar, then scalar"));
        }
    }

    @Test
    void withoutCounterAndFlightRecorderItEndsToo() throws Exception {
        String modules = Backends.vectorModulePresent() ? "java.base,jdk.incubator.vector" : "java.base";
        ChildJvm jvm = ChildJvm.run(Calls.class, List.of("--limit-modules", modules), "softpick");
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .contains(Backends.vectorModulePresent() ? "softpick: staged, then vector"
                        : "softpick: scalar, then scalar");
    }

    @Test
    void whereTheBackendIsAskedForThereIsNoWarmUp() throws Exception {
        String asked = Backends.vectorModulePresent() ? "vector" : "scalar";
        for (String backend : List.of(asked, "scalar")) {
            ChildJvm jvm = ChildJvm.run(Calls.class, List.of("-Dsoftpick.backend=" + backend), "softpick");
            assertThat(jvm.exit()).as(jvm.output()).isZero();
            assertThat(jvm.output()).contains("softpick: " + backend + ", then " + backend);
        }
    }

    @Test
    void theLogAndTheFlightRecorderTellOfIt() throws Exception {
        Path logging = Files.createTempFile("softpick", ".properties");
        try {
            Files.writeString(logging, """
                    handlers=java.util.logging.ConsoleHandler
                    java.util.logging.ConsoleHandler.level=FINE
                    dev.softpick.level=FINE
                    """);
            ChildJvm jvm = ChildJvm.run(
                    Recorded.class, List.of("-Djava.util.logging.config.file=" + logging), "softmax");
            assertThat(jvm.exit()).as(jvm.output()).isZero();
            if (Backends.vectorModulePresent()) {
                assertThat(jvm.output())
                        .containsPattern("softpick kernels: vector kernels for softmax warm after [0-9]+ calls in "
                                + "[0-9]+ ms")
                        .containsPattern("event softmax, [0-9]+ calls");
            } else {
                assertThat(jvm.output()).doesNotContain("warm after").doesNotContain("event");
            }
            assertThat(jvm.output()).containsOnlyOnce("softpick kernels: " + (Backends.vectorModulePresent()
                    ? "vector backend, " : "scalar backend ("));
        } finally {
            Files.delete(logging);
        }
    }

    @Test
    void anInterruptedWaitReturnsAndStaysInterrupted() throws Exception {
        ChildJvm jvm = ChildJvm.run(Interrupted.class, List.of());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .contains("interrupted true, " + (Backends.vectorModulePresent() ? "staged" : "scalar"));
    }

    /** Calls before, while and after kernels warm up, all compared with the first. Needs java.base alone. */
    static final class Calls {

        private Calls() {}

        static SoftpickTransformer model(Normalizer normalizer) {
            return SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(20).hiddenSize(96).numHeads(3).numLayers(2).windowSize(300)
                            .normalizer(normalizer).build(),
                    7);
        }

        public static void main(String[] args) {
            for (String name : args) {
                Normalizer normalizer = Normalizer.fromId(name);
                SoftpickTransformer model = model(normalizer);
                String before = WarmUp.of(normalizer).backend().name();
                float[][] x = {Fixtures.gaussian(1, 60 * 20), Fixtures.gaussian(2, 250 * 20), Fixtures.gaussian(3, 20)};
                int[] steps = {60, 250, 1};
                float[][] expected = new float[3][96];
                for (int i = 0; i < 3; i++) {
                    model.forward(x[i], 1, steps[i], expected[i]);
                }
                StreamingSession session = model.newSession(Window.UNBOUNDED);
                float[] streamed = new float[250 * 96];
                session.step(x[1], 250, streamed);
                float[] again = new float[250 * 96];
                float[] y = new float[96];
                for (int call = 0, rest = 60; rest > 0; call++) {
                    Arrays.fill(y, Float.NaN);
                    model.forward(x[call % 3], 1, steps[call % 3], y);
                    if (!Arrays.equals(y, expected[call % 3])) {
                        throw new AssertionError(normalizer.id() + ": call " + call + " has other bits");
                    }
                    session.reset();
                    session.step(x[1], 1 + call % 250, again);
                    if (Arrays.mismatch(again, 0, (1 + call % 250) * 96, streamed, 0, (1 + call % 250) * 96) >= 0) {
                        throw new AssertionError(normalizer.id() + ": session " + call + " has other bits");
                    }
                    boolean warm = WarmUp.of(normalizer).backend() == Backends.chosen();
                    rest -= warm ? 1 : 0;
                }
                model.warmUp();
                System.out.println(normalizer.id() + ": " + before + ", then "
                        + WarmUp.of(normalizer).backend().name());
            }
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals(THREAD)) {
                    awaitEnd(thread);
                }
            }
        }

        /** The thread still writes its line in the log when the models have moved. */
        private static void awaitEnd(Thread thread) {
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (thread.isAlive()) {
                throw new AssertionError("the thread " + THREAD + " has not ended");
            }
        }
    }

    /** Waits for a warm-up that has hardly begun, and is interrupted. */
    static final class Interrupted {

        private Interrupted() {}

        public static void main(String[] args) {
            SoftpickTransformer model = Calls.model(Normalizer.SOFTPICK);
            Thread.currentThread().interrupt();
            model.warmUp();
            String backend = WarmUp.of(Normalizer.SOFTPICK).backend().name();
            System.out.println("interrupted " + Thread.interrupted() + ", " + backend);
        }
    }

    /** {@link Calls} under the flight recorder. */
    static final class Recorded {

        private Recorded() {}

        public static void main(String[] args) throws Exception {
            Path file = Files.createTempFile("softpick", ".jfr");
            try (Recording recording = new Recording()) {
                recording.enable("dev.softpick.WarmUp");
                recording.start();
                Calls.main(args);
                recording.dump(file);
                for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
                    System.out.println("event " + event.getString("normalizer") + ", " + event.getInt("calls")
                            + " calls, "
                            + event.getDuration("timeTaken").toMillis() + " ms");
                }
            } finally {
                Files.delete(file);
            }
        }
    }
}
