package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
        @Nullable Weights inputProjection, List<BlockWeights> blocks, @Nullable NormWeights finalNorm,
        @Nullable Panels classifier, Set<Part> withoutBias) {

    /** Zeros, to be filled parameter by parameter. */
    static ModelWeights allocate(SoftpickConfig config, int classes, Set<Part> withoutBias) {
        int h = config.hiddenSize();
        int inner = config.feedForwardSize();
        WeightStore store = new WeightStore(config, classes);
        Weights projection = config.inputProjection() ? store.kernel(config.embedDim(), h) : null;
        List<BlockWeights> blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numLayers(); layer++) {
            AttentionWeights attention = new AttentionWeights(
                    store.kernel(h, 3 * h), store.kernel(h, h), config.numHeads(), config.normalizer(), 1f);
            FeedForwardWeights ffn = new FeedForwardWeights(store.kernel(h, inner), store.kernel(inner, h));
            blocks.add(new BlockWeights(NormWeights.allocate(h), attention, NormWeights.allocate(h), ffn));
        }
        NormWeights finalNorm = config.finalNorm() ? NormWeights.allocate(h) : null;
        return new ModelWeights(
                projection, List.copyOf(blocks), finalNorm, classes > 0 ? store.floats(h, classes) : null,
                Set.copyOf(withoutBias));
    }

    /** Outputs of the classifier; 0 without one. */
    public int classes() {
        return classifier == null ? 0 : classifier.n();
    }

    /** The classifier, for those who cannot do without one. */
    public Panels requireClassifier() {
        if (classifier == null) {
            throw new IllegalStateException(
                    "the model has no classifier head; files with classifier.kernel and classifier.bias have one");
        }
        return classifier;
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

    /** Puts a parameter's values in their place. */
    void fill(Parameter parameter, Parameters.Values values) throws ModelFormatException {
        if (parameter.isKernel()) {
            fillKernel(parameter, values);
            return;
        }
        float[] from = values.get(parameter);
        switch (parameter.part().form()) {
            case MATRIX -> {
                Weights matrix = matrix(parameter);
                System.arraycopy(from, 0, bias(matrix), biasStart(matrix) + column(parameter), parameter.size());
            }
            case NORM -> System.arraycopy(from, 0, vector(parameter), 0, parameter.size());
            case SCALE -> block(parameter).attention().ssmaxScale(from[0]);
        }
    }

    /** No switch over types: it takes a cold JVM milliseconds. */
    private void fillKernel(Parameter kernel, Parameters.Values values) throws ModelFormatException {
        int column = column(kernel);
        int columns = kernel.shape()[1];
        Weights matrix = matrix(kernel);
        if (matrix instanceof Panels floats) {
            floats.fill(values.get(kernel), column, columns);
        } else if (matrix instanceof BFloat16Panels halves) {
            halves.fill(values.bfloat16(kernel), column, columns);
        } else if (matrix instanceof Int8Panels bytes) {
            Rounding.Int8 rounded = values.int8(kernel);
            bytes.fill(rounded.values(), column, columns);
            System.arraycopy(rounded.scale(), 0, bytes.scale(), bytes.columnStart() + column, columns);
        }
    }

    private static float[] bias(Weights matrix) {
        return matrix instanceof Int8Panels bytes ? bytes.bias() : matrix.initial();
    }

    private static int biasStart(Weights matrix) {
        return matrix instanceof Int8Panels bytes ? bytes.columnStart() : matrix.initialOffset(0);
    }

    /** A parameter's values, a copy; those of a rounded kernel widened. */
    public float[] values(Parameter parameter) {
        if (parameter.isKernel()) {
            return switch (matrix(parameter)) {
                case Panels floats -> columns(floats, column(parameter), parameter.shape()[1]);
                case BFloat16Panels halves -> Rounding.widened(bfloat16(parameter));
                case Int8Panels bytes -> Rounding.widened(int8(parameter));
            };
        }
        return switch (parameter.part().form()) {
            case MATRIX -> {
                Weights matrix = matrix(parameter);
                int from = biasStart(matrix) + column(parameter);
                yield Arrays.copyOfRange(bias(matrix), from, from + parameter.size());
            }
            case NORM -> vector(parameter).clone();
            case SCALE -> new float[] {block(parameter).attention().ssmaxScale()};
        };
    }

    /** A kernel that is kept in bfloat16, a copy. */
    public short[] bfloat16(Parameter kernel) {
        short[] values = new short[kernel.size()];
        ((BFloat16Panels) matrix(kernel)).unpack(column(kernel), kernel.shape()[1], values);
        return values;
    }

    /** A kernel that is kept in int8, a copy. */
    public Rounding.Int8 int8(Parameter kernel) {
        Int8Panels matrix = (Int8Panels) matrix(kernel);
        byte[] values = new byte[kernel.size()];
        matrix.unpack(column(kernel), kernel.shape()[1], values);
        int from = matrix.columnStart() + column(kernel);
        return new Rounding.Int8(values, Arrays.copyOfRange(matrix.scale(), from, from + kernel.shape()[1]));
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

    private Weights matrix(Parameter parameter) {
        return switch (parameter.part()) {
            case INPUT_PROJECTION -> present(inputProjection, parameter);
            case QUERIES, KEYS, VALUES -> block(parameter).attention().qkv();
            case ATTENTION_OUT -> block(parameter).attention().out();
            case FFN_UP -> block(parameter).ffn().up();
            case FFN_DOWN -> block(parameter).ffn().down();
            case CLASSIFIER -> present(classifier, parameter);
            default -> throw new IllegalArgumentException(parameter.name() + " is not in a matrix");
        };
    }

    private static <T> T present(@Nullable T part, Parameter parameter) {
        if (part == null) {
            throw new IllegalArgumentException(parameter.name() + " is not in this model");
        }
        return part;
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
            case FINAL_NORM -> present(finalNorm, parameter);
            default -> throw new IllegalArgumentException(parameter.name() + " is not in a norm");
        };
        return parameter.isFirst() ? norm.gamma() : norm.beta();
    }
}
