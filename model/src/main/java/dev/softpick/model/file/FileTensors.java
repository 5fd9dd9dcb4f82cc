package dev.softpick.model.file;

import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Part;
import dev.softpick.model.weights.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tensors of a file under the names of a model's parameters: whether they are there and fit, and their values. */
final class FileTensors implements Parameters.Values {

    private static final String BLOCK = "softpick_block_";
    private static final int MOST_DIGITS = 6;

    /** Foreign names that look like the model's own: dropout keys of a state saved in training. */
    private static final String DROPOUT_KEY = ".key";

    private static final String SCALE = ".kernel_scale";

    private static final int CHECKED_AT_ONCE = 256;
    private static final int BFLOAT16_EXPONENT = 0x7f80;

    private final SafetensorsFile file;
    private final LoadOptions options;
    private float[] matrix = {};
    private short[] halves = {};
    private byte[] bytes = {};

    FileTensors(SafetensorsFile file, LoadOptions options) {
        this.file = file;
        this.options = options;
    }

    /** The tensor that holds a parameter; null where the file has none. */
    @Nullable TensorInfo find(String name) {
        LoadOptions.Source source = source(name);
        return source == null ? null : file.tensors().get(source.name());
    }

    /** The same of a parameter that {@link #checkPresent} has found, or of its scale. */
    TensorInfo found(String name) throws ModelFormatException {
        TensorInfo tensor = find(name);
        if (tensor == null) {
            throw new ModelFormatException("missing tensors: " + name);
        }
        return tensor;
    }

    /** Where the file has a parameter; null where the caller's names say that it has none. */
    private LoadOptions.@Nullable Source source(String name) {
        return options.names().apply(name);
    }

    private boolean isTransposed(String name) {
        LoadOptions.Source source = source(name);
        return source != null && source.transposed();
    }

    /** A size that the shape of a parameter tells. */
    int sizeOf(String name, int axis) throws ModelFormatException {
        TensorInfo tensor = find(name);
        boolean matrix = name.endsWith(".kernel");
        if (tensor == null || tensor.shape().size() != (matrix ? 2 : 1)) {
            throw new ModelFormatException("tensor '" + name + "' "
                    + (tensor == null ? "is missing" : "has shape " + tensor.shape() + "; it must have rank "
                            + (matrix ? 2 : 1)));
        }
        int at = matrix && isTransposed(name) ? 1 - axis : axis;
        long size = tensor.shape().get(at);
        if (size < 1 || size > Integer.MAX_VALUE) {
            throw new ModelFormatException("tensor '" + name + "' has shape " + tensor.shape()
                    + "; every size must be 1 or more");
        }
        return (int) size;
    }

    /** Outputs of the classifier head; 0 without one. */
    int classes() throws ModelFormatException {
        return find("classifier.kernel") == null && find("classifier.bias") == null
                ? 0
                : sizeOf("classifier.kernel", 1);
    }

    /**
     * That every parameter has a tensor of its shape, but for biases that are missing everywhere of their kind.
     *
     * @return the parts without a bias
     */
    Set<Part> checkPresent(List<Parameter> parameters) throws ModelFormatException {
        List<Parameter> missing = new ArrayList<>();
        Set<Part> kindsWithBias = new HashSet<>();
        for (Parameter parameter : parameters) {
            TensorInfo tensor = find(parameter.name());
            if (tensor == null) {
                missing.add(parameter);
                continue;
            }
            checkShape(parameter, tensor);
            if (!parameter.isFirst()) {
                kindsWithBias.add(parameter.part().biasKind());
            }
        }
        Set<Part> withoutBias = new HashSet<>();
        List<String> names = new ArrayList<>();
        for (Parameter parameter : missing) {
            if (parameter.isFirst() || kindsWithBias.contains(parameter.part().biasKind())) {
                names.add(parameter.name());
            } else {
                withoutBias.add(parameter.part());
            }
        }
        if (!names.isEmpty()) {
            throw new ModelFormatException("missing tensors: " + String.join(", ", names));
        }
        return withoutBias;
    }

    private void checkShape(Parameter parameter, TensorInfo tensor) throws ModelFormatException {
        int[] shape = parameter.shape();
        if (shape.length == 2 && isTransposed(parameter.name())) {
            shape = new int[] {shape[1], shape[0]};
        }
        // PyTorch has scales of one element where Edifice has scalars
        if (!tensor.hasShape(shape) && !(shape.length == 0 && tensor.hasShape(1))) {
            throw new ModelFormatException("tensor '" + tensor.name() + "' has shape " + tensor.shape()
                    + "; this model needs " + Arrays.toString(shape));
        }
    }

    /** A tensor under one of the model's own name patterns must have a place in it. */
    void checkNothingLeftOver(List<Parameter> parameters, WeightFormat format) throws ModelFormatException {
        Set<String> used = new HashSet<>();
        for (Parameter parameter : parameters) {
            TensorInfo tensor = find(parameter.name());
            if (tensor != null) {
                used.add(tensor.name());
            }
            if (format == WeightFormat.INT8 && parameter.isRounded()) {
                used.add(found(parameter.scaleName()).name());
            }
        }
        for (String name : file.tensors().keySet()) {
            if (used.contains(name)) {
                continue;
            }
            boolean own = blockOf(name) >= 0 || name.startsWith("input_projection.")
                    || name.startsWith("final_norm.") || name.startsWith("classifier.");
            if (own && name.endsWith(SCALE)) {
                throw new ModelFormatException("tensor '" + name + "' is a scale for a kernel of type I8; "
                        + "there is none of this name, or it is kept as float, as the classifier is");
            }
            if (own && !isForeign(name)) {
                throw new ModelFormatException("tensor '" + name + "' has no place in this model ("
                        + "its name is one of a model's own, but the options leave no room for it)");
            }
        }
    }

    /** Whether a name is none of a model's own, whatever it begins with. */
    static boolean isForeign(String name) {
        return name.endsWith(DROPOUT_KEY);
    }

    /** The number in {@code softpick_block_<number>_…}, up to six digits, no leading zero; −1 in other names. */
    static int blockOf(String name) {
        if (!name.startsWith(BLOCK)) {
            return -1;
        }
        int from = BLOCK.length();
        int end = name.indexOf('_', from);
        boolean number = end > from && end - from <= MOST_DIGITS && (end == from + 1 || name.charAt(from) != '0');
        for (int i = from; number && i < end; i++) {
            number = name.charAt(i) >= '0' && name.charAt(i) <= '9';
        }
        return number ? Integer.parseInt(name, from, end, 10) : -1;
    }

    @Override
    public float[] get(Parameter parameter) throws ModelFormatException {
        String name = found(parameter.name()).name();
        int size = parameter.size();
        float[] values = parameter.isKernel() ? matrix(size) : new float[size];
        try {
            file.floats(name, values);
        } catch (SafetensorsException e) {
            throw ModelFile.refused(e);
        }
        if (!options.allowNonFinite() && !allFinite(values, size)) {
            int i = 0;
            while (Float.isFinite(values[i])) {
                i++;
            }
            throw notFinite(name, values[i], i);
        }
        if (!parameter.isKernel() || !isTransposed(parameter.name())) {
            return values;
        }
        float[] kernel = new float[size];
        transpose(parameter, (from, to) -> kernel[to] = values[from]);
        return kernel;
    }

    private static ModelFormatException notFinite(String name, float value, int index) {
        return new ModelFormatException("tensor '" + name + "' has " + value + " at index " + index
                + "; weights must be finite, unless LoadOptions.allowNonFinite or --allow-non-finite");
    }

    @Override
    public short[] bfloat16(Parameter kernel) throws ModelFormatException {
        TensorInfo tensor = found(kernel.name());
        if (tensor.dtype() != DType.BF16) {
            return Parameters.Values.super.bfloat16(kernel);
        }
        int size = kernel.size();
        halves = halves.length < size ? new short[size] : halves;
        try {
            file.shorts(tensor.name(), halves);
        } catch (SafetensorsException e) {
            throw ModelFile.refused(e);
        }
        for (int i = 0; i < size && !options.allowNonFinite(); i++) {
            if ((halves[i] & BFLOAT16_EXPONENT) == BFLOAT16_EXPONENT) {
                throw notFinite(tensor.name(), Rounding.widened(halves[i]), i);
            }
        }
        if (!isTransposed(kernel.name())) {
            return halves;
        }
        short[] values = new short[size];
        transpose(kernel, (from, to) -> values[to] = halves[from]);
        return values;
    }

    @Override
    public Rounding.Int8 int8(Parameter kernel) throws ModelFormatException {
        TensorInfo tensor = found(kernel.name());
        if (tensor.dtype() != DType.I8) {
            return Parameters.Values.super.int8(kernel);
        }
        String scaleName = found(kernel.scaleName()).name();
        int size = kernel.size();
        bytes = bytes.length < size ? new byte[size] : bytes;
        float[] scale;
        try {
            file.bytes(tensor.name(), bytes);
            scale = file.floats(scaleName);
        } catch (SafetensorsException e) {
            throw ModelFile.refused(e);
        }
        for (int j = 0; j < scale.length; j++) {
            if (!(scale[j] >= 0 && scale[j] <= Float.MAX_VALUE)) {
                throw new ModelFormatException("tensor '" + scaleName + "' has " + scale[j] + " at index " + j
                        + "; a scale is finite and not negative");
            }
        }
        if (!isTransposed(kernel.name())) {
            return new Rounding.Int8(bytes, scale);
        }
        byte[] values = new byte[size];
        transpose(kernel, (from, to) -> values[to] = bytes[from]);
        return new Rounding.Int8(values, scale);
    }

    /** One array for all matrices, which are packed one by one: it stays in the cache, and memory is touched once. */
    private float[] matrix(int size) {
        if (matrix.length < size) {
            matrix = new float[size];
        }
        return matrix;
    }

    /** In pieces: a cold JVM counts calls until it compiles, so that most of the first model is checked at speed. */
    private static boolean allFinite(float[] values, int length) {
        float sum = 0;
        for (int from = 0; from < length; from += CHECKED_AT_ONCE) {
            sum += zeroIfFinite(values, from, Math.min(from + CHECKED_AT_ONCE, length));
        }
        return sum == 0;
    }

    /** {@code Σ 0·x}: 0, or NaN if any x is infinite or NaN. */
    private static float zeroIfFinite(float[] values, int from, int to) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = from;
        for (; i + 4 <= to; i += 4) {
            s0 += values[i] * 0f;
            s1 += values[i + 1] * 0f;
            s2 += values[i + 2] * 0f;
            s3 += values[i + 3] * 0f;
        }
        for (; i < to; i++) {
            s0 += values[i] * 0f;
        }
        return s0 + s1 + s2 + s3;
    }

    /** Takes an element of one array to another: a lambda, which only transposed names make a cold JVM load. */
    private interface Move {
        void element(int from, int to);
    }

    /** Moves each element of {@code [out, in]} to its place in {@code [in, out]}. */
    private static void transpose(Parameter kernel, Move move) {
        int in = kernel.shape()[0];
        int out = kernel.shape()[1];
        for (int row = 0; row < out; row++) {
            for (int column = 0; column < in; column++) {
                move.element(row * in + column, column * out + row);
            }
        }
    }
}
