package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.BackendWarmUp;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Rows;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A batch's way through the model: projection, blocks, final norm. */
public final class ForwardPass {

    private final SoftpickConfig config;
    private final ModelWeights weights;
    private final BackendWarmUp warmUp;
    private volatile @Nullable BackendWarmUp warmUpForLongCalls;
    private final BlockPass[] blocks;
    private final ScratchPool<Scratch> pool;
    private final int members;
    private final @Nullable Executor executor;

    /** On the caller's thread. */
    public ForwardPass(SoftpickConfig config, ModelWeights weights) {
        this(config, weights, new ScratchPool<>(), 1, null);
    }

    /**
     * The same.
     *
     * @param pool scratch memory that calls hand on to each other
     * @param members most members of the team that works on a call, the caller included
     * @param executor starts the others; null where there are none
     */
    private ForwardPass(
            SoftpickConfig config, ModelWeights weights, ScratchPool<Scratch> pool, int members,
            @Nullable Executor executor) {
        this.config = config;
        this.weights = weights;
        warmUp = ModelWarmUp.of(config, weights);
        this.pool = pool;
        this.members = members;
        this.executor = executor;
        blocks = new BlockPass[weights.blocks().size()];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = new BlockPass(weights.blocks().get(i));
        }
    }

    /** The same pass by a team of up to so many members. */
    public ForwardPass withMembers(int most, Executor executor) {
        return new ForwardPass(config, weights, pool, most, executor);
    }

    /** What a call computes: hidden states in one of the modes, or logits. */
    public enum Result { LAST, ALL, MEAN, LOGITS }

    /** What a mode asks for. */
    public static Result result(OutputMode mode) {
        return switch (mode) {
            case LAST_TIMESTEP -> Result.LAST;
            case ALL -> Result.ALL;
            case MEAN_POOL -> Result.MEAN;
        };
    }

    /** What decides on what calls of the configured window run. */
    public BackendWarmUp warmUp() {
        return warmUp;
    }

    /** Of calls with so many steps, which the first long one starts where the configured window is short. */
    public BackendWarmUp warmUp(int steps) {
        if (steps <= KeyValueCache.chunkFor(config.headSize())) {
            return warmUp;
        }
        BackendWarmUp known = warmUpForLongCalls;
        if (known == null) {
            known = warmUp.withChunks();
            warmUpForLongCalls = known;
        }
        return known;
    }

    /** Waits for all that has begun. */
    public void awaitWarmUp() {
        warmUp.await();
        BackendWarmUp known = warmUpForLongCalls;
        if (known != null) {
            known.await();
        }
    }

    /** Runs the batch on what is warm. */
    public void run(
            float[] input, int batch, int steps, int @Nullable [] lengths, float[] output, Result result) {
        CallEvent event = CallRecord.begin();
        Backend backend = warmUp(steps).backend();
        run(backend, input, batch, steps, lengths, output, result);
        if (event != null) {
            event.ended("forward", batch, steps, members, backend, config);
        }
    }

    /**
     * Runs the batch group by group, a group being as many sequences as make a block of rows. A team shares the groups
     * if there are enough of them for all, else the rows and heads of each.
     */
    public void run(
            Backend backend, float[] input, int batch, int steps, int @Nullable [] lengths, float[] output,
            Result result) {
        int most = Math.max(1, Scratch.BLOCK_ROWS / steps);
        int group = Math.min(Math.ceilDiv(batch, members), most);
        int groups = Math.ceilDiv(batch, group);
        int size = groups >= members ? members : Math.min(members, blocks[0].items(group, steps));
        if (size == 1) {
            Scratch s = take(1, group, steps);
            for (int from = 0; from < batch; from += group) {
                s.begin(from, Math.min(group, batch - from), steps, lengths);
                group(backend, s, null, input, output, result);
            }
            pool.giveBack(s);
            return;
        }
        try (Team team = new Team(size, executor)) {
            if (groups >= size) {
                team.run(groups, (member, i) -> {
                    Scratch s = take(1, group, steps);
                    s.begin(i * group, Math.min(group, batch - i * group), steps, lengths);
                    group(backend, s, null, input, output, result);
                    pool.giveBack(s);
                });
            } else {
                Scratch s = take(size, group, steps);
                for (int from = 0; from < batch; from += group) {
                    s.begin(from, Math.min(group, batch - from), steps, lengths);
                    group(backend, s, team, input, output, result);
                }
                pool.giveBack(s);
            }
        }
    }

    private Scratch take(int members, int sequences, int steps) {
        Scratch scratch = pool.take(members, sequences, steps);
        return scratch != null ? scratch : blocks[0].newScratch(members, sequences, steps);
    }

    /** The group of sequences that the scratch memory has begun, from the batch's frames to its output. */
    private void group(
            Backend backend, Scratch s, @Nullable Team team, float[] input, float[] output, Result result) {
        embed(backend, s, input);
        int last = blocks.length - 1;
        for (int i = 0; i < last; i++) {
            blocks[i].all(backend, s, team);
        }
        if (result == Result.LAST || result == Result.LOGITS) {
            blocks[last].last(backend, s, team);
        } else {
            blocks[last].all(backend, s, team);
        }
        int h = config.hiddenSize();
        switch (result) {
            case LAST -> weights.finalNorm(backend, s.next, 0, s.sequences(), output, s.first() * h);
            case LOGITS -> logits(backend, s, output);
            case ALL -> {
                for (int i = 0; i < s.sequences(); i++) {
                    int to = (s.first() + i) * s.steps() * h;
                    weights.finalNorm(backend, s.hidden, s.start(i), s.length(i), output, to);
                    Arrays.fill(output, to + s.length(i) * h, to + s.steps() * h, 0f);
                }
            }
            case MEAN -> {
                weights.finalNorm(backend, s.hidden, 0, s.rows(), s.next.values(), s.next.start());
                for (int i = 0; i < s.sequences(); i++) {
                    mean(s.next, s.start(i), s.length(i), output, (s.first() + i) * h);
                }
            }
        }
    }

    /** The first hidden states. */
    private void embed(Backend backend, Scratch s, float[] input) {
        int row = s.steps() * config.embedDim();
        if (s.rows() == s.sequences() * s.steps()) {
            weights.embed(backend, input, s.first() * row, s.rows(), s.hidden, 0);
            return;
        }
        for (int i = 0; i < s.sequences(); i++) {
            weights.embed(backend, input, (s.first() + i) * row, s.length(i), s.hidden, s.start(i));
        }
    }

    private void logits(Backend backend, Scratch s, float[] output) {
        Panels head = weights.requireClassifier();
        Rows normed = s.hidden;
        weights.finalNorm(backend, s.next, 0, s.sequences(), normed.values(), normed.start());
        backend.matMul().multiply(
                normed.values(), normed.start(), head.k(), s.sequences(), head, output, s.first() * head.n(), head.n());
    }

    /** Most windows that go together. */
    public int windowsTogether() {
        return Math.max(1, Scratch.BLOCK_ROWS / config.windowSize());
    }

    /** Memory for so many windows, one behind the other. */
    public Scratch windows(int count) {
        return take(1, count, config.windowSize());
    }

    /**
     * The last positions of windows whose first hidden states, and first queries, keys and values, were computed
     * before. Stays on the caller's thread, and gives the memory back.
     *
     * @param s from {@link #windows}, with hidden states, queries, keys and values of {@code count} of them
     * @param to where each window's answer goes in the output
     */
    public void lastOfWindows(Backend backend, Scratch s, int count, float[] output, int[] to) {
        s.begin(0, count, config.windowSize(), null);
        int last = blocks.length - 1;
        for (int i = 0; i < last; i++) {
            if (i == 0) {
                blocks[i].allProjected(backend, s);
            } else {
                blocks[i].all(backend, s, null);
            }
        }
        if (last == 0) {
            blocks[last].lastProjected(backend, s, null);
        } else {
            blocks[last].last(backend, s, null);
        }
        for (int i = 0; i < count; i++) {
            weights.finalNorm(backend, s.next, i, 1, output, to[i]);
        }
        pool.giveBack(s);
    }

    /** Adds in double, in order of the steps: a rounding error of one float at the end. */
    private static void mean(Rows x, int row, int count, float[] output, int to) {
        float[] values = x.values();
        for (int column = 0; column < x.length(); column++) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += values[x.at(row + i) + column];
            }
            output[to + column] = (float) (sum / count);
        }
    }
}
