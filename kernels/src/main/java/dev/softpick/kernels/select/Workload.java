package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.ScoreNormalizer;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the calls of a model have that decides which paths through the kernels they take, and nothing else: models with
 * equal workloads share a warm-up.
 *
 * @param normalizer of attention; the learned factor of SSMax does not matter
 * @param headSize elements of a head
 * @param chunks whether a row looks back beyond a chunk of keys
 * @param rowWidth a row of layer normalization that takes the same paths as the model's: a block of lanes and what is
 *     left behind it
 * @param format how weights are stored
 * @param edges whether a product has columns beyond its whole panels
 * @param deep whether a product has more rows of weights than a block
 */
public record Workload(
        ScoreNormalizer normalizer, int headSize, boolean chunks, int rowWidth, Class<? extends Weights> format,
        boolean edges, boolean deep) {

    private static final int LANES = 64;

    /** For kernels alone: every path of one normalizer, at the head size that most models have. */
    static Workload everything(ScoreNormalizer normalizer) {
        return new Workload(normalizer, LANES, true, LANES + 1, Panels.class, true, true);
    }

    /**
     * Of a model.
     *
     * @param window keys that a row is expected to see at most
     * @param hidden elements of a row between the layers
     * @param weights of all its products
     */
    public static Workload of(
            ScoreNormalizer normalizer, int headSize, int window, int hidden, Iterable<? extends Weights> weights) {
        Class<? extends Weights> format = Panels.class;
        boolean edges = false;
        boolean deep = false;
        for (Weights w : weights) {
            format = w instanceof Panels ? format : w.getClass();
            edges |= w.n() % w.width() != 0;
            deep |= w.k() > BlockSizes.DEPTH;
        }
        ScoreNormalizer any = normalizer instanceof ScoreNormalizer.SSMax ? new ScoreNormalizer.SSMax(1f) : normalizer;
        int rowWidth = hidden < LANES ? hidden : LANES + hidden % LANES;
        boolean chunks = window > KeyValueCache.chunkFor(headSize);
        return new Workload(any, headSize, chunks, rowWidth, format, edges, deep);
    }

    /** The same with calls that look back beyond a chunk. */
    Workload withChunks() {
        return new Workload(normalizer, headSize, true, rowWidth, format, edges, deep);
    }

    /** Written out, as is {@link #hashCode}: a record's own are linked at run time, which a cold JVM waits for. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Workload like && normalizer.id().equals(like.normalizer.id())
                && headSize == like.headSize && chunks == like.chunks && rowWidth == like.rowWidth
                && format == like.format && edges == like.edges && deep == like.deep;
    }

    @Override
    public int hashCode() {
        return Objects.hash(normalizer.id(), headSize, chunks, rowWidth, format, edges, deep);
    }

    /** A name for the log. */
    String name() {
        return normalizer.id();
    }
}
