package dev.softpick.model;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a caller adds to a model file, or puts in place of what it says. Immutable: each method returns a changed copy.
 *
 * @param numHeads heads, for files whose metadata has no {@code num_heads}; null keeps the file's
 * @param normalizer for files whose metadata has none; null keeps the file's
 * @param outputMode null keeps the file's
 * @param allowNonFinite whether weights may be NaN or infinite
 * @param names finds a parameter in files that use other names
 * @param windowSize the number of steps that is expected; null keeps the file's
 * @param finalNorm whether a layer norm follows the last block; null keeps the file's
 * @param weights how the model keeps its kernels; null keeps the file's way
 */
@SuppressWarnings("exports") // nobody needs JSpecify's annotations to compile against them
public record LoadOptions(
        @Nullable Integer numHeads, @Nullable Normalizer normalizer, @Nullable OutputMode outputMode,
        boolean allowNonFinite, Function<String, @Nullable Source> names, @Nullable Integer windowSize,
        @Nullable Boolean finalNorm, @Nullable WeightFormat weights) {

    /**
     * Where a parameter stands in a file.
     *
     * @param name of the tensor
     * @param transposed whether a matrix is {@code [out, in]}, as PyTorch's {@code Linear} stores it
     */
    public record Source(String name, boolean transposed) {
        /** Refuses a missing name. */
        public Source {
            Objects.requireNonNull(name, "name");
        }
    }

    /** Edifice's names; no lambda, since the first of a cold JVM takes it 5 ms. */
    private record OwnNames() implements Function<String, @Nullable Source> {
        @Override
        public Source apply(String name) {
            return new Source(name, false);
        }
    }

    private static final LoadOptions DEFAULTS =
            new LoadOptions(null, null, null, false, new OwnNames(), null, null, null);

    /** {@return what the file says, Edifice's names, finite weights only} */
    public static LoadOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The number of attention heads.
     *
     * @param value the number of attention heads
     * @return a changed copy
     */
    public LoadOptions numHeads(int value) {
        return new LoadOptions(value, normalizer, outputMode, allowNonFinite, names, windowSize, finalNorm, weights);
    }

    /**
     * The normalizer that the weights were trained with.
     *
     * @param value the normalizer that the weights were trained with
     * @return a changed copy
     */
    public LoadOptions normalizer(Normalizer value) {
        return new LoadOptions(numHeads, value, outputMode, allowNonFinite, names, windowSize, finalNorm, weights);
    }

    /**
     * What leaves the model.
     *
     * @param value what leaves the model
     * @return a changed copy
     */
    public LoadOptions outputMode(OutputMode value) {
        return new LoadOptions(numHeads, normalizer, value, allowNonFinite, names, windowSize, finalNorm, weights);
    }

    /**
     * Whether NaN and infinite weights load.
     *
     * @param value whether NaN and infinite weights load
     * @return a changed copy
     */
    public LoadOptions allowNonFinite(boolean value) {
        return new LoadOptions(numHeads, normalizer, outputMode, value, names, windowSize, finalNorm, weights);
    }

    /**
     * Finds parameters under other names: the function gets Edifice's name, for instance
     * {@code softpick_block_1_ffn_up.kernel}, and returns where it stands, or null where the file has no such tensor.
     *
     * @param value the mapping
     * @return a changed copy
     */
    public LoadOptions names(Function<String, @Nullable Source> value) {
        Objects.requireNonNull(value, "names");
        return new LoadOptions(numHeads, normalizer, outputMode, allowNonFinite, value, windowSize, finalNorm, weights);
    }

    /**
     * The number of steps that is expected, which files from elsewhere do not say; 60 where nobody does.
     *
     * @param value the number of steps that is expected
     * @return a changed copy
     */
    public LoadOptions windowSize(int value) {
        return new LoadOptions(numHeads, normalizer, outputMode, allowNonFinite, names, value, finalNorm, weights);
    }

    /**
     * Whether a layer norm follows the last block, which files from elsewhere do not say; true where nobody does.
     *
     * @param value whether a layer norm follows the last block
     * @return a changed copy
     */
    public LoadOptions finalNorm(boolean value) {
        return new LoadOptions(numHeads, normalizer, outputMode, allowNonFinite, names, windowSize, value, weights);
    }

    /**
     * How the model keeps its kernels: they are rounded while they are read, one by one, so that the floats are never
     * in memory together. Weights of bfloat16 can be made {@code FLOAT32}, with the same bits; those of int8 stay int8.
     *
     * @param value the format
     * @return the changed copy
     */
    public LoadOptions weights(WeightFormat value) {
        return new LoadOptions(
                numHeads, normalizer, outputMode, allowNonFinite, names, windowSize, finalNorm, value);
    }
}
