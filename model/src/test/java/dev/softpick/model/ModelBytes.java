package dev.softpick.model;

import dev.softpick.model.safetensors.DType;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A model file under construction, in any element type, so that tests can spoil it in one place. */
final class ModelBytes {

    private record Entry(DType dtype, int[] shape, double[] values) {}

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> tensors = new LinkedHashMap<>();
    private int alignment = 8;

    private ModelBytes() {}

    /** A model of random weights that every element type holds exactly; no options beyond those a loader needs. */
    static ModelBytes of(SoftpickConfig config, int classes) {
        ModelBytes file = new ModelBytes();
        file.metadata.put("num_heads", Integer.toString(config.numHeads()));
        file.metadata.put("normalizer", config.normalizer().id());
        Random random = new Random(11);
        Parameters.of(config, classes).forEach(parameter -> {
            String name = parameter.name();
            int[] shape = parameter.shape();
            double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (random.nextInt(255) - 127) / 256.0;
            }
            file.tensors.put(name, new Entry(DType.F32, shape, values));
        });
        return file;
    }

    ModelBytes metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    ModelBytes withoutMetadata(String key) {
        metadata.remove(key);
        return this;
    }

    ModelBytes without(String... names) {
        for (String name : names) {
            if (tensors.remove(name) == null) {
                throw new AssertionError(name);
            }
        }
        return this;
    }

    ModelBytes rename(String from, String to) {
        tensors.put(to, tensors.remove(from));
        return this;
    }

    /** Puts a tensor of zeros in, or in another's place. */
    ModelBytes zeros(String name, DType dtype, int... shape) {
        int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        tensors.put(name, new Entry(dtype, shape, new double[size]));
        return this;
    }

    /** Another shape: columns and rows are cut off, or zeros added behind. */
    ModelBytes resized(String name, int... shape) {
        Entry old = tensors.get(name);
        int columns = shape.length == 2 ? shape[1] : 1;
        int oldColumns = shape.length == 2 ? old.shape[1] : 1;
        double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            int at = i / columns * oldColumns + i % columns;
            values[i] = i % columns < oldColumns && at < old.values.length ? old.values[at] : 0;
        }
        tensors.put(name, new Entry(old.dtype, shape, values));
        return this;
    }

    ModelBytes value(String name, int index, double value) {
        tensors.get(name).values[index] = value;
        return this;
    }

    /** Every tensor in another element type. */
    ModelBytes as(DType dtype) {
        tensors.replaceAll((name, entry) -> new Entry(dtype, entry.shape, entry.values));
        return this;
    }

    /** One tensor in another element type. */
    ModelBytes as(String name, DType dtype) {
        Entry old = tensors.get(name);
        tensors.put(name, new Entry(dtype, old.shape, old.values));
        return this;
    }

    /** Every kernel that int8 models keep so. */
    ModelBytes int8(SoftpickConfig config, int classes) {
        for (Parameter parameter : Parameters.of(config, classes)) {
            if (parameter.isRounded()) {
                int8(parameter.name(), parameter.shape()[1]);
            }
        }
        return this;
    }

    /** A kernel of bytes with a scale for each column. */
    private ModelBytes int8(String name, int columns) {
        Entry old = tensors.get(name);
        double[] bytes = new double[old.values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Math.rint(old.values[i] * 256);
        }
        tensors.put(name, new Entry(DType.I8, old.shape, bytes));
        double[] scale = new double[columns];
        for (int j = 0; j < columns; j++) {
            scale[j] = (1 + j % 5) / 1024.0;
        }
        tensors.put(name + "_scale", new Entry(DType.F32, new int[] {columns}, scale));
        return this;
    }

    /** A matrix turned, with its shape. */
    ModelBytes transposed(String name) {
        Entry old = tensors.get(name);
        int in = old.shape[0];
        int out = old.shape[1];
        double[] values = new double[in * out];
        for (int i = 0; i < values.length; i++) {
            values[i % out * in + i / out] = old.values[i];
        }
        tensors.put(name, new Entry(old.dtype, new int[] {out, in}, values));
        return this;
    }

    /** A header whose data begins at this remainder of eight. */
    ModelBytes dataAt(int remainder) {
        alignment = remainder;
        return this;
    }

    byte[] bytes() {
        List<String> members = new ArrayList<>();
        List<String> strings = new ArrayList<>();
        metadata.forEach((key, value) -> strings.add("\"" + key + "\":\"" + value + "\""));
        members.add("\"__metadata__\":{" + String.join(",", strings) + "}");
        int end = 0;
        for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
            Entry entry = tensor.getValue();
            int begin = end;
            end += entry.values.length * entry.dtype.bits() / 8;
            members.add("\"" + tensor.getKey() + "\":{\"dtype\":\"" + entry.dtype + "\",\"shape\":"
                    + Arrays.toString(entry.shape) + ",\"data_offsets\":[" + begin + "," + end + "]}");
        }
        StringBuilder header = new StringBuilder("{" + String.join(",", members) + "}");
        while (header.toString().getBytes(StandardCharsets.UTF_8).length % 8 != alignment % 8) {
            header.append(' ');
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + end).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text);
        tensors.values().forEach(entry -> put(entry, file));
        return file.array();
    }

    private static void put(Entry entry, ByteBuffer file) {
        for (double value : entry.values) {
            switch (entry.dtype) {
                case F64 -> file.putDouble(value);
                case F32 -> file.putFloat((float) value);
                case F16 -> file.putShort(Float.floatToFloat16((float) value));
                case BF16 -> file.putShort((short) (Float.floatToRawIntBits((float) value) >>> 16));
                case I64 -> file.putLong((long) value);
                case U32 -> file.putInt((int) value);
                case I8, U8, F8_E4M3 -> file.put((byte) value);
                default -> throw new AssertionError(entry.dtype);
            }
        }
    }
}
