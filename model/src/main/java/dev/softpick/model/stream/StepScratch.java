package dev.softpick.model.stream;

import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.forward.RowPass;
import dev.softpick.model.forward.Scratch;
import dev.softpick.model.forward.ScratchPool;
import java.lang.ref.SoftReference;

/** All memory that a step writes, for a block of rows. */
final class StepScratch implements ScratchPool.Memory<StepScratch> {

    private final SoftReference<StepScratch> reference = new SoftReference<>(this);

    final Scratch scratch;

    /** The session of each row, and its position there. */
    final SessionState[] states;

    final long[] positions;

    /** Which rows go on from keys and values, and for each of these the cache and its row there. */
    final int[] places;

    final PagedKeyValueCache[] caches;

    final int[] rows;

    /** Where the answers of windows go. */
    final int[] answers;

    StepScratch(RowPass pass, int count) {
        scratch = pass.newScratch(count);
        states = new SessionState[count];
        positions = new long[count];
        places = new int[count];
        caches = new PagedKeyValueCache[count];
        rows = new int[count];
        answers = new int[count];
    }

    /**
     * Copies the window that ends with row {@code i} to window {@code n} of the target: what its session keeps, then
     * its rows up to this one.
     */
    void copyWindow(int i, Scratch target, int n) {
        int window = states[i].config().windowSize();
        int own = (int) Math.min(positions[i] - states[i].position() + 1, window);
        int kept = window - own;
        states[i].firstLayer().copyTo(states[i].position(), kept, target, n * window);
        int from = i + 1 - own;
        int to = n * window + kept;
        target.hidden.put(to, own, scratch.hidden.values(), scratch.hidden.at(from));
        target.qkv.put(to, own, scratch.qkv.values(), scratch.qkv.at(from));
    }

    /** Finds the rows that go on from keys and values, and makes room for theirs; returns how many these are. */
    int place(int count) {
        int going = 0;
        for (int i = 0; i < count; i++) {
            if (!states[i].slides(positions[i])) {
                places[going] = i;
                caches[going] = states[i].cache();
                rows[going] = states[i].ensureRow(positions[i]);
                going++;
            }
        }
        return going;
    }

    /** The embedded rows that go on move up, over those that do not. */
    void moveUp(int going) {
        for (int i = 0; i < going; i++) {
            int from = places[i];
            if (from != i) {
                scratch.hidden.put(i, scratch.hidden, from);
                scratch.qkv.put(i, scratch.qkv, from);
            }
        }
    }

    @Override
    public boolean fits(int members, int sequences, int steps) {
        return scratch.fits(members, sequences, steps);
    }

    @Override
    public int size() {
        return scratch.size();
    }

    @Override
    public SoftReference<StepScratch> reference() {
        return reference;
    }
}
