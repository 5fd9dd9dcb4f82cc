package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.softpick.model.forward.ForwardPass;
import dev.softpick.oracle.Gaussian;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The bits of one thread, whoever helps or does not. */
class ParallelismTest {

    private static SoftpickTransformer model(OutputMode mode, Normalizer normalizer) {
        SoftpickConfig config = SoftpickConfig.builder()
                .embedDim(12).hiddenSize(48).numHeads(3).numLayers(2).outputMode(mode).normalizer(normalizer).build();
        return SoftpickTransformer.random(config, 11);
    }

    /** By more members than this machine may have processors. */
    private static float[] shared(SoftpickTransformer model, int members, Tensor x) {
        float[] output = new float[model.forward(x).values().length];
        new ForwardPass(model.config(), model.weights()).withMembers(members, ForkJoinPool.commonPool()).run(
                x.values(), x.size(0), x.size(1), null, output, ForwardPass.result(model.config().outputMode()));
        return output;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "2, 5", "1, 20", "2, 60", "7, 33", "40, 9", "300, 1"})
    void everyNumberOfThreadsGivesTheSameBits(int batch, int steps) {
        for (Normalizer normalizer : Normalizer.values()) {
            for (OutputMode mode : OutputMode.values()) {
                SoftpickTransformer one = model(mode, normalizer);
                Tensor x = Tensor.of(Gaussian.floats(steps, batch * steps * 12), batch, steps, 12);
                float[] expected = one.forward(x).values();
                for (int threads : new int[] {2, 3, 4}) {
                    assertThat(shared(one, threads, x))
                            .as("%s %s %d threads", normalizer, mode, threads)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @Tag("long")
    @CsvSource({"1, 500", "3, 60", "1, 200"})
    void longSequencesToo(int batch, int steps) {
        everyNumberOfThreadsGivesTheSameBits(batch, steps);
    }

    /** Several panels a member at every width: 600 columns of queries, keys and values, 800 inner ones. */
    @Test
    void aFewRowsAreSharedByColumns() {
        SoftpickTransformer one = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(8).hiddenSize(200).numHeads(2).numLayers(2)
                        .outputMode(OutputMode.ALL).build(), 5);
        for (int steps : new int[] {1, 3, 8, 11}) {
            Tensor x = Tensor.of(Gaussian.floats(steps, steps * 8), 1, steps, 8);
            float[] expected = one.forward(x).values();
            for (int threads : new int[] {2, 3, 64}) {
                assertThat(shared(one, threads, x))
                        .as("%d steps, %d threads", steps, threads)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void virtualThreadsMayHelp() {
        SoftpickTransformer one = model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK);
        Tensor x = Tensor.of(Gaussian.floats(1, 2 * 300 * 12), 2, 300, 12);
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(one.parallelism(4, executor).forward(x).values()).isEqualTo(one.forward(x).values());
        }
    }

    @Test
    void anExecutorThatRefusesOrIsBusyOnlyCostsTime() {
        SoftpickTransformer one = model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK);
        Tensor x = Tensor.of(Gaussian.floats(2, 300 * 12), 1, 300, 12);
        float[] expected = one.forward(x).values();
        assertThat(one.parallelism(3, task -> {
            throw new RejectedExecutionException("full");
        }).forward(x).values()).isEqualTo(expected);
        assertThat(one.parallelism(3, task -> { }).forward(x).values()).isEqualTo(expected);
        ExecutorService shutDown = Executors.newSingleThreadExecutor();
        shutDown.shutdown();
        assertThat(one.parallelism(2, shutDown).forward(x).values()).isEqualTo(expected);
    }

    @Test
    void anExecutorMayRunHelpersInTheCallersThread() {
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickTransformer one = model(OutputMode.ALL, normalizer);
            Tensor x = Tensor.of(Gaussian.floats(3, 2 * 300 * 12), 2, 300, 12);
            assertThat(one.parallelism(2, Runnable::run).forward(x).values()).isEqualTo(one.forward(x).values());
        }
    }

    @Test
    @Tag("once")
    void aThousandThreadsTakeTheMemoryOfTheProcessorsThatThereAre() {
        int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
        long most = leastOfFirstCalls(processors);
        long bytes = leastOfFirstCalls(1_024);
        assertThat(bytes).isLessThan(most + most / 10);
    }

    /** Of many models' first calls the one that allocates least: until C2 compiles a kernel, vectors are objects. */
    private static long leastOfFirstCalls(int threads) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 60; i++) {
            least = Math.min(
                    least, firstCall(model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK).parallelism(threads)));
        }
        return least;
    }

    /** Bytes that the caller allocates, its scratch memory among them. */
    private static long firstCall(SoftpickTransformer model) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] x = Gaussian.floats(2, 512 * 12);
        float[] output = new float[48];
        long before = threads.getCurrentThreadAllocatedBytes();
        model.forward(x, 1, 512, output);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void anInterruptChangesNothingAndStays() {
        SoftpickTransformer one = model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK);
        Tensor x = Tensor.of(Gaussian.floats(2, 300 * 12), 1, 300, 12);
        float[] expected = one.forward(x).values();
        Thread.currentThread().interrupt();
        float[] y = one.parallelism(2).forward(x).values();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(y).isEqualTo(expected);
    }

    @Test
    void refusesWhatCannotBe() {
        SoftpickTransformer one = model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK);
        assertThatThrownBy(() -> one.parallelism(0)).hasMessage("threads is 0; allowed is 1 to 1024");
        assertThatThrownBy(() -> one.parallelism(2, null)).hasMessageContaining("executor is null");
    }

    @ParameterizedTest
    @EnumSource(OutputMode.class)
    void raggedSequencesHaveTheBitsOfEachAlone(OutputMode mode) {
        int steps = 230;
        int[] lengths = {1, 230, 7, 193, 60, 192};
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickTransformer model = model(mode, normalizer);
            float[] x = Gaussian.floats(8, lengths.length * steps * 12);
            for (int i = 0; i < lengths.length; i++) {
                Arrays.fill(x, (i * steps + lengths[i]) * 12, (i + 1) * steps * 12, Float.NaN);
            }
            int row = mode == OutputMode.ALL ? steps * 48 : 48;
            float[] output = new float[lengths.length * row];
            float[] shared = new float[lengths.length * row];
            model.forward(x, lengths.length, steps, lengths, output);
            model.parallelism(2).forward(x, lengths.length, steps, lengths, shared);
            assertThat(shared).isEqualTo(output);
            for (int i = 0; i < lengths.length; i++) {
                float[] alone = Arrays.copyOfRange(x, i * steps * 12, (i * steps + lengths[i]) * 12);
                float[] expected = model.forward(Tensor.of(alone, 1, lengths[i], 12)).values();
                assertThat(Arrays.copyOfRange(output, i * row, (i + 1) * row))
                        .as("%s sequence %d", normalizer, i)
                        .isEqualTo(Arrays.copyOf(expected, row));
            }
        }
    }

    @Test
    void refusesLengthsOutOfRange() {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP, Normalizer.SOFTPICK);
        float[] output = {7f};
        float[] x = new float[2 * 5 * 12];
        assertThatThrownBy(() -> model.forward(x, 2, 5, new int[] {5, 6}, new float[96]))
                .hasMessage("lengths[1] is 6; allowed is 1 to steps 5");
        assertThatThrownBy(() -> model.forward(x, 2, 5, new int[] {0, 5}, new float[96]))
                .hasMessage("lengths[0] is 0; allowed is 1 to steps 5");
        assertThatThrownBy(() -> model.forward(x, 2, 5, new int[] {5}, new float[96]))
                .hasMessageContaining("lengths has 1 elements");
        assertThatThrownBy(() -> model.forward(x, 2, 5, null, output)).isInstanceOf(IllegalArgumentException.class);
        assertThat(output).containsExactly(7f);
    }
}
