package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.Reduce;
import dev.softpick.kernels.select.Backends;
import dev.softpick.oracle.Gaussian;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Each JVM warms up once, so every test has one of its own. */
@Tag("presence")
class WarmUpTest {

    private static final String THREAD = "softpick-warm-up";

    @Test
    @Tag("long")
    void callsMoveFromScalarToVectorKernelsWithTheSameBitsAndTheLogAndTheFlightRecorderTellOfIt() throws Exception {
        Path logging = Files.createTempFile("softpick", ".properties");
        try {
            Files.writeString(logging, """
                    handlers=java.util.logging.ConsoleHandler
                    java.util.logging.ConsoleHandler.level=FINE
                    dev.softpick.level=FINE
                    """);
            ChildJvm jvm = ChildJvm.run(
                    Recorded.class, List.of("-Djava.util.logging.config.file=" + logging),
                    "softpick", "softmax", "ssmax", "rectified_softpick");
            assertThat(jvm.exit()).as(jvm.output()).isZero();
            for (Normalizer normalizer : Normalizer.values()) {
                String id = normalizer.id();
                if (Backends.hasVector()) {
                    assertThat(jvm.output())
                            .contains(id + ": staged, then vector")
                            .containsPattern("softpick kernels: vector kernels for " + id + " warm after [0-9]+ calls"
                                    + " in [0-9]+ ms")
                            .containsPattern("event " + id + ", [0-9]+ calls");
                } else {
                    assertThat(jvm.output()).contains(id + ": scalar, then scalar")
                            .doesNotContain("warm after").doesNotContain("event");
                }
            }
            assertThat(jvm.output()).containsOnlyOnce("softpick kernels: " + (Backends.hasVector()
                    ? "vector backend, " : "scalar backend ("));
        } finally {
            Files.delete(logging);
        }
    }

    @Test
    @Tag("long")
    void withoutCounterAndFlightRecorderItEndsToo() throws Exception {
        String modules = Backends.hasVector() ? "java.base,jdk.incubator.vector" : "java.base";
        ChildJvm jvm = ChildJvm.run(Calls.class, List.of("--limit-modules", modules), "softpick");
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .contains(Backends.hasVector() ? "softpick: staged, then vector" : "softpick: scalar, then scalar");
    }

    @Test
    @Tag("long")
    void whereTheBackendIsForcedThereIsNoWarmUp() throws Exception {
        String forced = Backends.hasVector() ? "vector" : "scalar";
        for (String backend : List.of(forced, "scalar")) {
            ChildJvm jvm = ChildJvm.run(Calls.class, List.of("-Dsoftpick.backend=" + backend), "softpick");
            assertThat(jvm.exit()).as(jvm.output()).isZero();
            assertThat(jvm.output()).contains("softpick: " + backend + ", then " + backend);
        }
    }

    @Test
    void anInterruptedWaitReturnsAndStaysInterrupted() throws Exception {
        ChildJvm jvm = ChildJvm.run(Interrupted.class, List.of());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .contains("interrupted true, " + (Backends.hasVector() ? "staged" : "scalar"));
    }

    @Test
    @Tag("once")
    @Tag("long")
    void aSecondModelThatTakesOtherPathsIsRehearsedToo() throws Exception {
        ChildJvm jvm = ChildJvm.run(Second.class, List.of("-Xmx1g"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        Matcher bytes = Pattern.compile("bytes of its calls: (\\d+)").matcher(jvm.output());
        assertThat(bytes.find()).as(jvm.output()).isTrue();
        // Without a rehearsal of its own each call takes 86 MB; with one of zeros alone 200 KB, since GELU's branches
        // for other numbers were compiled only then. Code that C2 replaces may still take some.
        assertThat(Long.parseLong(bytes.group(1))).isLessThan(100_000L);
    }

    @Test
    @Tag("long")
    void warmCallsAllocateNothingWhateverTheShapeAndLongOnesAreWarmedUpApart() throws Exception {
        ChildJvm jvm = ChildJvm.run(Warm.class, List.of("-Xmx1g"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        Matcher bytes = Pattern.compile("(\\w+): short (\\d+), step (\\d+), first long (\\d+), long (\\d+)")
                .matcher(jvm.output());
        for (String normalizer : List.of("softpick", "softmax")) {
            assertThat(bytes.find()).as(jvm.output()).isTrue();
            assertThat(bytes.group(1)).isEqualTo(normalizer);
            // Were up to 13 MB: columns that one row's product had left behind, sums of more than 12 keys, and edges
            // at an array's end were not rehearsed.
            assertThat(Long.parseLong(bytes.group(2))).as(jvm.output()).isLessThan(1_000L);
            assertThat(Long.parseLong(bytes.group(3))).as(jvm.output()).isLessThan(1_000L);
            // Scratch memory alone; was 30 MB, where attention beyond a chunk of keys began on vectors.
            assertThat(Long.parseLong(bytes.group(4))).as(jvm.output()).isLessThan(4_000_000L);
            assertThat(Long.parseLong(bytes.group(5))).as(jvm.output()).isLessThan(1_000L);
        }
    }

    @Test
    @Tag("once")
    @Tag("long")
    void whatC2DoesNotCompileStaysScalarAndTheLogSaysSo() throws Exception {
        ChildJvm jvm = ChildJvm.run(
                Calls.Once.class,
                List.of("-XX:CompileCommand=quiet",
                        "-XX:CompileCommand=exclude,dev.softpick.kernels.vector.VectorLayerNorm::*"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("[LAYER_NORM] stay scalar for softpick").contains("then staged");
    }

    /** What serves callers on vectors already must not be given up while the rest is rehearsed. */
    @Test
    @Tag("once")
    @Tag("long")
    void noTileIsCompiledAgainForRowsThatOthersCallItWith() throws Exception {
        ChildJvm jvm = ChildJvm.run(WholePanels.class, List.of("-Xlog:deoptimization=debug"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("staged, then vector").contains("[deoptimization]");
        assertThat(jvm.output().lines().filter(line -> line.contains("vector.MicroKernel."))).isEmpty();
    }

    @Test
    @Tag("once")
    @Tag("long")
    void whatAFullCodeCacheHasNoRoomForStaysScalarAndTheLogSaysSo() throws Exception {
        ChildJvm jvm = ChildJvm.run(
                Calls.Once.class, List.of("-XX:ReservedCodeCacheSize=2496k", "-XX:-UseCodeCacheFlushing"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .contains("CodeCache is full. Compiler has been disabled.")
                .contains(" stay scalar for softpick")
                .contains("then staged");
    }

    /** As in a container with half a processor: the JVM is stopped half of the time, and believes in one processor. */
    @Test
    @Tag("once")
    @Tag("long")
    @DisabledOnOs(OS.WINDOWS)
    void halfAProcessorEndsOnVectorsToo() throws Exception {
        ChildJvm jvm = ChildJvm.run(Calls.Starved.class, List.of("-XX:ActiveProcessorCount=1"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("staged, then vector");
    }

    @Test
    @Tag("long")
    @Tag("once")
    void jvmsWhoseC2DoesNotTurnVectorsIntoInstructionsRunScalarCode() throws Exception {
        List<List<String>> jvms = List.of(
                List.of("-XX:TieredStopAtLevel=3"),
                List.of("-XX:TieredStopAtLevel=2"),
                List.of("-XX:TieredStopAtLevel=1"),
                List.of("-XX:+UnlockExperimentalVMOptions", "-XX:-EnableVectorSupport"),
                List.of("-XX:MaxVectorSize=8"));
        for (List<String> flags : jvms) {
            ChildJvm jvm = ChildJvm.run(Calls.Once.class, flags);
            assertThat(jvm.exit()).as(jvm.output()).isZero();
            assertThat(jvm.output()).as(flags.toString()).contains("then scalar").contains("absSum 6.0");
        }
    }

    @Test
    @Tag("once")
    void aForcedVectorBackendIsRefusedWhereVectorsHaveAnotherWidth() throws Exception {
        ChildJvm jvm = ChildJvm.run(
                Calls.Once.class, List.of("-XX:MaxVectorSize=8", "-Dsoftpick.backend=vector"));
        assertThat(jvm.exit()).isNotZero();
        assertThat(jvm.output())
                .contains("vectors have 64 bits here; the vector kernels are written for 128, 256 and 512");
    }

    @Test
    void aClassLoaderThatIsClosedMeanwhileLeavesNoTrace() throws Exception {
        ChildJvm jvm = ChildJvm.run(Unloaded.class, List.of());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("the thread has ended").doesNotContain("Exception").doesNotContain("Error");
    }

    /** Loads a model in a class loader of its own and closes that at once. */
    static final class Unloaded {

        private Unloaded() {}

        public static void main(String[] args) throws Exception {
            List<URL> urls = new ArrayList<>();
            for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
                urls.add(Path.of(path).toUri().toURL());
            }
            URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
            Class<?> calls = loader.loadClass(Calls.class.getName());
            var model = calls.getDeclaredMethod("model", loader.loadClass(Normalizer.class.getName()));
            model.setAccessible(true);
            model.invoke(null, loader.loadClass(Normalizer.class.getName()).getEnumConstants()[0]);
            loader.close();
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals(THREAD)) {
                    thread.join(30_000);
                }
            }
            System.out.println("the thread has ended");
        }
    }

    /** A model whose window, feed-forward layer and classes are not those of the first one. */
    static final class Second {

        private Second() {}

        public static void main(String[] args) {
            SoftpickConfig.Builder builder = SoftpickConfig.builder()
                    .embedDim(64).hiddenSize(64).numHeads(1).numLayers(1);
            SoftpickTransformer.random(builder.windowSize(60).build(), 1).warmUp();
            SoftpickConfig config = builder.embedDim(20).hiddenSize(250).numHeads(5).windowSize(300).build();
            SoftpickTransformer model = SoftpickTransformer.random(config, 2);
            model.warmUp();
            float[] x = Gaussian.floats(3, 300 * 20);
            float[] y = new float[250];
            // The first calls take scratch memory, and code that is no kernel's is compiled.
            for (int call = 0; call < 3; call++) {
                model.forward(x, 1, 300, y);
            }
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 5; call++) {
                model.forward(x, 1, 300, y);
            }
            System.out.println("bytes of its calls: " + (threads.getCurrentThreadAllocatedBytes() - before));
        }
    }

    /** Bytes of calls after a warm-up: of the configured window, of a session, and longer than a chunk of keys. */
    static final class Warm {

        private static final int EMBED = 20;

        private static final com.sun.management.ThreadMXBean THREADS =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

        private Warm() {}

        public static void main(String[] args) {
            bytes(model(64, 4, Normalizer.SOFTPICK));
            bytes(model(130, 1, Normalizer.SOFTMAX));
        }

        private static SoftpickTransformer model(int hidden, int heads, Normalizer normalizer) {
            return SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(EMBED).hiddenSize(hidden).numHeads(heads).numLayers(2)
                            .normalizer(normalizer).build(),
                    1);
        }

        private static void bytes(SoftpickTransformer model) {
            model.warmUp();
            long brief = third(model, 60);
            long step = 0;
            try (StreamingSession session = model.newSession(Window.SLIDING)) {
                float[] frame = Gaussian.floats(3, EMBED);
                float[] y = new float[model.outputSize()];
                for (int i = 0; i < 3; i++) {
                    long before = THREADS.getCurrentThreadAllocatedBytes();
                    session.step(frame, y);
                    step = THREADS.getCurrentThreadAllocatedBytes() - before;
                }
            }
            long first = call(model, 400);
            model.warmUp();
            System.out.println(model.config().normalizer().id() + ": short " + brief + ", step " + step
                    + ", first long " + first + ", long " + third(model, 400));
        }

        /** The first two may take memory that is not theirs alone. */
        private static long third(SoftpickTransformer model, int steps) {
            call(model, steps);
            call(model, steps);
            return call(model, steps);
        }

        private static long call(SoftpickTransformer model, int steps) {
            float[] x = Gaussian.floats(3, steps * EMBED);
            float[] y = new float[model.outputSize()];
            long before = THREADS.getCurrentThreadAllocatedBytes();
            model.forward(x, 1, steps, y);
            return THREADS.getCurrentThreadAllocatedBytes() - before;
        }
    }

    /** One warm-up, of a model whose products have no edges and whose heads fill a tile, as the default model's. */
    static final class WholePanels {

        private WholePanels() {}

        public static void main(String[] args) {
            SoftpickTransformer model = SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(64).hiddenSize(128).numHeads(2).numLayers(1).build(), 1);
            String before = model.steps().backend().name();
            model.warmUp();
            System.out.println(before + ", then " + model.steps().backend().name());
        }
    }

    /** Calls before, while and after kernels warm up, all compared with the first. Needs java.base alone. */
    static final class Calls {

        private Calls() {}

        /** One warm-up. */
        static final class Once {

            private Once() {}

            public static void main(String[] args) {
                System.out.println("absSum " + Reduce.absSum(new float[] {1, 2, 3}));
                SoftpickTransformer model = model(Normalizer.SOFTPICK);
                String before = model.steps().backend().name();
                model.warmUp();
                System.out.println(before + ", then " + model.steps().backend().name());
            }
        }

        /** One warm-up, of a JVM that a shell stops for 50 ms out of 100, until it has ended. */
        static final class Starved {

            private Starved() {}

            public static void main(String[] args) throws IOException {
                new ProcessBuilder(
                        "/bin/sh", "-c", "while kill -STOP $0; do sleep 0.05; kill -CONT $0; sleep 0.05; done",
                        Long.toString(ProcessHandle.current().pid()))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                Once.main(args);
            }
        }

        static SoftpickTransformer model(Normalizer normalizer) {
            return SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(20).hiddenSize(96).numHeads(3).numLayers(2).windowSize(300)
                            .normalizer(normalizer).build(),
                    7);
        }

        public static void main(String[] args) throws InterruptedException {
            int after = Backends.isForced() ? 12 : 60;
            for (String name : args) {
                Normalizer normalizer = Normalizer.fromId(name);
                SoftpickTransformer model = model(normalizer);
                String before = model.steps().backend().name();
                float[][] x = {Gaussian.floats(1, 60 * 20), Gaussian.floats(2, 250 * 20), Gaussian.floats(3, 20)};
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
                for (int call = 0, rest = after; rest > 0; call++) {
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
                    boolean warm = model.steps().backend() == Backends.preferred();
                    rest -= warm ? 1 : 0;
                    if (!warm) {
                        // C2 may be on the same processor
                        Thread.sleep(20);
                    }
                }
                model.warmUp();
                System.out.println(normalizer.id() + ": " + before + ", then " + model.steps().backend().name());
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
            String backend = model.steps().backend().name();
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
