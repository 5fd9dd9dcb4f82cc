package dev.softpick.cli.report;

import dev.softpick.cli.io.Bundled;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.SafetensorsWriter;
import dev.softpick.model.safetensors.TensorInfo;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What is left of a bundled model when its kernels are rounded, column by column, to fewer and fewer bits a weight; the
 * arithmetic stays that of floats, and so do biases, norms and the classifier. 8 bits are what int8 weights are.
 *
 * @param metric {@code accuracy} or {@code r2}
 * @param unrounded the metric of the model as it is
 */
record Rounding(String data, String normalizer, String metric, double unrounded, List<Point> points) {

    /**
     * One width.
     *
     * @param bits of a weight
     * @param error {@code √(Σ(y − y₀)² / Σ y₀²)} of the logits
     * @param worst {@code max|y − y₀|}
     */
    record Point(int bits, double value, double error, double worst) {}

    private static final String KERNEL = ".kernel";
    private static final String CLASSIFIER = "classifier.";

    static Rounding measure(TrainedModel.TestSet test, Normalizer normalizer, List<Integer> widths) throws IOException {
        SafetensorsFile file;
        try (InputStream in = Bundled.open(test.data() + "-" + normalizer.id() + ".safetensors")) {
            file = SafetensorsFile.read(in);
        }
        float[] exact = logits(file, 0, test);
        List<Point> points = new ArrayList<>();
        for (int bits : widths) {
            float[] rounded = logits(file, bits, test);
            double squares = 0;
            double of = 0;
            double worst = 0;
            for (int i = 0; i < exact.length; i++) {
                double difference = (double) rounded[i] - exact[i];
                squares += difference * difference;
                of += (double) exact[i] * exact[i];
                worst = Math.max(worst, Math.abs(difference));
            }
            points.add(new Point(bits, test.quality(rounded), Math.sqrt(squares / of), worst));
        }
        return new Rounding(test.data(), normalizer.id(), test.metric(), test.quality(exact), points);
    }

    /** Of the model with its kernels at so many bits; 0 leaves them. */
    private static float[] logits(SafetensorsFile file, int bits, TrainedModel.TestSet test) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        file.metadata().forEach(writer::metadata);
        for (TensorInfo tensor : file.tensors().values()) {
            if (tensor.dtype() != DType.F32) {
                continue;
            }
            float[] values = file.floats(tensor.name());
            long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
            if (bits > 0 && tensor.name().endsWith(KERNEL) && !tensor.name().startsWith(CLASSIFIER)) {
                round(values, (int) shape[1], bits);
            }
            writer.floats(tensor.name(), values, shape);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.write(bytes);
        SoftpickTransformer model = SoftpickTransformer.load(new ByteArrayInputStream(bytes.toByteArray()));
        return model.logits(test.input()).values();
    }

    /**
     * {@code s_j = max_k |w_kj| / L}, {@code w_kj = clamp(rint(w_kj / s_j), −L, L) · s_j},
     * {@code L = 2^(bits−1) − 1}.
     */
    static void round(float[] kernel, int columns, int bits) {
        int levels = (1 << bits - 1) - 1;
        for (int column = 0; column < columns; column++) {
            float largest = 0;
            for (int i = column; i < kernel.length; i += columns) {
                largest = Math.max(largest, Math.abs(kernel[i]));
            }
            float scale = largest / levels;
            for (int i = column; i < kernel.length && scale > 0; i += columns) {
                kernel[i] = (float) Math.clamp(Math.rint((double) kernel[i] / scale), -levels, levels) * scale;
            }
        }
    }
}
