package dev.softpick.cli.io;

import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sequences and labels of a safetensors file: the tensors {@code input} and {@code label}. */
public final class SafetensorsInput {

    private static final String BUNDLED = "digits-test.safetensors";
    private static final String INPUT = "input";
    private static final String LABEL = "label";

    private SafetensorsInput() {}

    static Sequences open(Path file) throws IOException {
        return sequences(SafetensorsFile.read(file), file);
    }

    /** 360 images of handwritten digits with their labels. */
    public static Sequences bundled() throws IOException {
        try (InputStream in = Bundled.open(BUNDLED)) {
            return sequences(SafetensorsFile.read(in), Path.of(BUNDLED));
        }
    }

    private static Sequences sequences(SafetensorsFile content, Path file) throws IOException {
        TensorInfo input = content.tensors().get(INPUT);
        if (input == null) {
            throw new IOException(file + " has no tensor named input");
        }
        BatchShape shape = BatchShape.of(file, sizes(input));
        if (!input.dtype().isFloat()) {
            throw new IOException(file + ": the tensor input has type " + input.dtype()
                    + "; allowed are F32, F64, F16 and BF16");
        }
        float[] values = content.floats(INPUT);
        if (input.dtype() == DType.F64) {
            checkRange(content.doubles(INPUT), values, file);
        }
        return new Sequences.InMemory(file.toString(), shape, values, labels(content, shape));
    }

    private static void checkRange(double[] wide, float[] values, Path file) throws IOException {
        for (int i = 0; i < values.length; i++) {
            if (Float.isInfinite(values[i]) && !Double.isInfinite(wide[i])) {
                throw new IOException(file + ": value " + i + " of the tensor input is " + wide[i]
                        + ", which no float32 can hold");
            }
        }
    }

    private static @Nullable Labels labels(SafetensorsFile content, BatchShape shape) throws IOException {
        TensorInfo label = content.tensors().get(LABEL);
        if (label == null) {
            return null;
        }
        long[] sizes = sizes(label);
        boolean perSequence = sizes.length == 1 || sizes.length == 2 && sizes[1] > 0;
        if (!perSequence || sizes[0] != shape.batch()) {
            return new Labels.Unusable("the tensor label has shape " + label.shape() + "; it would be scored as ["
                    + shape.batch() + "] or [" + shape.batch() + ", outputs]");
        }
        int outputs = sizes.length == 1 ? 1 : (int) sizes[1];
        if (label.dtype().isInteger() && outputs == 1) {
            return new Labels.Classes(content.longs(LABEL));
        }
        if (!label.dtype().isFloat()) {
            return new Labels.Unusable("the tensor label has type " + label.dtype() + " and shape " + label.shape()
                    + "; it would be scored as integers, one a sequence, or as floats");
        }
        return new Labels.Numbers(doubles(content, label), outputs);
    }

    private static double[] doubles(SafetensorsFile content, TensorInfo tensor) throws IOException {
        if (tensor.dtype() == DType.F64) {
            return content.doubles(tensor.name());
        }
        float[] narrow = content.floats(tensor.name());
        double[] values = new double[narrow.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = narrow[i];
        }
        return values;
    }

    private static long[] sizes(TensorInfo tensor) {
        List<Long> shape = tensor.shape();
        long[] sizes = new long[shape.size()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = shape.get(i);
        }
        return sizes;
    }
}
