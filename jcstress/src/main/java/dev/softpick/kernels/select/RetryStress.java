package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.Weights;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The thousandth call starts a second try where the first one failed; two threads call on, and there is one. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "One second try.")
@Outcome(expect = Expect.FORBIDDEN, desc = "None, or one a thread.")
@State
public class RetryStress {

    private static final Workload WORKLOAD =
            Workload.of(new ScoreNormalizer.Softpick(), 16, 60, 64, List.<Weights>of());

    private static final int KERNELS = Rehearsals.of(Backends.vector(), WORKLOAD).size();
    private static final int CALLS = 1_200;

    private final AtomicInteger tries = new AtomicInteger();

    private final BackendWarmUp warmUp = new BackendWarmUp(WORKLOAD, (calls, limit) -> {
        tries.incrementAndGet();
        return new Repetition(1, false);
    }, false);

    private void call() {
        for (int i = 0; i < CALLS; i++) {
            warmUp.backend();
        }
    }

    /** One thread's calls. */
    @Actor
    public void first() {
        call();
    }

    /** Another one's. */
    @Actor
    public void second() {
        call();
    }

    /** How often all kernels were tried after the first time. */
    @Arbiter
    public void afterwards(I_Result r) {
        r.r1 = tries.get() / KERNELS - 1;
    }
}
