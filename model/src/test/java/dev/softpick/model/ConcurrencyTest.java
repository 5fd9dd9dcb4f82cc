package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.oracle.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many threads on one model, every output compared bit by bit. Short here; for a minute with 64 platform and 10,000
 * virtual threads: {@code -Dsoftpick.test.seconds=60 -Dsoftpick.test.platform=64 -Dsoftpick.test.virtual=10000}.
 */
@Tag("presence")
class ConcurrencyTest {

    private static final int SECONDS = Integer.getInteger("softpick.test.seconds", 1);
    private static final int PLATFORM = Integer.getInteger("softpick.test.platform", 16);
    private static final int VIRTUAL = Integer.getInteger("softpick.test.virtual", 500);

    private static final int EMBED = 6;
    private static final int HIDDEN = 32;
    private static final int[][] SHAPES = {{1, 1}, {1, 7}, {3, 20}, {1, 230}, {5, 3}};

    private static final SoftpickTransformer MODEL = SoftpickTransformer.random(
            SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).numHeads(2).numLayers(2).build(), 5);

    private final float[][] inputs = new float[SHAPES.length][];
    private final float[][] expected = new float[SHAPES.length][];

    ConcurrencyTest() {
        for (int i = 0; i < SHAPES.length; i++) {
            inputs[i] = Gaussian.floats(i, SHAPES[i][0] * SHAPES[i][1] * EMBED);
            expected[i] = new float[SHAPES[i][0] * HIDDEN];
            MODEL.forward(inputs[i], SHAPES[i][0], SHAPES[i][1], expected[i]);
        }
    }

    /** Backends change under the callers' feet, as they do while kernels warm up. */
    @Test
    void platformAndVirtualThreadsShareAModel() throws Exception {
        List<Backend> backends = new ArrayList<>(List.of(Backends.scalar(), Backends.preferred()));
        Backend staged = Backends.scalar().with(null, Backends.preferred());
        ForwardPass pass = new ForwardPass(MODEL.config(), MODEL.weights());
        AtomicReference<Backend> current = new AtomicReference<>(backends.get(0));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong calls = new AtomicLong();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Runnable caller = () -> {
            float[] y = new float[5 * HIDDEN];
            // Each thread calls once at least, however many there are.
            for (int i = (int) (calls.get() % SHAPES.length); failure.get() == null; i = (i + 1) % SHAPES.length) {
                Arrays.fill(y, Float.NaN);
                pass.run(current.get(), inputs[i], SHAPES[i][0], SHAPES[i][1], null, y, ForwardPass.Result.LAST);
                calls.incrementAndGet();
                if (!Arrays.equals(y, 0, expected[i].length, expected[i], 0, expected[i].length)) {
                    failure.set(new AssertionError("other bits for " + Arrays.toString(SHAPES[i])));
                }
                if (System.nanoTime() >= end) {
                    return;
                }
                Thread.yield();
            }
        };
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PLATFORM; i++) {
            threads.add(Thread.ofPlatform().uncaughtExceptionHandler((thread, e) -> failure.set(e)).start(caller));
        }
        for (int i = 0; i < VIRTUAL; i++) {
            threads.add(Thread.ofVirtual().uncaughtExceptionHandler((thread, e) -> failure.set(e)).start(caller));
        }
        for (int i = 0; System.nanoTime() < end; i++) {
            current.set(backends.get(i % backends.size()));
            if (i < Backend.Family.values().length) {
                staged = staged.with(Backend.Family.values()[i], Backends.preferred());
                backends.add(staged);
            }
            Thread.sleep(20);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println(calls + " calls on " + PLATFORM + " platform and " + VIRTUAL + " virtual threads in "
                + SECONDS + " s");
        assertThat(failure.get()).isNull();
        assertThat(calls.get()).isGreaterThanOrEqualTo(PLATFORM + VIRTUAL);
    }

    /** One session a thread, all of one model. */
    @Test
    void sessionsShareAModel() throws Exception {
        float[] frames = inputs[3];
        float[] streamed = new float[SHAPES[3][1] * HIDDEN];
        MODEL.newSession(Window.UNBOUNDED).step(frames, SHAPES[3][1], streamed);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Runnable caller = () -> {
            float[] frame = new float[EMBED];
            float[] y = new float[HIDDEN];
            do {
                try (StreamingSession session = MODEL.newSession(Window.UNBOUNDED)) {
                    for (int i = 0; i < SHAPES[3][1] && failure.get() == null; i++) {
                        System.arraycopy(frames, i * EMBED, frame, 0, EMBED);
                        session.step(frame, y);
                        if (!Arrays.equals(y, 0, HIDDEN, streamed, i * HIDDEN, (i + 1) * HIDDEN)) {
                            failure.set(new AssertionError("other bits at frame " + i));
                        }
                    }
                }
            } while (System.nanoTime() < end && failure.get() == null);
        };
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PLATFORM; i++) {
            threads.add(Thread.ofPlatform().uncaughtExceptionHandler((thread, e) -> failure.set(e)).start(caller));
            threads.add(Thread.ofVirtual().uncaughtExceptionHandler((thread, e) -> failure.set(e)).start(caller));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
    }

    /** An executor that is shut down during calls, and callers that are interrupted. */
    @Test
    void shuttingDownAndInterruptingLeaveNoThreadAndNoLock() throws Exception {
        for (int round = 0; round < 20; round++) {
            ExecutorService executor = Executors.newFixedThreadPool(3);
            SoftpickTransformer parallel = MODEL.parallelism(4, executor);
            CountDownLatch started = new CountDownLatch(1);
            AtomicReference<String> result = new AtomicReference<>("nothing");
            Thread caller = Thread.ofPlatform().start(() -> {
                float[] y = new float[expected[3].length];
                boolean same = true;
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
                int callsInterrupted = 0;
                while (callsInterrupted < 10 && System.nanoTime() < end) {
                    parallel.forward(inputs[3], SHAPES[3][0], SHAPES[3][1], y);
                    same &= Arrays.equals(y, expected[3]);
                    started.countDown();
                    callsInterrupted += Thread.currentThread().isInterrupted() ? 1 : 0;
                }
                result.set("same " + same + ", interrupted " + Thread.currentThread().isInterrupted());
            });
            started.await();
            caller.interrupt();
            executor.shutdownNow();
            assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).as("helpers leave").isTrue();
            caller.join(20_000);
            assertThat(result.get()).isEqualTo("same true, interrupted true");
        }
        float[] y = new float[expected[0].length];
        MODEL.forward(inputs[0], SHAPES[0][0], SHAPES[0][1], y);
        assertThat(y).isEqualTo(expected[0]);
    }
}
