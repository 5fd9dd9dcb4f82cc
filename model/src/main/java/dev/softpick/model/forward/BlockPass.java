package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.BlockWeights;
import dev.softpick.model.weights.FeedForwardWeights;
import dev.softpick.model.weights.NormWeights;

/**
 * A group of sequences on its way through one block, every position or the last of each, by the caller alone or by a team.
 * Reads and writes the regions of a {@link Scratch}.
 */
public final class BlockPass {

    /** Rows that the micro-kernel computes together at most widths. */
    private static final int TILE_ROWS = 6;

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

    /** Most items of one phase: tiles of rows, heads of sequences, panels of columns. More members would find no work. */
    int items(int sequences, int steps) {
        int heads = Math.multiplyExact(sequences, attention.heads());
        int tiles = Math.ceilDiv(sequences * steps, TILE_ROWS);
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
    public void all(Backend backend, Scratch s, int sequences, Team team) {
        int rows = s.starts[sequences];
        int heads = attention.heads();
        int block = blockRows(rows, team);
        int blocks = Math.ceilDiv(rows, block);
        if (team != null && rows < team.size() * TILE_ROWS && rows <= Scratch.BLOCK_ROWS) {
            allByColumns(backend, s, sequences, team);
            return;
        }
        if (team == null) {
            if (blocks == 1 && attention.headsFillPanels()) {
                attendHeadByHead(backend, s, sequences, rows);
                mixAll(backend, s, rows);
            } else {
                for (int i = 0; i < blocks; i++) {
                    project(backend, s, 0, i * block, Math.min(block, rows - i * block), false);
                }
                allProjected(backend, s, sequences);
            }
        } else {
            team.run(blocks, (member, i) ->
                    project(backend, s, member, i * block, Math.min(block, rows - i * block), false));
            team.run(sequences * heads, (member, i) -> attend(backend, s, member, i / heads, i % heads));
            team.run(blocks, (member, i) -> mix(backend, s, member, i * block, Math.min(block, rows - i * block)));
        }
    }

    /** The same without a team where the queries, keys and values are already there. */
    void allProjected(Backend backend, Scratch s, int sequences) {
        for (int i = 0; i < sequences * attention.heads(); i++) {
            attend(backend, s, 0, i / attention.heads(), i % attention.heads());
        }
        mixAll(backend, s, s.starts[sequences]);
    }

    private void mixAll(Backend backend, Scratch s, int rows) {
        for (int row = 0; row < rows; row += Scratch.BLOCK_ROWS) {
            mix(backend, s, 0, row, Math.min(Scratch.BLOCK_ROWS, rows - row));
        }
    }

    /**
     * Projects one head's queries, keys and values and lets it attend while they are in the L2 cache: those of all heads
     * of a block are not, which took a quarter of attention's time at 4 × 60.
     */
    private void attendHeadByHead(Backend backend, Scratch s, int sequences, int rows) {
        norm(backend, attentionNorm, s, 0, s.hidden, rows);
        for (int head = 0; head < attention.heads(); head++) {
            attention.projectHead(backend, head, s.m, s.norm[0], rows, s.m, s.qkv);
            for (int sequence = 0; sequence < sequences; sequence++) {
                attend(backend, s, 0, sequence, head);
            }
        }
    }

    /** The same where there are too few rows to share: each member takes some columns of every product. */
    private void allByColumns(Backend backend, Scratch s, int sequences, Team team) {
        int h = attention.hiddenSize();
        int rows = s.starts[sequences];
        int heads = attention.heads();
        norm(backend, attentionNorm, s, 0, s.hidden, rows);
        multiply(backend, team, s.m, s.norm[0], rows, attention.qkv(), s.qkv, false);
        team.run(sequences * heads, (member, i) -> attend(backend, s, member, i / heads, i % heads));
        multiply(backend, team, s.m, s.attended, rows, attention.out(), s.next, false);
        add(s.m, s.hidden, s.next, rows * h);
        norm(backend, ffnNorm, s, 0, s.next, rows);
        multiply(backend, team, s.m, s.norm[0], rows, ffn.up(), s.inner[0], true);
        multiply(backend, team, s.m, s.inner[0], rows, ffn.down(), s.hidden, false);
        add(s.m, s.next, s.hidden, rows * h);
    }

    /** {@code m[to] = m[from] · w + bias}, or its GELU, for dense rows. */
    private static void multiply(
            Backend backend, Team team, float[] m, int from, int rows, Panels w, int to, boolean gelu) {
        int share = Math.ceilDiv(w.count(), team.size());
        team.run(Math.ceilDiv(w.count(), share), (member, i) -> {
            Panels part = w.slice(i * share, Math.min((i + 1) * share, w.count()));
            int at = to + i * share * w.width();
            if (gelu) {
                backend.multiplyGelu(m, from, w.k(), rows, part, m, at, w.n());
            } else {
                backend.multiply(m, from, w.k(), rows, part, m, at, w.n());
            }
        });
    }

    private static void add(float[] m, int residual, int to, int length) {
        for (int i = 0; i < length; i++) {
            m[to + i] = m[residual + i] + m[to + i];
        }
    }

    /**
     * The last position of each sequence, into the first rows of {@code next}: the last block of a model needs keys and
     * values of every position and everything else of one.
     */
    void last(Backend backend, Scratch s, int sequences, Team team) {
        int rows = s.starts[sequences];
        int block = blockRows(rows, team);
        int blocks = Math.ceilDiv(rows, block);
        if (team == null) {
            for (int i = 0; i < blocks; i++) {
                project(backend, s, 0, i * block, Math.min(block, rows - i * block), true);
            }
        } else {
            team.run(blocks, (member, i) ->
                    project(backend, s, member, i * block, Math.min(block, rows - i * block), true));
        }
        lastProjected(backend, s, sequences, team);
    }

    /** The same where keys and values are already there. */
    void lastProjected(Backend backend, Scratch s, int sequences, Team team) {
        int h = attention.hiddenSize();
        int heads = attention.heads();
        for (int sequence = 0; sequence < sequences; sequence++) {
            int last = s.starts[sequence + 1] - 1;
            System.arraycopy(s.m, s.hidden + last * h, s.m, s.next + sequence * h, h);
        }
        norm(backend, attentionNorm, s, 0, s.next, sequences);
        for (int sequence = 0; sequence < sequences; sequence++) {
            int last = s.qkv + (s.starts[sequence + 1] - 1) * 3 * h;
            attention.projectQueries(backend, s.m, s.norm[0] + sequence * h, 1, s.m, last, 3 * h);
        }
        if (team == null) {
            for (int i = 0; i < sequences * heads; i++) {
                attendLast(backend, s, 0, i / heads, i % heads);
            }
        } else {
            team.run(sequences * heads, (member, i) -> attendLast(backend, s, member, i / heads, i % heads));
        }
        attention.addProjected(backend, s.m, s.attended, sequences, s.next, s.hidden);
        norm(backend, ffnNorm, s, 0, s.hidden, sequences);
        ffn.add(backend, s.m, s.norm[0], sequences, s.inner[0], s.hidden, s.next);
    }

    /** A team gets as many blocks for each member, of whole tiles of 6 rows. */
    private static int blockRows(int rows, Team team) {
        if (team == null) {
            return Scratch.BLOCK_ROWS;
        }
        int blocks = team.size() * Math.ceilDiv(rows, team.size() * Scratch.BLOCK_ROWS);
        return Math.min(Scratch.BLOCK_ROWS, Math.ceilDiv(Math.ceilDiv(rows, blocks), TILE_ROWS) * TILE_ROWS);
    }

    /** Layer norm, then queries, keys and values, or only keys and values, of some rows. */
    private void project(Backend backend, Scratch s, int member, int row, int rows, boolean keysAndValuesOnly) {
        int h = attention.hiddenSize();
        int to = s.qkv + row * 3 * h;
        norm(backend, attentionNorm, s, member, s.hidden + row * h, rows);
        if (keysAndValuesOnly) {
            attention.projectKeysAndValues(backend, s.m, s.norm[member], rows, s.m, to);
        } else {
            attention.project(backend, s.m, s.norm[member], rows, s.m, to);
        }
    }

    private void attend(Backend backend, Scratch s, int member, int sequence, int head) {
        int h = attention.hiddenSize();
        int row = s.starts[sequence];
        int steps = s.starts[sequence + 1] - row;
        attention.attend(
                backend, s.caches[member], head, s.m, s.qkv + row * 3 * h, steps, s.m, s.attended + row * h);
    }

    private void attendLast(Backend backend, Scratch s, int member, int sequence, int head) {
        int h = attention.hiddenSize();
        int row = s.starts[sequence];
        int steps = s.starts[sequence + 1] - row;
        attention.attendLast(
                backend, s.caches[member], head, s.m, s.qkv + row * 3 * h, steps, s.m, s.attended + sequence * h);
    }

    /** The out projection and the feed-forward layer of some rows, each with its residual. */
    private void mix(Backend backend, Scratch s, int member, int row, int rows) {
        int at = row * attention.hiddenSize();
        attention.addProjected(backend, s.m, s.attended + at, rows, s.hidden + at, s.next + at);
        norm(backend, ffnNorm, s, member, s.next + at, rows);
        ffn.add(backend, s.m, s.norm[member], rows, s.inner[member], s.next + at, s.hidden + at);
    }

    private static void norm(Backend backend, NormWeights norm, Scratch s, int member, int from, int rows) {
        norm.apply(backend, s.m, from, rows, s.m, s.norm[member]);
    }
}
