package dev.softpick.model.forward;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Scratch memory that calls hand back for the next one. As many as there are processors are kept, softly: the collector
 * may take them when memory runs short. Takes no lock and, once warm, allocates nothing.
 */
final class ScratchPool {

    private final AtomicReferenceArray<SoftReference<Scratch>> slots =
            new AtomicReferenceArray<>(Math.max(2, Runtime.getRuntime().availableProcessors()));

    /** One that fits, taken out of the pool; null if there is none. */
    Scratch take(int members, int sequences, int steps) {
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<Scratch> reference = slots.get(i);
            Scratch scratch = reference == null ? null : reference.get();
            if (scratch != null && scratch.fits(members, sequences, steps) && slots.compareAndSet(i, reference, null)) {
                return scratch;
            }
        }
        return null;
    }

    /** Keeps it for the next call, in place of a smaller one where the pool is full; else drops it. */
    void giveBack(Scratch scratch) {
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<Scratch> reference = slots.get(i);
            if ((reference == null || reference.get() == null)
                    && slots.compareAndSet(i, reference, scratch.reference)) {
                return;
            }
        }
        for (int i = 0; i < slots.length(); i++) {
            SoftReference<Scratch> reference = slots.get(i);
            Scratch other = reference == null ? null : reference.get();
            if ((other == null || other.m.length < scratch.m.length)
                    && slots.compareAndSet(i, reference, scratch.reference)) {
                return;
            }
        }
    }
}
