package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.FeedForwardWeights;
import dev.softpick.model.weights.NormWeights;
import dev.softpick.model.weights.Rows;
import org.jspecify.annotations.Nullable;

/**
 * A group of sequences on its way through one block, every position or the last of each, by the caller alone or by a
 * team. Reads and writes the regions of a {@link Scratch}.
 */
public final class BlockPass {

    private final NormWeights attentionNorm;
    private final AttentionWeights attention;
    private final NormWeights ffnNorm;
    private final FeedForwardWeights ffn;

    public BlockPass(BlockWeights weights) {
        attentionNorm = weights.attentionNorm();
        attention = weights.attention();
        ffnNorm = weights.ffnNorm();
        ffn = weights.ffn();
    }

    /**
     * Most items of one phase: tiles of rows, heads of sequences, panels of columns. More members would find no work.
     */
    int items(int sequences, int steps) {
        int heads = Math.multiplyExact(sequences, attention.heads());
        int tiles = Math.ceilDiv(sequences * steps, BlockSizes.TILE_ROWS);
        return Math.max(Math.max(heads, tiles), Math.max(attention.qkv().count(), ffn.up().count()));
    }

    /** Scratch memory for a group of sequences that a team of so many members works on. */
    public Scratch newScratch(int members, int sequences, int steps) {
        KeyValueCache[] caches = new KeyValueCache[members];
        for (int member = 0; member < members; member++) {
            caches[member] = attention.newCache(steps);
        }
        return new Scratch(attention.hiddenSize(), ffn.innerSize(), caches, sequences, steps);
    }

    /** Every position: {@code hidden} to {@code hidden}. Without a team the caller does it all. */
    public void all(Backend backend, Scratch s, @Nullable Team team) {
        int rows = s.rows();
        int block = blockRows(rows, team);
        int blocks = Math.ceilDiv(rows, block);
        if (team == null) {
            if (blocks == 1 && attention.headsFillPanels()) {
                attendHeadByHead(backend, s);
                mixAll(backend, s);
            } else {
                for (int row = 0; row < rows; row += block) {
                    project(backend, s, row, Math.min(block, rows - row));
                }
                allProjected(backend, s);
            }
        } else if (rows < team.size() * BlockSizes.TILE_ROWS && rows <= Scratch.BLOCK_ROWS) {
            allByColumns(backend, s, team);
        } else {
            int heads = attention.heads();
            team.run(blocks, (member, i) ->
                    project(backend, s, i * block, Math.min(block, rows - i * block)));
            team.run(s.sequences() * heads, (member, i) -> attend(backend, s, member, i / heads, i % heads));
            team.run(blocks, (member, i) -> mix(backend, s, member, i * block, Math.min(block, rows - i * block)));
        }
    }

    /** The same without a team where the queries, keys and values are already there. */
    void allProjected(Backend backend, Scratch s) {
        for (int i = 0; i < s.sequences() * attention.heads(); i++) {
            attend(backend, s, 0, i / attention.heads(), i % attention.heads());
        }
        mixAll(backend, s);
    }

    private void mixAll(Backend backend, Scratch s) {
        for (int row = 0; row < s.rows(); row += Scratch.BLOCK_ROWS) {
            mix(backend, s, 0, row, Math.min(Scratch.BLOCK_ROWS, s.rows() - row));
        }
    }

    /**
     * Projects one head's queries, keys and values and lets it attend while they are in the L2 cache: those of all
     * heads of a block are not, which took a quarter of attention's time at 4 × 60.
     */
    private void attendHeadByHead(Backend backend, Scratch s) {
        attentionNorm.apply(backend, s.hidden, 0, s.rows(), s.next);
        for (int head = 0; head < attention.heads(); head++) {
            attention.projectHead(backend, head, s.next, s.rows(), s.qkv);
            for (int sequence = 0; sequence < s.sequences(); sequence++) {
                attend(backend, s, 0, sequence, head);
            }
        }
    }

    /** The same where there are too few rows for the members: each takes some columns of every product. */
    private void allByColumns(Backend backend, Scratch s, Team team) {
        int rows = s.rows();
        int heads = attention.heads();
        attentionNorm.apply(backend, s.hidden, 0, rows, s.next);
        multiply(backend, team, s.next, rows, attention.qkv(), s.qkv, false);
        team.run(s.sequences() * heads, (member, i) -> attend(backend, s, member, i / heads, i % heads));
        multiply(backend, team, s.attended, rows, attention.out(), s.next, false);
        add(s.hidden, s.next, rows);
        ffnNorm.apply(backend, s.next, 0, rows, s.attended);
        multiply(backend, team, s.attended, rows, ffn.up(), s.inner[0], true);
        multiply(backend, team, s.inner[0], rows, ffn.down(), s.hidden, false);
        add(s.next, s.hidden, rows);
    }

    /** {@code y = x · w + bias}, or its GELU, for the first rows. */
    private static void multiply(Backend backend, Team team, Rows x, int rows, Weights w, Rows y, boolean gelu) {
        int each = Math.ceilDiv(w.count(), team.size());
        team.run(Math.ceilDiv(w.count(), each), (member, i) -> {
            Weights part = w.slice(i * each, Math.min((i + 1) * each, w.count()));
            int at = y.start() + i * each * w.width();
            if (gelu) {
                backend.matMul().multiplyGelu(x.values(), x.start(), w.k(), rows, part, y.values(), at, w.n());
            } else {
                backend.matMul().multiply(x.values(), x.start(), w.k(), rows, part, y.values(), at, w.n());
            }
        });
    }

    /** {@code y = residual + y} for the first rows. */
    private static void add(Rows residual, Rows y, int rows) {
        float[] sum = y.values();
        float[] other = residual.values();
        for (int i = 0; i < rows * y.length(); i++) {
            sum[y.start() + i] = other[residual.start() + i] + sum[y.start() + i];
        }
    }

    /**
     * The last position of each sequence, into the first rows of {@code next}: the last block of a model needs keys and
     * values of every position and everything else of one.
     */
    void last(Backend backend, Scratch s, @Nullable Team team) {
        int rows = s.rows();
        int block = blockRows(rows, team);
        if (team == null) {
            for (int row = 0; row < rows; row += block) {
                projectKeysAndValues(backend, s, row, Math.min(block, rows - row));
            }
        } else {
            team.run(Math.ceilDiv(rows, block), (member, i) ->
                    projectKeysAndValues(backend, s, i * block, Math.min(block, rows - i * block)));
        }
        lastProjected(backend, s, team);
    }

    /** The same where keys and values are already there. */
    void lastProjected(Backend backend, Scratch s, @Nullable Team team) {
        int heads = attention.heads();
        int sequences = s.sequences();
        for (int i = 0; i < sequences; i++) {
            s.next.put(i, s.hidden, s.start(i + 1) - 1);
        }
        attentionNorm.apply(backend, s.next, 0, sequences, s.attended);
        for (int i = 0; i < sequences; i++) {
            attention.projectQueries(backend, s.attended, i, s.qkv, s.start(i + 1) - 1);
        }
        if (team == null) {
            for (int i = 0; i < sequences * heads; i++) {
                attendLast(backend, s, 0, i / heads, i % heads);
            }
        } else {
            team.run(sequences * heads, (member, i) -> attendLast(backend, s, member, i / heads, i % heads));
        }
        attention.addProjected(backend, s.attended, 0, sequences, s.next, s.hidden);
        ffnNorm.apply(backend, s.hidden, 0, sequences, s.attended);
        ffn.add(backend, s.attended, s.inner[0], s.hidden, 0, sequences, s.next);
    }

    /** A team gets as many blocks for each member, of whole tiles. */
    private static int blockRows(int rows, @Nullable Team team) {
        if (team == null) {
            return Scratch.BLOCK_ROWS;
        }
        int blocks = team.size() * Math.ceilDiv(rows, team.size() * Scratch.BLOCK_ROWS);
        int tiles = Math.ceilDiv(Math.ceilDiv(rows, blocks), BlockSizes.TILE_ROWS);
        return Math.min(Scratch.BLOCK_ROWS, tiles * BlockSizes.TILE_ROWS);
    }

    /** Layer norm, then queries, keys and values, of some rows. */
    private void project(Backend backend, Scratch s, int row, int rows) {
        attentionNorm.apply(backend, s.hidden, row, rows, s.next);
        attention.project(backend, s.next, row, rows, s.qkv);
    }

    /** The same without the queries. */
    private void projectKeysAndValues(Backend backend, Scratch s, int row, int rows) {
        attentionNorm.apply(backend, s.hidden, row, rows, s.next);
        attention.projectKeysAndValues(backend, s.next, row, rows, s.qkv);
    }

    private void attend(Backend backend, Scratch s, int member, int sequence, int head) {
        attention.attend(
                backend, s.caches[member], head, s.qkv, s.start(sequence), s.length(sequence), s.attended);
    }

    private void attendLast(Backend backend, Scratch s, int member, int sequence, int head) {
        attention.attendLast(
                backend, s.caches[member], head, s.qkv, s.start(sequence), s.length(sequence), s.attended, sequence);
    }

    /** The out projection and the feed-forward layer of some rows, each with its residual. */
    private void mix(Backend backend, Scratch s, int member, int row, int rows) {
        attention.addProjected(backend, s.attended, row, rows, s.hidden, s.next);
        ffnNorm.apply(backend, s.next, row, rows, s.attended);
        ffn.add(backend, s.attended, s.inner[member], s.next, row, rows, s.hidden);
    }
}
