package dev.softpick.model.file;

import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.SafetensorsWriter;
import dev.softpick.model.safetensors.TensorInfo;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a safetensors file with Edifice's parameter names into a model, and back. Without a lambda on the way: a young JVM
 * takes milliseconds for each.
 */
public final class ModelFile implements Parameters.Values {

    private static final String BLOCK = "softpick_block_";
    private static final int MOST_DIGITS = 6;

    /** Foreign names that look like the model's own: dropout keys of a state saved in training. */
    private static final String DROPOUT_KEY = ".key";

    private static final int CHECKED_AT_ONCE = 256;

    private final SafetensorsFile file;
    private final LoadOptions options;
    private float[] matrix = {};

    /** What a file says: options, weights and all metadata, which is unmodifiable. */
    public record Loaded(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {}

    private ModelFile(SafetensorsFile file, LoadOptions options) {
        this.file = file;
        this.options = options;
    }

    /** Reads a file. */
    public static Loaded load(Path path, LoadOptions options) throws IOException {
        SafetensorsFile file;
        try {
            file = SafetensorsFile.read(path);
        } catch (SafetensorsException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
        try (file) {
            return new ModelFile(file, options).load();
        } catch (ModelFormatException e) {
            throw new ModelFormatException(path + ": " + e.getMessage(), e);
        }
    }

    /** Reads the bytes of one. */
    public static Loaded load(byte[] bytes, LoadOptions options) throws IOException {
        try {
            return new ModelFile(SafetensorsFile.read(bytes), options).load();
        } catch (SafetensorsException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
    }

    /** Reads a stream to its end. */
    public static Loaded load(InputStream stream, LoadOptions options) throws IOException {
        try {
            return new ModelFile(SafetensorsFile.read(stream), options).load();
        } catch (SafetensorsException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
    }

    private Loaded load() throws ModelFormatException {
        SoftpickConfig config = checkedConfig();
        int classes = classes();
        List<Parameter> parameters = Parameters.of(config, classes);
        checkPresent(parameters);
        checkNothingLeftOver(parameters);
        ModelWeights weights = Parameters.build(config, classes, this);
        return new Loaded(config, weights, Collections.unmodifiableMap(new LinkedHashMap<>(file.metadata())));
    }

    /** An option that the library refuses is a fault of the file. */
    private SoftpickConfig checkedConfig() throws ModelFormatException {
        try {
            return config();
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
    }

    /** The options: metadata first, sizes that shapes tell checked against it, the caller's options over both. */
    private SoftpickConfig config() throws ModelFormatException {
        Map<String, String> metadata = file.metadata();
        int layers = layersByNames();
        int hidden = sizeOf(Part.block(1) + "_attn_norm.gamma", 0);
        TensorInfo projection = find("input_projection.kernel");
        int embed = projection == null ? hidden : sizeOf("input_projection.kernel", 0);
        agree("num_layers", layers);
        agree("hidden_size", hidden);
        agree("embed_dim", embed);
        SoftpickConfig.Builder builder = SoftpickConfig.builder().embedDim(embed).hiddenSize(hidden).numLayers(layers);
        if (projection != null && sizeOf("input_projection.kernel", 1) != hidden) {
            throw new ModelFormatException("tensor '" + projection.name() + "' has shape " + projection.shape()
                    + "; an input projection leads to the hidden size, " + hidden);
        }
        if (projection != null && embed == hidden) {
            throw new ModelFormatException("input_projection.kernel is [" + embed + ", " + hidden
                    + "]; a model whose frames have the hidden size has no input projection");
        }

        if (options.numHeads() != null) {
            builder.numHeads(options.numHeads());
        } else if (metadata.containsKey("num_heads")) {
            builder.numHeads(integer("num_heads"));
        } else {
            throw new ModelFormatException("the file does not say num_heads, and shapes cannot tell it;"
                    + " give it with LoadOptions.numHeads or --num-heads");
        }
        if (options.normalizer() != null) {
            builder.normalizer(options.normalizer());
        } else if (metadata.containsKey("normalizer")) {
            builder.normalizer(Normalizer.fromId(metadata.get("normalizer")));
        } else {
            throw new ModelFormatException("the file does not say its normalizer, and shapes cannot tell it;"
                    + " give it with LoadOptions.normalizer or --normalizer"
                    + " (softpick, softmax, ssmax, rectified_softpick)");
        }
        if (options.outputMode() != null) {
            builder.outputMode(options.outputMode());
        } else if (metadata.containsKey("output_mode")) {
            builder.outputMode(OutputMode.fromId(metadata.get("output_mode")));
        }
        if (metadata.containsKey("window_size")) {
            builder.windowSize(integer("window_size"));
        }
        if (metadata.containsKey("dropout")) {
            String dropout = metadata.get("dropout");
            try {
                builder.dropout(Float.parseFloat(dropout));
            } catch (NumberFormatException e) {
                throw new ModelFormatException("metadata dropout is '" + dropout + "'; allowed is a number");
            }
        }
        String finalNorm = metadata.getOrDefault("final_norm", "true");
        if (!finalNorm.equals("true") && !finalNorm.equals("false")) {
            throw new ModelFormatException("metadata final_norm is '" + finalNorm + "'; allowed are true and false");
        }
        builder.finalNorm(finalNorm.equals("true"));
        return builder.build();
    }

    /** The highest block that any parameter names; with a mapping, the last that has an attention norm. */
    private int layersByNames() throws ModelFormatException {
        int layers = 0;
        while (find(Part.block(layers + 1) + "_attn_norm.gamma") != null) {
            layers++;
        }
        for (String name : file.tensors().keySet()) {
            if (!name.endsWith(DROPOUT_KEY) && !file.metadata().containsKey("num_layers")) {
                layers = Math.max(layers, blockOf(name));
            }
        }
        if (layers == 0) {
            throw new ModelFormatException("there is no tensor '" + Part.block(1)
                    + "_attn_norm.gamma'; a model has one block at least, under Edifice's names or a mapping");
        }
        if (!file.metadata().containsKey("num_layers")) {
            if (layers > file.tensors().size()) {
                throw new ModelFormatException("a tensor's name speaks of block " + layers + "; the file has "
                        + file.tensors().size() + " tensors");
            }
            return layers;
        }
        int told = integer("num_layers");
        if (told < 1 || told > file.tensors().size()) {
            throw new ModelFormatException("metadata num_layers is " + told + "; the file has blocks 1 to " + layers);
        }
        return told;
    }

    /** The number in {@code softpick_block_<number>_…}, of up to six digits, without a leading zero; −1 in other names. */
    private static int blockOf(String name) {
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

    private int integer(String key) throws ModelFormatException {
        String value = file.metadata().get(key);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new ModelFormatException("metadata " + key + " is '" + value + "'; allowed is a whole number");
        }
    }

    private void agree(String key, int size) throws ModelFormatException {
        if (file.metadata().containsKey(key) && integer(key) != size) {
            throw new ModelFormatException(
                    "metadata " + key + " is " + file.metadata().get(key) + "; the tensors' shapes say " + size);
        }
    }

    private TensorInfo find(String name) {
        LoadOptions.Source source = options.names().apply(name);
        return source == null ? null : file.tensors().get(source.name());
    }

    /** A size that the shape of a parameter tells. */
    private int sizeOf(String name, int axis) throws ModelFormatException {
        TensorInfo tensor = find(name);
        boolean matrix = name.endsWith(".kernel");
        if (tensor == null || tensor.shape().size() != (matrix ? 2 : 1)) {
            throw new ModelFormatException("tensor '" + name + "' "
                    + (tensor == null ? "is missing" : "has shape " + tensor.shape() + "; it must have rank "
                            + (matrix ? 2 : 1)));
        }
        int at = matrix && options.names().apply(name).transposed() ? 1 - axis : axis;
        long size = tensor.shape().get(at);
        if (size < 1 || size > Integer.MAX_VALUE) {
            throw new ModelFormatException("tensor '" + name + "' has shape " + tensor.shape()
                    + "; every size must be 1 or more");
        }
        return (int) size;
    }

    private int classes() throws ModelFormatException {
        return find("classifier.kernel") == null && find("classifier.bias") == null
                ? 0
                : sizeOf("classifier.kernel", 1);
    }

    private void checkPresent(List<Parameter> parameters) throws ModelFormatException {
        List<String> missing = new ArrayList<>();
        for (Parameter parameter : parameters) {
            TensorInfo tensor = find(parameter.name());
            if (tensor == null) {
                missing.add(parameter.name());
                continue;
            }
            int[] shape = parameter.shape();
            if (shape.length == 2 && options.names().apply(parameter.name()).transposed()) {
                shape = new int[] {shape[1], shape[0]};
            }
            if (!tensor.hasShape(shape)) {
                throw new ModelFormatException("tensor '" + tensor.name() + "' has shape " + tensor.shape()
                        + "; this model needs " + Arrays.toString(shape));
            }
        }
        if (!missing.isEmpty()) {
            throw new ModelFormatException("missing tensors: " + String.join(", ", missing));
        }
    }

    /** A tensor under one of the model's own name patterns must have a place in it. */
    private void checkNothingLeftOver(List<Parameter> parameters) throws ModelFormatException {
        Set<String> used = new HashSet<>();
        for (Parameter parameter : parameters) {
            used.add(options.names().apply(parameter.name()).name());
        }
        for (String name : file.tensors().keySet()) {
            if (used.contains(name)) {
                continue;
            }
            boolean own = blockOf(name) >= 0 || name.startsWith("input_projection.")
                    || name.startsWith("final_norm.") || name.startsWith("classifier.");
            if (own && !name.endsWith(DROPOUT_KEY)) {
                throw new ModelFormatException("tensor '" + name + "' has no place in this model ("
                        + "its name is one of a model's own, but the options leave no room for it)");
            }
        }
    }

    @Override
    public float[] get(Parameter parameter) throws ModelFormatException {
        LoadOptions.Source source = options.names().apply(parameter.name());
        int size = parameter.size();
        float[] values = parameter.isKernel() ? matrix(size) : new float[size];
        try {
            file.floats(source.name(), values);
        } catch (SafetensorsException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
        if (!options.allowNonFinite() && !allFinite(values, size)) {
            int i = 0;
            while (Float.isFinite(values[i])) {
                i++;
            }
            throw new ModelFormatException("tensor '" + source.name() + "' has " + values[i] + " at index " + i
                    + "; weights must be finite, unless LoadOptions.allowNonFinite or --allow-non-finite");
        }
        return source.transposed() && parameter.isKernel()
                ? transposed(values, parameter.shape()[0], parameter.shape()[1])
                : values;
    }

    /** One array for all matrices, which are packed one by one: it stays in the cache, and memory is touched once. */
    private float[] matrix(int size) {
        if (matrix.length < size) {
            matrix = new float[size];
        }
        return matrix;
    }

    /** In pieces: a young JVM counts calls until it compiles, so that most of the first model is checked at speed. */
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

    /** {@code [in, out]} from {@code [out, in]}. */
    private static float[] transposed(float[] values, int in, int out) {
        float[] kernel = new float[in * out];
        for (int row = 0; row < out; row++) {
            for (int column = 0; column < in; column++) {
                kernel[column * out + row] = values[row * in + column];
            }
        }
        return kernel;
    }

    /** The model as a file that is yet to be written. */
    public static SafetensorsWriter writer(Loaded model) {
        SafetensorsWriter writer = new SafetensorsWriter();
        model.metadata().forEach(writer::metadata);
        SoftpickConfig config = model.config();
        writer.metadata("embed_dim", Integer.toString(config.embedDim()));
        writer.metadata("hidden_size", Integer.toString(config.hiddenSize()));
        writer.metadata("num_heads", Integer.toString(config.numHeads()));
        writer.metadata("num_layers", Integer.toString(config.numLayers()));
        writer.metadata("window_size", Integer.toString(config.windowSize()));
        writer.metadata("dropout", Float.toString(config.dropout()));
        writer.metadata("normalizer", config.normalizer().id());
        writer.metadata("output_mode", config.outputMode().id());
        writer.metadata("final_norm", Boolean.toString(config.finalNorm()));
        for (Parameter parameter : Parameters.sorted(config, model.weights().classes())) {
            long[] shape = new long[parameter.shape().length];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = parameter.shape()[i];
            }
            writer.floats(parameter.name(), model.weights().values(parameter), shape);
        }
        return writer;
    }
}
