package dev.softpick.model.forward;

import java.lang.ref.SoftReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two calls, one piece of scratch memory: whoever takes it has it alone, and sees what the last one wrote to it. What
 * is handed back can be taken again.
 */
@JCStressTest
@Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "The second call found the pool empty.")
@Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "The first call found the pool empty.")
@Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "One after the other.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both had it at once, a write was lost, or nobody got it.")
@State
public class ScratchPoolStress {

    /** No field is volatile: the pool alone orders them. */
    private static final class Counter implements ScratchPool.Memory<Counter> {

        private final SoftReference<Counter> reference = new SoftReference<>(this);
        private int calls;

        @Override
        public boolean fits(int members, int sequences, int steps) {
            return true;
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public SoftReference<Counter> reference() {
            return reference;
        }
    }

    private final ScratchPool<Counter> pool = new ScratchPool<>();
    private final Counter counter = new Counter();

    /** The pool holds its memory softly; here it must not be lost. */
    public ScratchPoolStress() {
        pool.giveBack(counter);
    }

    private int call() {
        Counter taken = pool.take(1, 1, 1);
        if (taken == null) {
            return 0;
        }
        taken.calls++;
        pool.giveBack(taken);
        return 1;
    }

    /** One call. */
    @Actor
    public void first(III_Result r) {
        r.r1 = call();
    }

    /** Another one. */
    @Actor
    public void second(III_Result r) {
        r.r2 = call();
    }

    /** What is left in the memory, which is back in the pool. */
    @Arbiter
    public void afterwards(III_Result r) {
        Counter taken = pool.take(1, 1, 1);
        r.r3 = taken == null ? -1 : taken.calls;
    }
}
