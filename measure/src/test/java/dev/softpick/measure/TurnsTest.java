package dev.softpick.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.softpick.measure.Turns.Plan;
import dev.softpick.measure.Turns.Timing;
import dev.softpick.measure.Turns.Work;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The harness against a clock that only the works move: what they take is known to the nanosecond. */
class TurnsTest {

    private long now;
    private final List<String> order = new ArrayList<>();

    private Work taking(String name, long nanos) {
        return times -> {
            order.add(name);
            now += times * nanos;
        };
    }

    @Test
    void measuresWhatTheWorksTakeInTurns() {
        List<Timing> timings = new Turns(() -> now)
                .measure(List.of(taking("a", 40), taking("b", 7_000), taking("c", 90_000_000)),
                        Plan.within(2_000_000_000));
        assertThat(timings).extracting(Timing::median).containsExactly(40.0, 7_000.0, 90_000_000.0);
        assertThat(timings).allSatisfy(t -> {
            assertThat(t.lower()).isEqualTo(t.median());
            assertThat(t.upper()).isEqualTo(t.median());
            assertThat(t.rounds()).isBetween(10, 20);
        });
        assertThat(now).isBetween(2_000_000_000L, 2_200_000_000L);
        for (int i = 0; i < order.size(); i++) {
            assertThat(order.get(i)).isEqualTo(List.of("a", "b", "c").get(i % 3));
        }
    }

    @Test
    void takesThreeRoundsWhereThereIsNoTime() {
        List<Timing> timings = new Turns(() -> now).measure(List.of(taking("a", 5_000_000_000L)), Plan.within(0));
        assertThat(timings).containsExactly(new Timing(5e9, 5e9, 5e9, 3));
        assertThat(order).hasSize(Turns.FEWEST_TURNS);
    }

    @Test
    void oneSlowRoundInThreeMovesNoMedian() {
        int[] turn = {0};
        Work disturbed = times -> now += times * 1_000_000L * (turn[0]++ % 3 == 2 ? 10 : 1);
        Timing timing = new Turns(() -> now).measure(List.of(disturbed), Plan.within(3_000_000_000L)).getFirst();
        assertThat(timing.median()).isEqualTo(1_000_000);
        assertThat(timing.lower()).isEqualTo(1_000_000);
        assertThat(timing.upper()).isGreaterThan(5_000_000);
    }

    @Test
    void callsOfSlowWarmUpsDoNotMakeShortTurns() {
        int[] calls = {0};
        Work compiled = times -> {
            for (int i = 0; i < times; i++) {
                now += calls[0]++ < 2_000 ? 50_000 : 100;
            }
        };
        Timing timing = new Turns(() -> now).measure(List.of(compiled), Plan.within(4_000_000_000L)).getFirst();
        assertThat(timing.median()).isEqualTo(100);
        assertThat(calls[0]).as("calls of some 40 turns of 5 ms").isGreaterThan(1_000_000);
    }

    @Test
    void ceilingsMeasureThemselvesOnceARound() {
        int[] figure = {0};
        List<Timing> timings = new Turns(() -> now)
                .measure(List.of(taking("a", 40)), List.of(() -> ++figure[0]), Plan.rounds(5, 1));
        assertThat(timings).containsExactly(new Timing(40, 40, 40, 5), new Timing(3, 2, 4, 5));
    }

    @Test
    void aCallAfterARestDoesNotCount() {
        boolean[] rested = {false};
        Work sleepy = times -> {
            now += times * 40_000_000L + (times == 1 && rested[0] ? 1_000_000_000L : 0);
            rested[0] = !rested[0];
        };
        Timing timing = new Turns(() -> now)
                .measure(List.of(sleepy), Plan.rounds(3, 0).resting(1))
                .getFirst();
        assertThat(timing.median()).isEqualTo(40_000_000);
    }

    @Test
    void quantilesInterpolate() {
        double[] samples = {4, 1, 3, 2};
        assertThat(Turns.quantile(samples, 0)).isEqualTo(1);
        assertThat(Turns.quantile(samples, 0.5)).isEqualTo(2.5);
        assertThat(Turns.quantile(samples, 0.25)).isCloseTo(1.75, within(1e-12));
        assertThat(Turns.quantile(samples, 1)).isEqualTo(4);
        assertThat(samples).containsExactly(4, 1, 3, 2);
    }
}
