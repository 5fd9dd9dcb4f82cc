package dev.softpick.kernels.select;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.backend.Backend.Family;
import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which kernels move to vectors, and when, without a clock: the tests say what C2 has compiled. */
@Tag("once")
class BackendWarmUpTest {

    private static final Workload WORKLOAD =
            Workload.of(new ScoreNormalizer.Softpick(), 16, 60, 64, List.<Weights>of());

    private final List<Long> limits = new ArrayList<>();
    private int tries;

    /** Each kernel is compiled or not, by its number in the order of the tries. */
    private BackendWarmUp warmUp(Predicate<Integer> compiled) {
        return new BackendWarmUp(
                WORKLOAD,
                (calls, limit) -> {
                    limits.add(limit);
                    return new Repetition(1, compiled.test(tries++));
                },
                false);
    }

    private static int kernels() {
        return Rehearsals.of(Backends.vector(), WORKLOAD).size();
    }

    @Test
    void whatIsCompiledMovesToVectors() {
        assertThat(warmUp(kernel -> true).backend()).isEqualTo(Backends.vector());
        assertThat(tries).isEqualTo(kernels());
    }

    @Test
    void aFamilyStaysScalarWhereOneOfItsKernelsIsNotCompiled() {
        for (int uncompiled = 0; uncompiled < kernels(); uncompiled++) {
            int missing = uncompiled;
            tries = 0;
            Family family = Rehearsals.of(Backends.vector(), WORKLOAD).get(uncompiled).family();
            Backend backend = warmUp(kernel -> kernel != missing).backend();
            assertThat(backend.name()).isEqualTo("staged");
            for (Family each : Family.values()) {
                if (each != Family.ROWS) {
                    Backend expected = each == family ? Backends.scalar() : Backends.vector();
                    assertThat(backend.with(each, expected)).as(each + " where " + family + " is not compiled")
                            .isEqualTo(backend);
                }
            }
        }
    }

    @Test
    void whatWasNotCompiledIsTriedAgainOnceByItselfWithALongerLimit() {
        BackendWarmUp warmUp = warmUp(kernel -> kernel != 0 && kernel < kernels());
        int first = tries;
        for (int call = 0; call < 999; call++) {
            assertThat(warmUp.backend().name()).isEqualTo("staged");
        }
        assertThat(tries).isEqualTo(first);
        warmUp.backend();
        assertThat(tries).as("only the kernel that failed").isEqualTo(first + 1);
        assertThat(limits.getLast()).isGreaterThan(limits.getFirst());
        for (int call = 0; call < 5_000; call++) {
            warmUp.backend();
        }
        assertThat(tries).as("once").isEqualTo(first + 1);
    }

    @Test
    void whatWasNotCompiledMovesWhenASecondTryFindsItCompiled() {
        BackendWarmUp warmUp = warmUp(kernel -> kernel >= kernels());
        assertThat(warmUp.backend().name()).isEqualTo("staged");
        for (int call = 0; call < 1_000; call++) {
            warmUp.backend();
        }
        assertThat(warmUp.backend()).isEqualTo(Backends.vector());
    }

    @Test
    void warmUpTriesAgainAsOftenAsItIsCalled() {
        BackendWarmUp warmUp = warmUp(kernel -> kernel >= 3 * kernels());
        warmUp.await();
        assertThat(warmUp.backend().name()).isEqualTo("staged");
        warmUp.await();
        assertThat(warmUp.backend()).as("three tries have failed").isNotEqualTo(Backends.vector());
        warmUp.await();
        assertThat(warmUp.backend()).isEqualTo(Backends.vector());
        int all = tries;
        warmUp.await();
        assertThat(tries).as("nothing is left to do").isEqualTo(all);
    }

    @Test
    void modelsThatTakeOtherPathsHaveAWarmUpOfTheirOwn() {
        ScoreNormalizer normalizer = new ScoreNormalizer.Softpick();
        List<Weights> whole = List.of(Panels.pack(new float[64 * 64], 64, 64, null, 64));
        Workload first = Workload.of(normalizer, 64, 60, 256, whole);
        assertThat(Workload.of(normalizer, 64, 190, 256, whole)).isEqualTo(first);
        assertThat(Workload.of(normalizer, 64, 200, 256, whole)).as("a longer window").isNotEqualTo(first);
        assertThat(first.withChunks()).as("long calls").isEqualTo(Workload.of(normalizer, 64, 4096, 256, whole));
        assertThat(Workload.of(normalizer, 64, 60, 250, whole)).as("an odd hidden size").isNotEqualTo(first);
        assertThat(Workload.of(normalizer, 64, 60, 256, List.of(Panels.pack(new float[640], 64, 10, null, 64))))
                .as("odd classes").isNotEqualTo(first);
        assertThat(Workload.of(normalizer, 64, 60, 256, List.of(Panels.pack(new float[64 * 961], 961, 64, null, 64))))
                .as("a deep feed-forward layer").isNotEqualTo(first);
        assertThat(Workload.of(new ScoreNormalizer.SSMax(0.3f), 64, 60, 256, whole))
                .as("the learned factor").isEqualTo(Workload.of(new ScoreNormalizer.SSMax(0.4f), 64, 60, 256, whole));
    }
}
