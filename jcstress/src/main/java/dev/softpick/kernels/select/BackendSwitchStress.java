package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.Weights;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A call asks twice for its backend while another thread's second try moves it to vectors: it sees what was compiled
 * before the move, and never goes back.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Before the move.")
@Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "Moved between the two.")
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "After the move.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Went back, or moved before the kernels were compiled.")
@State
public class BackendSwitchStress {

    private static final Workload WORKLOAD =
            Workload.of(new ScoreNormalizer.Softpick(), 16, 60, 64, List.<Weights>of());

    private static final Backend VECTOR = Backends.vector();

    /** Written by whoever rehearses, and not volatile: the move alone orders it. */
    private int compiled;

    private boolean compiles;

    private final BackendWarmUp warmUp = new BackendWarmUp(WORKLOAD, (calls, limit) -> {
        compiled = compiles ? 1 : 0;
        return new Repetition(1, compiles);
    }, false);

    /** 0 before the move, 2 after it, 1 if what was compiled cannot be seen then. */
    private int seen() {
        return warmUp.backend() == VECTOR ? 1 + compiled : 0;
    }

    /** A call. */
    @Actor
    public void call(II_Result r) {
        r.r1 = seen();
        r.r2 = seen();
    }

    /** The first try, at the start, compiled nothing. */
    @Actor
    public void warmUp() {
        compiles = true;
        warmUp.await();
    }
}
