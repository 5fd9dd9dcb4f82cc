package dev.softpick.model.file;

import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.SafetensorsWriter;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a safetensors file with Edifice's parameter names into a model, and back. Without a lambda on the way: a cold
 * JVM takes milliseconds for each.
 */
public final class ModelFile {

    /** What a file says: options, weights and all metadata, which is unmodifiable. */
    public record Loaded(SoftpickConfig config, ModelWeights weights, Map<String, String> metadata) {}

    private ModelFile() {}

    /** Reads a file. */
    public static Loaded load(Path path, LoadOptions options) throws IOException {
        SafetensorsFile file;
        try {
            file = SafetensorsFile.read(path);
        } catch (SafetensorsException e) {
            throw refused(e);
        }
        try (file) {
            return load(file, options);
        } catch (ModelFormatException e) {
            throw new ModelFormatException(path + ": " + e.getMessage(), e);
        }
    }

    /** Reads the bytes of one. */
    public static Loaded load(byte[] bytes, LoadOptions options) throws IOException {
        try {
            return load(SafetensorsFile.read(bytes), options);
        } catch (SafetensorsException e) {
            throw refused(e);
        }
    }

    /** Reads a stream to its end. */
    public static Loaded load(InputStream stream, LoadOptions options) throws IOException {
        try {
            return load(SafetensorsFile.read(stream), options);
        } catch (SafetensorsException e) {
            throw refused(e);
        }
    }

    private static Loaded load(SafetensorsFile file, LoadOptions options) throws ModelFormatException {
        FileTensors tensors = new FileTensors(file, options);
        SoftpickConfig config = new FileConfig(file, tensors, options).read();
        int classes = tensors.classes();
        List<Parameter> parameters = Parameters.of(config, classes);
        Set<Part> withoutBias = tensors.checkPresent(parameters);
        KernelTypes types = new KernelTypes(file, tensors, parameters);
        tensors.checkNothingLeftOver(parameters, types.format());
        try {
            config = config.toBuilder().weightFormat(types.format(options.weights())).build();
            ModelWeights weights = Parameters.build(config, classes, withoutBias, tensors);
            return new Loaded(config, weights, Collections.unmodifiableMap(new LinkedHashMap<>(file.metadata())));
        } catch (IllegalArgumentException e) {
            // too large, or a kernel that cannot be rounded
            throw refused(e);
        }
    }

    /** A fault of the file, whoever found it; one without a message tells its type at least. */
    static ModelFormatException refused(Exception why) {
        String message = why.getMessage();
        return new ModelFormatException(message == null ? why.toString() : message, why);
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
        // a float model's file stays as it was before there were others
        if (config.weightFormat() != WeightFormat.FLOAT32 || model.metadata().containsKey(KernelTypes.METADATA)) {
            writer.metadata(KernelTypes.METADATA, config.weightFormat().id());
        }
        for (Parameter parameter : Parameters.sorted(config, model.weights())) {
            long[] shape = new long[parameter.shape().length];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = parameter.shape()[i];
            }
            WeightFormat format = parameter.isRounded() ? config.weightFormat() : WeightFormat.FLOAT32;
            DType type = KernelTypes.of(format);
            writer.tensor(parameter.name(), type, values(model.weights(), parameter, format), shape);
            if (format == WeightFormat.INT8) {
                writer.floats(parameter.scaleName(), model.weights().int8(parameter).scale(), shape[1]);
            }
        }
        return writer;
    }

    /** Unpacked when their turn comes, so that the model is never in memory twice. */
    private static SafetensorsWriter.Values values(ModelWeights weights, Parameter parameter, WeightFormat format) {
        int size = parameter.size();
        return switch (format) {
            case FLOAT32 -> data -> data.floats(weights.values(parameter), 0, size);
            case BFLOAT16 -> data -> data.shorts(weights.bfloat16(parameter), 0, size);
            case INT8 -> data -> data.bytes(weights.int8(parameter).values(), 0, size);
        };
    }
}
