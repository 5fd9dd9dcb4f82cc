package dev.softpick.model.file;

import dev.softpick.model.ModelFormatException;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import dev.softpick.model.weights.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * In which format a file keeps the kernels: all BF16, or all I8 with a scale for each column, is a format of its own;
 * any other mixture of floats is float32.
 */
final class KernelTypes {

    /** The key that says it too. */
    static final String METADATA = "weight_format";

    private final WeightFormat format;

    KernelTypes(SafetensorsFile file, FileTensors tensors, List<Parameter> parameters) throws ModelFormatException {
        format = format(tensors, parameters);
        if (format == WeightFormat.INT8) {
            checkScales(tensors, parameters);
        }
        String told = file.metadata().get(METADATA);
        if (told != null && parsed(told) != format) {
            throw new ModelFormatException(
                    "metadata " + METADATA + " is " + told + "; the kernels' types say " + format.id());
        }
    }

    /** As the file has them. */
    WeightFormat format() {
        return format;
    }

    /** As the model is to have them. */
    WeightFormat format(@Nullable WeightFormat wanted) throws ModelFormatException {
        if (wanted == null || wanted == format) {
            return format;
        }
        if (format == WeightFormat.INT8) {
            throw new ModelFormatException("the file's weights are int8 and cannot be made " + wanted.id()
                    + "; take the file that they were rounded from");
        }
        return wanted;
    }

    /** The type of a kernel in a file. */
    static DType of(WeightFormat format) {
        return switch (format) {
            case FLOAT32 -> DType.F32;
            case BFLOAT16 -> DType.BF16;
            case INT8 -> DType.I8;
        };
    }

    private static WeightFormat parsed(String told) throws ModelFormatException {
        try {
            return WeightFormat.fromId(told);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException("metadata " + e.getMessage(), e);
        }
    }

    private static WeightFormat format(FileTensors tensors, List<Parameter> parameters) throws ModelFormatException {
        TensorInfo bytes = null;
        TensorInfo floats = null;
        boolean halves = true;
        for (Parameter parameter : parameters) {
            if (!parameter.isRounded()) {
                continue;
            }
            TensorInfo kernel = tensors.found(parameter.name());
            if (kernel.dtype() == DType.I8) {
                bytes = bytes == null ? kernel : bytes;
            } else if (kernel.dtype().isFloat()) {
                floats = floats == null ? kernel : floats;
                halves &= kernel.dtype() == DType.BF16;
            } else {
                throw new ModelFormatException("tensor '" + kernel.name() + "' has type " + kernel.dtype()
                        + ", which is not read as weights; allowed are F32, F64, F16, BF16, and I8 with a scale for"
                        + " each column in '" + parameter.scaleName() + "'");
            }
        }
        if (bytes != null && floats != null) {
            throw new ModelFormatException("tensor '" + bytes.name() + "' has type I8 and tensor '" + floats.name()
                    + "' has type " + floats.dtype() + "; kernels are all I8 or none is");
        }
        return bytes != null ? WeightFormat.INT8 : halves ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32;
    }

    private static void checkScales(FileTensors tensors, List<Parameter> parameters) throws ModelFormatException {
        List<String> missing = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (!parameter.isRounded()) {
                continue;
            }
            TensorInfo scale = tensors.find(parameter.scaleName());
            if (scale == null) {
                missing.add(parameter.scaleName());
                continue;
            }
            if (scale.dtype() != DType.F32) {
                throw new ModelFormatException(
                        "tensor '" + scale.name() + "' has type " + scale.dtype() + "; a scale has type F32");
            }
            if (!scale.hasShape(parameter.shape()[1])) {
                throw new ModelFormatException("tensor '" + scale.name() + "' has shape " + scale.shape()
                        + "; this model needs [" + parameter.shape()[1] + "], a scale for each column of the kernel");
            }
        }
        if (!missing.isEmpty()) {
            throw new ModelFormatException("missing tensors: " + String.join(", ", missing));
        }
    }
}
