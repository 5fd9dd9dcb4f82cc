package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.NormWeights;
import java.util.Arrays;
import java.util.concurrent.Executor;

/** A batch's way through the model: projection, blocks, final norm. */
public final class ForwardPass {

    private final SoftpickConfig config;
    private final ModelWeights weights;
    private final BlockPass[] blocks;
    private final ScratchPool<Scratch> pool;
    private final int members;
    private final Executor executor;

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
            SoftpickConfig config, ModelWeights weights, ScratchPool<Scratch> pool, int members, Executor executor) {
        this.config = config;
        this.weights = weights;
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

    /** Runs the batch on what is warm. */
    public void run(float[] input, int batch, int steps, int[] lengths, float[] output, Result result) {
        run(WarmUp.of(config.normalizer()).backend(), input, batch, steps, lengths, output, result);
    }

    /**
     * Runs the batch group by group, a group being as many sequences as make a block of rows. A team shares the groups
     * if there are enough of them for all, else the rows and heads of each.
     */
    public void run(
            Backend backend, float[] input, int batch, int steps, int[] lengths, float[] output, Result result) {
        int most = Math.max(1, Scratch.BLOCK_ROWS / steps);
        int group = Math.min(Math.ceilDiv(batch, members), most);
        int groups = Math.ceilDiv(batch, group);
        int size = groups >= members ? members : Math.min(members, blocks[0].items(group, steps));
        if (size == 1) {
            Scratch s = take(1, group, steps);
            for (int i = 0; i < groups; i++) {
                group(backend, s, null, input, i * group, Math.min(group, batch - i * group), steps, lengths, output,
                        result);
            }
            pool.giveBack(s);
            return;
        }
        try (Team team = new Team(size, executor)) {
            if (groups >= size) {
                team.run(groups, (member, i) -> {
                    Scratch s = take(1, group, steps);
                    group(backend, s, null, input, i * group, Math.min(group, batch - i * group), steps, lengths, output,
                            result);
                    pool.giveBack(s);
                });
            } else {
                Scratch s = take(size, group, steps);
                for (int i = 0; i < groups; i++) {
                    group(backend, s, team, input, i * group, Math.min(group, batch - i * group), steps, lengths, output,
                            result);
                }
                pool.giveBack(s);
            }
        }
    }

    private Scratch take(int members, int sequences, int steps) {
        Scratch scratch = pool.take(members, sequences, steps);
        return scratch != null ? scratch : blocks[0].newScratch(members, sequences, steps);
    }

    private void group(
            Backend backend, Scratch s, Team team, float[] input, int first, int sequences, int steps, int[] lengths,
            float[] output, Result result) {
        int h = config.hiddenSize();
        project(backend, s, input, first, sequences, steps, lengths);
        boolean lastOnly = result == Result.LAST || result == Result.LOGITS;
        for (int i = 0; i < blocks.length; i++) {
            if (lastOnly && i == blocks.length - 1) {
                blocks[i].last(backend, s, sequences, team);
            } else {
                blocks[i].all(backend, s, sequences, team);
            }
        }
        switch (result) {
            case LAST -> finish(backend, s, s.next, sequences, output, first * h);
            case LOGITS -> {
                int n = weights.classifier().n();
                finish(backend, s, s.next, sequences, s.m, s.norm[0]);
                backend.multiply(s.m, s.norm[0], h, sequences, weights.classifier(), output, first * n, n);
            }
            case ALL -> {
                for (int i = 0; i < sequences; i++) {
                    int length = s.starts[i + 1] - s.starts[i];
                    int to = (first + i) * steps * h;
                    finish(backend, s, s.hidden + s.starts[i] * h, length, output, to);
                    Arrays.fill(output, to + length * h, to + steps * h, 0f);
                }
            }
            case MEAN -> {
                finish(backend, s, s.hidden, s.starts[sequences], s.m, s.next);
                for (int i = 0; i < sequences; i++) {
                    int length = s.starts[i + 1] - s.starts[i];
                    mean(s.m, s.next + s.starts[i] * h, length, h, output, (first + i) * h);
                }
            }
        }
    }

    /** Memory for one window. */
    public Scratch window() {
        Scratch s = take(1, 1, config.windowSize());
        s.starts[0] = 0;
        s.starts[1] = config.windowSize();
        return s;
    }

    /**
     * The last position of a window whose first hidden states, and first queries, keys and values, were computed before.
     * Stays on the caller's thread, and gives the memory back.
     *
     * @param s from {@link #window}, with hidden states, queries, keys and values
     */
    public void lastOf(Backend backend, Scratch s, float[] output, int to) {
        int last = blocks.length - 1;
        for (int i = 0; i < last; i++) {
            if (i == 0) {
                blocks[i].allProjected(backend, s, 1);
            } else {
                blocks[i].all(backend, s, 1, null);
            }
        }
        if (last == 0) {
            blocks[last].lastProjected(backend, s, 1, null);
        } else {
            blocks[last].last(backend, s, 1, null);
        }
        finish(backend, s, s.next, 1, output, to);
        pool.giveBack(s);
    }

    /** The first hidden states; sequences stand one behind the other, without what follows their length. */
    private void project(
            Backend backend, Scratch s, float[] input, int first, int sequences, int steps, int[] lengths) {
        s.starts[0] = 0;
        for (int i = 0; i < sequences; i++) {
            s.starts[i + 1] = s.starts[i] + (lengths == null ? steps : lengths[first + i]);
        }
        int embed = config.embedDim();
        if (lengths == null) {
            projectRows(backend, s, input, first * steps * embed, 0, sequences * steps);
        } else {
            for (int i = 0; i < sequences; i++) {
                projectRows(backend, s, input, (first + i) * steps * embed, s.starts[i], lengths[first + i]);
            }
        }
    }

    private void projectRows(Backend backend, Scratch s, float[] input, int from, int row, int rows) {
        int h = config.hiddenSize();
        int embed = config.embedDim();
        if (weights.inputProjection() == null) {
            System.arraycopy(input, from, s.m, s.hidden + row * h, rows * h);
        } else {
            backend.multiply(
                    input, from, embed, rows, weights.inputProjection(), s.m, s.hidden + row * h, h);
        }
    }

    /** The final norm of dense rows of the scratch memory. */
    private void finish(Backend backend, Scratch s, int from, int rows, float[] output, int to) {
        NormWeights norm = weights.finalNorm();
        if (norm == null) {
            System.arraycopy(s.m, from, output, to, rows * config.hiddenSize());
        } else {
            norm.apply(backend, s.m, from, rows, output, to);
        }
    }

    /** Adds in double, in order of the steps: a rounding error of one float at the end. */
    private static void mean(float[] x, int from, int steps, int h, float[] output, int to) {
        for (int column = 0; column < h; column++) {
            double sum = 0;
            for (int step = 0; step < steps; step++) {
                sum += x[from + step * h + column];
            }
            output[to + column] = (float) (sum / steps);
        }
    }
}
