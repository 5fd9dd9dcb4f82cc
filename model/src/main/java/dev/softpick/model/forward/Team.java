package dev.softpick.model.forward;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one call: the caller, and helpers from an executor that join whenever they are started.
 *
 * <p>A phase is a number of items; whoever is free takes the next one. The caller does all that nobody else has taken,
 * so a call ends even if the executor is busy, has shut down or refuses: helpers only make it faster. Between phases,
 * which are microseconds apart, helpers spin; they leave when the call ends. An interrupt changes nothing.
 *
 * <p>Helpers are asked for when the first phase is there to be worked on, and none waits while the caller is still
 * asking: an executor may run it in the caller's thread, or make the caller wait for it.
 */
final class Team implements AutoCloseable {

    /** What a member does with an item; members are numbered from 0, the caller. */
    @FunctionalInterface
    interface Work {
        void item(int member, int item);
    }

    private static final int SPINS_BEFORE_YIELD = 1 << 12;
    private static final long CLOSED = -1;

    /** Before the first phase and behind the last; nobody can take an item of it. */
    private static final Work NONE = (member, item) -> {
        throw new IllegalStateException("there is no phase");
    };

    /** Items of the phase in the upper half, items taken in the lower; {@link #CLOSED} at the end. */
    private final AtomicLong taken = new AtomicLong();

    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicInteger members = new AtomicInteger(1);
    private final int size;
    private @Nullable Executor executor;
    private volatile boolean asking;
    private volatile Work work = NONE;
    private volatile @Nullable Throwable failure;

    /** Of so many members, the caller included; {@code executor}, if there is one, starts the others. */
    Team(int size, @Nullable Executor executor) {
        this.size = size;
        this.executor = executor;
    }

    /** Members that there may be, the caller included. */
    int size() {
        return size;
    }

    /** Runs items 0 … count − 1, in any order, on any member; returns when all are done. */
    void run(int count, Work phase) {
        work = phase;
        unfinished.set(count);
        taken.set((long) count << 32);
        Executor starter = executor;
        if (starter != null) {
            askForHelpers(starter);
        }
        while (takeOne(0)) {
            // until none is left
        }
        await(0);
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    private void askForHelpers(Executor starter) {
        Helpers helpers = Helpers.of(starter);
        executor = null;
        asking = true;
        try {
            for (int i = 1; i < size && helpers.ask(starter, this); i++) {
                // until there are enough
            }
        } catch (RejectedExecutionException | OutOfMemoryError refused) {
            // No thread is to be had: the caller does the work that helpers would have done.
        } finally {
            asking = false;
        }
    }

    /** Until no more items are unfinished than nobody has taken. */
    private void await(int untaken) {
        for (int spins = 0; unfinished.get() > untaken; spins++) {
            pause(spins);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // the one who is waited for may need the processor
    private static void pause(int spins) {
        if (spins < SPINS_BEFORE_YIELD) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    /** What a helper does until the call ends. */
    void help() {
        int member = members.getAndIncrement();
        int spins = 0;
        while (taken.get() != CLOSED) {
            if (takeOne(member)) {
                spins = 0;
            } else if (asking) {
                return;
            } else {
                pause(++spins);
            }
        }
    }

    /** Does the next item, if there is one. A phase cannot end while an item that was taken is unfinished. */
    private boolean takeOne(int member) {
        long now = taken.get();
        int item = (int) now;
        if (now == CLOSED || item >= (int) (now >>> 32) || !taken.compareAndSet(now, now + 1)) {
            return now != CLOSED && item < (int) (now >>> 32);
        }
        try {
            work.item(member, item);
        } catch (RuntimeException | Error e) {
            failure = e;
        } finally {
            unfinished.decrementAndGet();
        }
        return true;
    }

    /** Lets the helpers go; none touches the call's memory any more, and those that have not started do not hold it. */
    @Override
    public void close() {
        long last = taken.getAndSet(CLOSED);
        await((int) (last >>> 32) - (int) last);
        executor = null;
        work = NONE;
        failure = null;
    }
}
