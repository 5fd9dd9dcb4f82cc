package dev.softpick.model.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects tensors and writes them as a safetensors file: the header padded with spaces to a multiple of eight bytes,
 * the data little-endian in the order of the calls. Not thread-safe.
 */
public final class SafetensorsWriter {

    private static final int CHUNK_BYTES = 1 << 16;

    private record Entry(String name, DType dtype, long[] shape, Object values) {}

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** A writer without tensors. */
    public SafetensorsWriter() {}

    /** Adds a string to {@code __metadata__}; a later value takes the place of an earlier one. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds an F32 tensor.
     *
     * @throws IllegalArgumentException if the name is empty, taken or has a control character, or the sizes do not fit
     */
    public SafetensorsWriter floats(String name, float[] values, long... shape) {
        return add(name, DType.F32, values, values.length, shape);
    }

    /** Adds an F64 tensor; otherwise as {@link #floats}. */
    public SafetensorsWriter doubles(String name, double[] values, long... shape) {
        return add(name, DType.F64, values, values.length, shape);
    }

    /** Adds an I64 tensor; otherwise as {@link #floats}. */
    public SafetensorsWriter longs(String name, long[] values, long... shape) {
        return add(name, DType.I64, values, values.length, shape);
    }

    private SafetensorsWriter add(String name, DType dtype, Object values, int length, long[] shape) {
        if (name.isEmpty() || name.equals("__metadata__") || name.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw new IllegalArgumentException("name is '" + Header.printable(name)
                    + "'; allowed is any text but __metadata__, without control characters");
        }
        long size = 1;
        for (long n : shape) {
            if (n < 0) {
                throw new IllegalArgumentException("tensor '" + name + "' has a size of " + n + "; allowed is 0 or more");
            }
            size = Math.multiplyExact(size, n);
        }
        if (size != length) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' has " + length + " values; its shape needs " + size);
        }
        if (entries.putIfAbsent(name, new Entry(name, dtype, shape.clone(), values)) != null) {
            throw new IllegalArgumentException("tensor '" + name + "' was added before");
        }
        return this;
    }

    /**
     * Writes the file beside its place and renames it, so a failure leaves what was there.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        Path beside = target.resolveSibling("." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".part");
        try {
            try (OutputStream out = Files.newOutputStream(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                write(out);
            }
            Files.move(beside, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** Writes to a stream, which is not closed. */
    public void write(OutputStream out) throws IOException {
        byte[] header = header().getBytes(StandardCharsets.UTF_8);
        int padding = (8 - header.length % 8) % 8;
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.write(buffer.putLong(header.length + padding).array(), 0, 8);
        out.write(header);
        out.write(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
        for (Entry entry : entries.values()) {
            write(entry.values, buffer, out);
        }
    }

    private static void write(Object values, ByteBuffer buffer, OutputStream out) throws IOException {
        int length = java.lang.reflect.Array.getLength(values);
        int step = CHUNK_BYTES / 8;
        for (int i = 0; i < length; i += step) {
            int n = Math.min(step, length - i);
            buffer.clear();
            int bytes = switch (values) {
                case float[] floats -> {
                    buffer.asFloatBuffer().put(floats, i, n);
                    yield 4 * n;
                }
                case double[] doubles -> {
                    buffer.asDoubleBuffer().put(doubles, i, n);
                    yield 8 * n;
                }
                default -> {
                    buffer.asLongBuffer().put((long[]) values, i, n);
                    yield 8 * n;
                }
            };
            out.write(buffer.array(), 0, bytes);
        }
    }

    private String header() {
        List<String> members = new ArrayList<>();
        if (!metadata.isEmpty()) {
            List<String> strings = new ArrayList<>();
            metadata.forEach((key, value) -> strings.add(quoted(key) + ":" + quoted(value)));
            members.add("\"__metadata__\":{" + String.join(",", strings) + "}");
        }
        long begin = 0;
        for (Entry entry : entries.values()) {
            List<String> sizes = new ArrayList<>();
            long elements = 1;
            for (long n : entry.shape) {
                sizes.add(Long.toString(n));
                elements *= n;
            }
            long end = begin + elements * entry.dtype.bits() / 8;
            members.add(quoted(entry.name) + ":{\"dtype\":\"" + entry.dtype + "\",\"shape\":["
                    + String.join(",", sizes) + "],\"data_offsets\":[" + begin + "," + end + "]}");
            begin = end;
        }
        return "{" + String.join(",", members) + "}";
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
