package dev.softpick.model;

import org.jspecify.annotations.Nullable;

/**
 * The options of Edifice's {@code SoftpickTransformer.build/1}, checked when built. Immutable.
 *
 * {@snippet :
 * SoftpickConfig config = SoftpickConfig.builder().embedDim(64).numLayers(2).build();
 * SoftpickConfig softmax = config.toBuilder().normalizer(Normalizer.SOFTMAX).build();
 * }
 *
 * <ul>
 * <li>{@code embedDim} has no default. The others are Edifice's: 256 hidden, 4 heads, 6 layers, dropout 0.1, window 60.
 * <li>An option that is out of range, or does not fit another one, is refused when the config is built.
 * </ul>
 *
 * @param embedDim size of an input frame
 * @param hiddenSize size of a hidden state
 * @param numHeads attention heads; divides {@code hiddenSize}
 * @param numLayers transformer blocks
 * @param dropout kept for the record; the identity in inference
 * @param windowSize the number of steps that is expected; any number from 1 up is accepted
 * @param normalizer what turns scores into weights
 * @param outputMode what leaves the model
 * @param finalNorm whether a layer norm follows the last block
 * @param feedForwardSize width of the feed-forward layer; {@code 4·hiddenSize} in Edifice
 * @param inputProjection whether a dense layer leads from the frames to the hidden size; in Edifice only where it must
 * @param weightFormat how the kernels are kept
 */
public record SoftpickConfig(
        int embedDim, int hiddenSize, int numHeads, int numLayers, float dropout, int windowSize,
        Normalizer normalizer, OutputMode outputMode, boolean finalNorm, int feedForwardSize, boolean inputProjection,
        WeightFormat weightFormat) {

    /** Far beyond any real model; keeps every product of two sizes within an int. */
    private static final int LARGEST = 16_384;

    /**
     * Checks every option.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public SoftpickConfig {
        range("embedDim", embedDim, LARGEST);
        range("hiddenSize", hiddenSize, LARGEST / 4);
        range("numHeads", numHeads, LARGEST);
        range("numLayers", numLayers, LARGEST);
        range("windowSize", windowSize, Integer.MAX_VALUE);
        if (hiddenSize % numHeads != 0) {
            throw new IllegalArgumentException(
                    "numHeads is " + numHeads + "; it must divide hiddenSize " + hiddenSize);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout is " + dropout + "; allowed is 0 up to but not including 1");
        }
        if (normalizer == null) {
            throw new IllegalArgumentException(
                    "normalizer is null; allowed are softpick, softmax, ssmax, rectified_softpick");
        }
        range("feedForwardSize", feedForwardSize, LARGEST);
        if (!inputProjection && embedDim != hiddenSize) {
            throw new IllegalArgumentException("inputProjection is false; frames of embedDim " + embedDim
                    + " need one to reach hiddenSize " + hiddenSize);
        }
        if (weightFormat == null) {
            throw new IllegalArgumentException("weightFormat is null; allowed are float32, bfloat16, int8");
        }
        if (outputMode == null) {
            throw new IllegalArgumentException("outputMode is null; allowed are last_timestep, all, mean_pool");
        }
    }

    /**
     * As Edifice builds it: feed-forward layer four times as wide, projection only where it must be, float weights.
     *
     * @param embedDim size of an input frame
     * @param hiddenSize size of a hidden state
     * @param numHeads attention heads
     * @param numLayers transformer blocks
     * @param dropout in training
     * @param windowSize the number of steps that is expected
     * @param normalizer what turns scores into weights
     * @param outputMode what leaves the model
     * @param finalNorm whether a layer norm follows the last block
     */
    public SoftpickConfig(
            int embedDim, int hiddenSize, int numHeads, int numLayers, float dropout, int windowSize,
            Normalizer normalizer, OutputMode outputMode, boolean finalNorm) {
        this(embedDim, hiddenSize, numHeads, numLayers, dropout, windowSize, normalizer, outputMode, finalNorm,
                4 * hiddenSize, embedDim != hiddenSize, WeightFormat.FLOAT32);
    }

    private static void range(String option, int value, int largest) {
        if (value < 1 || value > largest) {
            throw new IllegalArgumentException(option + " is " + value + "; allowed is 1 to " + largest);
        }
    }

    /** {@return the size of a head: {@code hiddenSize / numHeads}} */
    public int headSize() {
        return hiddenSize / numHeads;
    }

    /** {@return {@link #feedForwardSize} under its earlier name} */
    public int ffnSize() {
        return feedForwardSize;
    }

    /** {@return Edifice's defaults; only {@link Builder#embedDim} must be given} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that starts from these options} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.embedDim = embedDim;
        builder.hiddenSize = hiddenSize;
        builder.numHeads = numHeads;
        builder.numLayers = numLayers;
        builder.dropout = dropout;
        builder.windowSize = windowSize;
        builder.normalizer = normalizer;
        builder.outputMode = outputMode;
        builder.finalNorm = finalNorm;
        // what follows from other options goes on to follow from them
        builder.feedForwardSize = feedForwardSize == 4 * hiddenSize ? null : feedForwardSize;
        builder.inputProjection = inputProjection == (embedDim != hiddenSize) ? null : inputProjection;
        builder.weightFormat = weightFormat;
        return builder;
    }

    /** Collects options; {@link #build} checks them. Not thread-safe. */
    public static final class Builder {
        private int embedDim;
        private int hiddenSize = 256;
        private int numHeads = 4;
        private int numLayers = 6;
        private float dropout = 0.1f;
        private int windowSize = 60;
        private Normalizer normalizer = Normalizer.SOFTPICK;
        private OutputMode outputMode = OutputMode.LAST_TIMESTEP;
        private boolean finalNorm = true;
        private @Nullable Integer feedForwardSize;
        private @Nullable Boolean inputProjection;
        private WeightFormat weightFormat = WeightFormat.FLOAT32;

        private Builder() {}

        /**
         * Size of an input frame; required.
         *
         * @param value size of an input frame
         * @return this builder
         */
        public Builder embedDim(int value) {
            embedDim = value;
            return this;
        }

        /**
         * Size of a hidden state; 256 unless given.
         *
         * @param value size of a hidden state
         * @return this builder
         */
        public Builder hiddenSize(int value) {
            hiddenSize = value;
            return this;
        }

        /**
         * Attention heads; 4 unless given.
         *
         * @param value attention heads
         * @return this builder
         */
        public Builder numHeads(int value) {
            numHeads = value;
            return this;
        }

        /**
         * Transformer blocks; 6 unless given.
         *
         * @param value transformer blocks
         * @return this builder
         */
        public Builder numLayers(int value) {
            numLayers = value;
            return this;
        }

        /**
         * Dropout in training; 0.1 unless given.
         *
         * @param value dropout in training
         * @return this builder
         */
        public Builder dropout(float value) {
            dropout = value;
            return this;
        }

        /**
         * Expected number of steps; 60 unless given.
         *
         * @param value expected number of steps
         * @return this builder
         */
        public Builder windowSize(int value) {
            windowSize = value;
            return this;
        }

        /**
         * What turns scores into weights; softpick unless given.
         *
         * @param value what turns scores into weights
         * @return this builder
         */
        public Builder normalizer(Normalizer value) {
            normalizer = value;
            return this;
        }

        /**
         * What leaves the model; the last step unless given.
         *
         * @param value what leaves the model
         * @return this builder
         */
        public Builder outputMode(OutputMode value) {
            outputMode = value;
            return this;
        }

        /**
         * Whether a layer norm follows the last block; true unless given.
         *
         * @param value whether a layer norm follows the last block
         * @return this builder
         */
        public Builder finalNorm(boolean value) {
            finalNorm = value;
            return this;
        }

        /**
         * Width of the feed-forward layer; four times the hidden size unless given.
         *
         * @param value width of the feed-forward layer
         * @return this builder
         */
        public Builder feedForwardSize(int value) {
            feedForwardSize = value;
            return this;
        }

        /**
         * Whether a dense layer leads from the frames to the hidden size; only where sizes differ unless given.
         *
         * @param value whether a dense layer leads from the frames to the hidden size
         * @return this builder
         */
        public Builder inputProjection(boolean value) {
            inputProjection = value;
            return this;
        }

        /**
         * How the kernels are kept; float32 unless given.
         *
         * @param value the option
         * @return this builder
         */
        public Builder weightFormat(WeightFormat value) {
            weightFormat = value;
            return this;
        }

        /**
         * The options, checked.
         *
         * @return them
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public SoftpickConfig build() {
            if (embedDim == 0) {
                throw new IllegalArgumentException("embedDim is missing; give the size of an input frame, 1 or more");
            }
            return new SoftpickConfig(
                    embedDim, hiddenSize, numHeads, numLayers, dropout, windowSize, normalizer, outputMode, finalNorm,
                    feedForwardSize == null ? 4 * hiddenSize : feedForwardSize,
                    inputProjection == null ? embedDim != hiddenSize : inputProjection, weightFormat);
        }
    }
}
