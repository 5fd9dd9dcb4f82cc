package dev.softpick.model.forward;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two calls ask one executor, which starts nobody, for as many helpers as they get: no more than there may be. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "As many are outstanding as may be; then all have run.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A place was given twice, or lost.")
@State
public class HelpersStress {

    private final Queue<Runnable> asked = new ConcurrentLinkedQueue<>();
    private final Executor executor = asked::add;
    private final Helpers helpers = Helpers.of(executor);
    private final Team team = new Team(2, null);

    private void askForAll() {
        while (helpers.ask(executor, team)) {
            // until there are enough
        }
    }

    /** One call. */
    @Actor
    public void first() {
        askForAll();
    }

    /** Another one. */
    @Actor
    public void second() {
        askForAll();
    }

    /** How many too many, and how many places are not free again once all have run. */
    @Arbiter
    public void afterwards(II_Result r) {
        r.r1 = asked.size() - Helpers.MOST;
        team.close();
        asked.forEach(Runnable::run);
        asked.clear();
        askForAll();
        r.r2 = asked.size() - Helpers.MOST;
    }
}
