package dev.softpick.model.forward;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Scratch memory that calls hand back for the next one. As many as there are processors are kept, softly: the collector
 * may take them when memory runs short. Takes no lock and, once warm, allocates nothing.
 */
public final class ScratchPool<T extends ScratchPool.Memory<T>> {

    /** What one call at a time writes to. */
    public interface Memory<T> {

        /** Whether it does for a group of so many sequences and steps, with so many members at work on it. */
        boolean fits(int members, int sequences, int steps);

        /** Floats that it holds. */
        int size();

        /** What the pool keeps; made once, so that handing back allocates nothing. */
        SoftReference<T> reference();
    }

    private final AtomicReferenceArray<@Nullable SoftReference<T>> slots =
            new AtomicReferenceArray<>(Math.max(2, Runtime.getRuntime().availableProcessors()));

    /** One that fits, taken out of the pool; null if there is none. */
    public @Nullable T take(int members, int sequences, int steps) {
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<T> reference = slots.get(i);
            T scratch = reference == null ? null : reference.get();
            if (scratch != null && scratch.fits(members, sequences, steps) && slots.compareAndSet(i, reference, null)) {
                return scratch;
            }
        }
        return null;
    }

    /** Keeps it for the next call, in place of a smaller one where the pool is full; else drops it. */
    public void giveBack(T scratch) {
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<T> reference = slots.get(i);
            if ((reference == null || reference.get() == null)
                    && slots.compareAndSet(i, reference, scratch.reference())) {
                return;
            }
        }
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<T> reference = slots.get(i);
            T other = reference == null ? null : reference.get();
            if ((other == null || other.size() < scratch.size())
                    && slots.compareAndSet(i, reference, scratch.reference())) {
                return;
            }
        }
    }
}
