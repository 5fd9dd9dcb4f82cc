package dev.softpick.model.forward;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A caller and one helper, who may come at any time: what the caller wrote before a phase is seen by whoever does an
 * item, what anybody wrote in a phase is seen in the next one, and all of it by the caller afterwards. Each item is
 * done once. No field of this class is volatile: the team alone orders them.
 */
@JCStressTest
@Outcome(id = "9, 19, 4", expect = Expect.ACCEPTABLE, desc = "Every write was seen, every item done once.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A write of another member, or an item, was missed or came twice.")
@State
public class TeamStress {

    private static final int ITEMS = 2;

    private final Team team = new Team(2, null);
    private final int[] first = new int[ITEMS];
    private final int[] second = new int[ITEMS];
    private final int[] done = new int[2 * ITEMS];
    private int input;

    /** Two phases, the second of which reads what the other item of the first one wrote. */
    @Actor
    public void caller(III_Result r) {
        input = 4;
        team.run(ITEMS, (member, item) -> {
            first[item] += input + item;
            done[item]++;
        });
        input = 5;
        team.run(ITEMS, (member, item) -> {
            second[item] += first[ITEMS - 1 - item] + input;
            done[ITEMS + item]++;
        });
        team.close();
        r.r1 = first[0] + first[1];
        r.r2 = second[0] + second[1];
        r.r3 = done[0] + done[1] + done[2] + done[3];
    }

    /** Until the call ends. */
    @Actor
    public void helper() {
        team.help();
    }
}
