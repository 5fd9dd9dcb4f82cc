package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What a model is made of. Immutable once it is filled.
 *
 * @param inputProjection null where frames have the hidden size
 * @param blocks in the order of the computation
 * @param finalNorm null where there is none
 * @param classifier null where there is none
 * @param withoutBias the parts that have no bias of their own, and add zeros
 */
public record ModelWeights(
        Panels inputProjection, List<BlockWeights> blocks, NormWeights finalNorm, Panels classifier,
        Set<Part> withoutBias) {

    /** Zeros, to be filled parameter by parameter. */
    static ModelWeights allocate(SoftpickConfig config, int classes, Set<Part> withoutBias) {
        int h = config.hiddenSize();
        int inner = config.feedForwardSize();
        Store store = new Store(config, classes);
        Panels projection = config.inputProjection() ? store.matrix(config.embedDim(), h) : null;
        List<BlockWeights> blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numLayers(); layer++) {
            AttentionWeights attention = new AttentionWeights(
                    store.matrix(h, 3 * h), store.matrix(h, h), config.numHeads(), config.normalizer(), 1f);
            FeedForwardWeights ffn = new FeedForwardWeights(store.matrix(h, inner), store.matrix(inner, h));
            blocks.add(new BlockWeights(NormWeights.allocate(h), attention, NormWeights.allocate(h), ffn));
        }
        NormWeights finalNorm = config.finalNorm() ? NormWeights.allocate(h) : null;
        return new ModelWeights(
                projection, List.copyOf(blocks), finalNorm, classes > 0 ? store.matrix(h, classes) : null,
                Set.copyOf(withoutBias));
    }

    /** Outputs of the classifier; 0 without one. */
    public int classes() {
        return classifier == null ? 0 : classifier.n();
    }

    /**
     * The first hidden states of {@code count} frames, to the rows from {@code row} on: projected, or as they are where
     * frames have the hidden size.
     */
    public void embed(Backend backend, float[] frames, int offset, int count, Rows hidden, int row) {
        if (inputProjection == null) {
            hidden.put(row, count, frames, offset);
        } else {
            backend.matMul().multiply(
                    frames, offset, inputProjection.k(), count, inputProjection, hidden.values(), hidden.at(row),
                    hidden.length());
        }
    }

    /** The final norm of {@code count} rows from {@code row} on, or the rows as they are where there is none. */
    public void finalNorm(Backend backend, Rows hidden, int row, int count, float[] output, int offset) {
        if (finalNorm == null) {
            hidden.get(row, count, output, offset);
        } else {
            finalNorm.apply(backend, hidden, row, count, output, offset);
        }
    }

    /** Puts a parameter's values in their place; {@code values} may be longer. */
    void fill(Parameter parameter, float[] values) {
        int size = parameter.size();
        switch (parameter.part().form()) {
            case MATRIX -> {
                Panels matrix = matrix(parameter);
                if (parameter.isFirst()) {
                    matrix.fill(values, column(parameter), parameter.shape()[1]);
                } else {
                    System.arraycopy(values, 0, matrix.bias(), matrix.biasStart() + column(parameter), size);
                }
            }
            case NORM -> System.arraycopy(values, 0, vector(parameter), 0, size);
            case SCALE -> block(parameter).attention().ssmaxScale(values[0]);
        }
    }

    /** A parameter's values, a copy. */
    public float[] values(Parameter parameter) {
        return switch (parameter.part().form()) {
            case MATRIX -> {
                Panels matrix = matrix(parameter);
                int column = column(parameter);
                int from = matrix.biasStart() + column;
                yield parameter.isFirst()
                        ? columns(matrix, column, parameter.shape()[1])
                        : Arrays.copyOfRange(matrix.bias(), from, from + parameter.size());
            }
            case NORM -> vector(parameter).clone();
            case SCALE -> new float[] {block(parameter).attention().ssmaxScale()};
        };
    }

    private static float[] columns(Panels matrix, int column, int columns) {
        float[] all = new float[Math.multiplyExact(matrix.k(), matrix.n())];
        matrix.unpack(all, 0, matrix.n());
        if (columns == matrix.n()) {
            return all;
        }
        float[] values = new float[matrix.k() * columns];
        for (int row = 0; row < matrix.k(); row++) {
            System.arraycopy(all, row * matrix.n() + column, values, row * columns, columns);
        }
        return values;
    }

    private BlockWeights block(Parameter parameter) {
        return blocks.get(parameter.block() - 1);
    }

    private Panels matrix(Parameter parameter) {
        return switch (parameter.part()) {
            case INPUT_PROJECTION -> inputProjection;
            case QUERIES, KEYS, VALUES -> block(parameter).attention().qkv();
            case ATTENTION_OUT -> block(parameter).attention().out();
            case FFN_UP -> block(parameter).ffn().up();
            case FFN_DOWN -> block(parameter).ffn().down();
            case CLASSIFIER -> classifier;
            default -> throw new IllegalArgumentException(parameter.name() + " is not in a matrix");
        };
    }

    /** The first column of a parameter's matrix: queries, keys and values stand side by side. */
    private static int column(Parameter parameter) {
        int columns = parameter.shape()[parameter.shape().length - 1];
        return switch (parameter.part()) {
            case KEYS -> columns;
            case VALUES -> 2 * columns;
            default -> 0;
        };
    }

    private float[] vector(Parameter parameter) {
        NormWeights norm = switch (parameter.part()) {
            case ATTENTION_NORM -> block(parameter).attentionNorm();
            case FFN_NORM -> block(parameter).ffnNorm();
            case FINAL_NORM -> finalNorm;
            default -> throw new IllegalArgumentException(parameter.name() + " is not in a norm");
        };
        return parameter.isFirst() ? norm.gamma() : norm.beta();
    }

    /** One array for all packed matrices, in the order in which they are read; {@link Panels#LEAD} says why one. */
    private static final class Store {
        private static final int LARGEST = Integer.MAX_VALUE - 8;

        private final int width = Backends.chosen().panelWidth();
        private final float[] values;
        private int end = Panels.LEAD;

        Store(SoftpickConfig config, int classes) {
            int h = config.hiddenSize();
            int inner = config.feedForwardSize();
            long block = Panels.size(h, 3 * h, width) + Panels.size(h, h, width)
                    + Panels.size(h, inner, width) + Panels.size(inner, h, width);
            long size = Panels.LEAD + config.numLayers() * block
                    + (config.inputProjection() ? Panels.size(config.embedDim(), h, width) : 0)
                    + Panels.size(h, classes, width);
            if (size > LARGEST) {
                throw new IllegalArgumentException("hiddenSize " + h + " with " + config.numLayers()
                        + " layers needs " + size + " packed weights; a model holds at most " + LARGEST);
            }
            values = allocate((int) size);
        }

        /** The one large array of a model: where it fits, the rest does. */
        private static float[] allocate(int size) {
            try {
                return new float[size];
            } catch (OutOfMemoryError e) {
                OutOfMemoryError clear = new OutOfMemoryError("the model's weights take " + ((4L * size >> 20) + 1)
                        + " MiB of heap, whose limit is " + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MiB; raise -Xmx");
                clear.initCause(e);
                throw clear;
            }
        }

        Panels matrix(int k, int n) {
            Panels matrix = new Panels(values, end, new float[Math.ceilDiv(n, width) * width], 0, k, n, width);
            end += (int) Panels.size(k, n, width);
            return matrix;
        }
    }
}
