package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.oracle.Gaussian;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service fears of a library that it embeds, each in a JVM of its own: surprises, leaks, too little memory. */
@Tag("presence")
class TrustTest {

    @TempDir
    private Path folder;

    @Test
    @Tag("long")
    void nothingHappensBesideTheCalls() throws Exception {
        Path model = folder.resolve("m.safetensors");
        WarmUpTest.Calls.model(Normalizer.SOFTPICK).save(model);
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        ChildJvm jvm = ChildJvm.run(
                Quiet.class, List.of("-Djava.io.tmpdir=" + temporary, "-Djava.util.logging.config.file=/dev/null"),
                model.toString());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output().replaceAll("(?m)^WARNING: Using incubator modules.*\\R", "")).isEqualTo("quiet\n");
        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files).isEmpty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(model, temporary);
        }
    }

    @Test
    void aModelThatTheHeapCannotHoldFailsClearlyAndLeavesTheJvmUsable() throws Exception {
        Path large = folder.resolve("large.safetensors");
        SoftpickTransformer.random(SoftpickConfig.builder().embedDim(64).build(), 1).save(large);
        ChildJvm jvm = ChildJvm.run(SmallHeap.class, List.of("-Xmx16m"), large.toString());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output())
                .containsPattern("the model's weights take 19 MiB of heap, whose limit is 1[0-9] MiB; raise -Xmx")
                .contains("usable");
    }

    /** {@code -Dsoftpick.test.calls=1000000} makes it a million. */
    @Test
    @Tag("long")
    void callsLeaveNoMoreMemoryInUse() throws Exception {
        ChildJvm jvm = ChildJvm.run(
                ManyCalls.class, List.of("-Xmx64m"), System.getProperty("softpick.test.calls", "20000"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        System.out.println(jvm.output().strip());
    }

    @Test
    void scratchMemoryIsGivenBackWhenMemoryRunsShort() throws Exception {
        ChildJvm jvm = ChildJvm.run(Shrinking.class, List.of("-Xmx64m"));
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("given back");
    }

    /** A service that takes a new version of its model: the old one must not stay behind. */
    @Test
    @Tag("long")
    void aModelThatIsDroppedGivesItsMemoryBack() throws Exception {
        Path large = folder.resolve("large.safetensors");
        SoftpickTransformer.random(SoftpickConfig.builder().embedDim(64).build(), 1).save(large);
        ChildJvm jvm = ChildJvm.run(Dropping.class, List.of("-Xmx96m"), large.toString());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("10 models, none left");
    }

    /** Loads, calls, warms up, with threads and without, and looks around. */
    static final class Quiet {

        private Quiet() {}

        public static void main(String[] args) throws Exception {
            Map<Object, Object> properties = new HashMap<>(System.getProperties());
            TreeSet<String> threads = threads();
            TreeSet<String> open = open();
            SoftpickTransformer model = SoftpickTransformer.load(Path.of(args[0]));
            model.forward(Tensor.zeros(3, 60, 20));
            model.warmUp();
            model.parallelism(2, task -> Thread.startVirtualThread(task)).forward(Tensor.zeros(3, 60, 20));
            for (int i = 0; i < 100 && threads().contains("softpick-warm-up"); i++) {
                Thread.sleep(100);
            }
            TreeSet<String> left = threads();
            left.removeAll(threads);
            // The JDK's own, for virtual threads.
            left.removeIf(name -> name.startsWith("ForkJoinPool-1-worker") || name.startsWith("VirtualThread-unblocker")
                    || name.isEmpty());
            check(left.isEmpty(), "threads left: " + left);
            Map<Object, Object> after = new HashMap<>(System.getProperties());
            after.entrySet().removeAll(properties.entrySet());
            after.keySet().removeIf(key -> key.toString().startsWith("java.util.logging")
                    || key.toString().startsWith("jdk.internal"));
            check(after.isEmpty(), "system properties set: " + after);
            check(System.getProperty("jdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK") == null,
                    "bounds checks switched off");
            TreeSet<String> opened = open();
            opened.removeAll(open);
            check(opened.isEmpty(), "open sockets or files: " + opened);
            checkLibraries();
            System.out.println("quiet");
        }

        private static void check(boolean good, String what) {
            if (!good) {
                throw new AssertionError(what);
            }
        }

        private static TreeSet<String> threads() {
            TreeSet<String> names = new TreeSet<>();
            Thread.getAllStackTraces().keySet().forEach(thread -> names.add(thread.getName()));
            return names;
        }

        /** Sockets, and model files. */
        private static TreeSet<String> open() throws IOException {
            TreeSet<String> targets = new TreeSet<>();
            Path open = Path.of("/proc/self/fd");
            if (Files.isDirectory(open)) {
                try (Stream<Path> files = Files.list(open)) {
                    for (Path file : files.toList()) {
                        if (Files.isSymbolicLink(file) && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                            String target = Files.readSymbolicLink(file).toString();
                            if (target.startsWith("socket:") || target.endsWith(".safetensors")) {
                                targets.add(target);
                            }
                        }
                    }
                }
            }
            return targets;
        }

        private static void checkLibraries() throws IOException {
            Path maps = Path.of("/proc/self/maps");
            if (Files.isReadable(maps)) {
                String home = Path.of(System.getProperty("java.home")).toRealPath().toString();
                for (String line : Files.readAllLines(maps)) {
                    String file = line.substring(line.lastIndexOf(' ') + 1);
                    boolean library = file.startsWith("/") && file.contains(".so");
                    check(!library || file.startsWith(home) || file.startsWith("/usr/lib") || file.startsWith("/lib"),
                            "native library " + file);
                }
            }
        }
    }

    /** Loads what does not fit, then runs what does. */
    static final class SmallHeap {

        private SmallHeap() {}

        public static void main(String[] args) throws Exception {
            for (int i = 0; i < 3; i++) {
                try {
                    SoftpickTransformer.load(Path.of(args[0]));
                    throw new AssertionError("fits");
                } catch (OutOfMemoryError e) {
                    System.out.println(e.getMessage());
                }
            }
            Tensor y = WarmUpTest.Calls.model(Normalizer.SOFTPICK).forward(Tensor.zeros(1, 60, 20));
            System.out.println(y.values().length == 96 ? "usable" : "broken");
        }
    }

    /** Calls of changing shapes; what is in use after a collection must not grow. */
    static final class ManyCalls {

        private static final long ALLOWED_BYTES = 2 << 20;

        private ManyCalls() {}

        public static void main(String[] args) throws Exception {
            int calls = Integer.parseInt(args[0]);
            SoftpickTransformer model = SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(4).hiddenSize(16).numHeads(2).numLayers(1).build(), 1);
            float[] x = Gaussian.floats(1, 8 * 4);
            float[] y = new float[8 * 16];
            model.warmUp();
            run(model, 2_000, x, y);
            long before = used();
            run(model, calls, x, y);
            long grown = used() - before;
            System.out.println(calls + " calls: " + grown + " bytes more in use");
            if (grown > ALLOWED_BYTES) {
                throw new AssertionError(calls + " calls left " + grown + " bytes in use");
            }
        }

        private static void run(SoftpickTransformer model, int calls, float[] x, float[] y) {
            for (int i = 0; i < calls; i++) {
                int batch = 1 + i % 4;
                model.forward(x, batch, 8 / batch, y);
            }
        }

        private static long used() throws InterruptedException {
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                System.gc();
                Thread.sleep(50);
                Runtime runtime = Runtime.getRuntime();
                least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
            }
            return least;
        }
    }

    /** Ten models of 19 MB one after the other, each used in every way, in a heap that holds three. */
    static final class Dropping {

        private static final int MODELS = 10;

        private Dropping() {}

        public static void main(String[] args) throws Exception {
            List<WeakReference<SoftpickTransformer>> models = new ArrayList<>();
            for (int i = 0; i < MODELS; i++) {
                SoftpickTransformer model = SoftpickTransformer.load(Path.of(args[0]));
                models.add(new WeakReference<>(model));
                model.forward(Tensor.zeros(1, 60, 64));
                model.parallelism(2).forward(Tensor.zeros(8, 60, 64));
                try (StreamingSession session = model.newSession(Window.SLIDING)) {
                    session.step(new float[64], new float[256]);
                    session.save();
                }
                model.warmUp();
            }
            long used = ManyCalls.used();
            long left = models.stream().filter(model -> model.get() != null).count();
            System.out.println(MODELS + " models, " + (left == 0 ? "none" : left) + " left, " + used / 1_000_000
                    + " MB in use");
        }
    }

    /** A long call leaves scratch memory in the pool; whoever needs the heap gets it. */
    static final class Shrinking {

        private Shrinking() {}

        public static void main(String[] args) {
            SoftpickTransformer model = SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(8).hiddenSize(64).numHeads(1).numLayers(1).build(), 1);
            int steps = 8_000;
            float[] y = new float[64];
            model.forward(new float[steps * 8], 1, steps, y);
            List<byte[]> blocks = new ArrayList<>();
            // 64 MB of heap, of which the scratch memory of 8,000 steps takes some 15; blocks that share regions.
            for (int i = 0; i < 50 * 16; i++) {
                blocks.add(new byte[1 << 16]);
            }
            System.out.println("given back, " + blocks.size() / 16 + " MB");
            blocks.clear();
            float[] again = new float[64];
            model.forward(new float[steps * 8], 1, steps, again);
            if (!Arrays.equals(y, again)) {
                throw new AssertionError("other bits");
            }
        }
    }
}
