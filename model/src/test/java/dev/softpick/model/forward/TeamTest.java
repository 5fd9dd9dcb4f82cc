package dev.softpick.model.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever an executor does with helpers, every item is done once and the call ends. The time limit only ends hangs.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("once")
class TeamTest {

    private static final int ITEMS = 100;

    /** Two phases; fails if an item is not done exactly once. */
    private static void twoPhases(Executor executor) {
        try (Team team = new Team(4, executor)) {
            for (int phase = 0; phase < 2; phase++) {
                AtomicIntegerArray done = new AtomicIntegerArray(ITEMS);
                team.run(ITEMS, (member, item) -> {
                    assertThat(member).isBetween(0, 3);
                    done.incrementAndGet(item);
                });
                for (int item = 0; item < ITEMS; item++) {
                    assertThat(done.get(item)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void theCallersThreadMayRunTheHelper() {
        twoPhases(Runnable::run);
    }

    /** Any thread on which the caller waits inside {@code execute}. */
    @Test
    void theCallerMayWaitForAnotherThreadThatRunsTheHelper() {
        twoPhases(task -> {
            Thread thread = Thread.ofVirtual().start(task);
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aFullPoolMayRunTheHelperInTheCallersThread() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        try (ThreadPoolExecutor pool = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(1), new ThreadPoolExecutor.CallerRunsPolicy())) {
            for (int i = 0; i < 2; i++) {
                pool.execute(() -> {
                    try {
                        busy.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            twoPhases(pool);
            busy.countDown();
        }
    }

    @Test
    void aHelperThatRunsTwiceOrLateDoesNothing() {
        List<Runnable> kept = new ArrayList<>();
        twoPhases(task -> {
            kept.add(task);
            Thread.ofVirtual().start(task);
            Thread.ofVirtual().start(task);
        });
        kept.forEach(Runnable::run);
    }

    /** The second helper cannot be had; the first one is already at work. */
    @Test
    void withoutAThreadTheCallerDoesTheWork() throws Exception {
        for (Throwable refusal : List.of(new OutOfMemoryError("no native thread"), new RejectedExecutionException())) {
            List<Thread> started = new ArrayList<>();
            twoPhases(task -> {
                if (!started.isEmpty()) {
                    TeamTest.<RuntimeException>sneak(refusal);
                }
                started.add(Thread.ofPlatform().daemon().start(task));
            });
            assertThat(started).hasSize(1);
            assertThat(started.getFirst().join(Duration.ofSeconds(30))).as("its helper ends").isTrue();
        }
    }

    @Test
    void whatElseAnExecutorThrowsArrivesAndNothingIsLeftBehind() throws Exception {
        for (Throwable fault : List.of(
                new IllegalStateException("broken"), new NullPointerException(), new StackOverflowError())) {
            List<Thread> started = new ArrayList<>();
            AtomicInteger begun = new AtomicInteger();
            AtomicInteger running = new AtomicInteger();
            assertThatThrownBy(() -> {
                try (Team team = new Team(3, task -> {
                    if (!started.isEmpty()) {
                        TeamTest.<RuntimeException>sneak(fault);
                    }
                    started.add(Thread.ofPlatform().daemon().start(task));
                    while (begun.get() == 0) {
                        Thread.onSpinWait();
                    }
                })) {
                    team.run(ITEMS, (member, item) -> {
                        running.incrementAndGet();
                        begun.incrementAndGet();
                        Thread.yield();
                        running.decrementAndGet();
                    });
                }
            }).isSameAs(fault);
            assertThat(running.get()).as("items at work when the call has ended").isZero();
            assertThat(started.getFirst().join(Duration.ofSeconds(30))).as("its helper ends").isTrue();
        }
    }

    @Test
    void whatAnItemThrowsArrivesWhenThePhaseIsDone() {
        AtomicInteger done = new AtomicInteger();
        assertThatThrownBy(() -> {
            try (Team team = new Team(2, Runnable::run)) {
                team.run(ITEMS, (member, item) -> {
                    done.incrementAndGet();
                    if (item == 7) {
                        throw new OutOfMemoryError("item");
                    }
                });
            }
        }).isInstanceOf(OutOfMemoryError.class).hasMessage("item");
        assertThat(done.get()).isEqualTo(ITEMS);
    }

    @Test
    void anExecutorThatOnlyQueuesKeepsAFewHelpersAndNoMemoryOfACall() {
        Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
        float[] memory = new float[1_000_000];
        WeakReference<float[]> held = new WeakReference<>(memory);
        Executor executor = queue::add;
        for (int call = 0; call < 100_000; call++) {
            work(executor, memory);
        }
        memory = null;
        assertThat(queue.size()).isBetween(1, Helpers.MOST);
        for (int i = 0; i < 100 && held.get() != null; i++) {
            System.gc();
        }
        assertThat(held.get()).as("the memory of calls that have ended").isNull();
        // It wakes up: what it has kept does nothing, and it is asked again.
        while (!queue.isEmpty()) {
            queue.poll().run();
        }
        work(executor, new float[1]);
        assertThat(queue).isNotEmpty();
    }

    private static void work(Executor executor, float[] memory) {
        try (Team team = new Team(3, executor)) {
            team.run(2, (member, item) -> memory[0]++);
        }
    }

    /** As {@code DiscardPolicy} does while a pool is full. */
    @Test
    void anExecutorThatDropsHelpersIsAskedAgain() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        Executor executor = new Executor() {
            @Override
            public void execute(Runnable task) {
                tasks.add(task);
            }
        };
        for (int call = 0; call < 10 * Helpers.MOST; call++) {
            work(executor, new float[1]);
        }
        tasks.clear();
        for (int i = 0; i < 100 && tasks.isEmpty(); i++) {
            System.gc();
            work(executor, new float[1]);
        }
        assertThat(tasks).isNotEmpty();
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable any) throws T {
        throw (T) any;
    }
}
