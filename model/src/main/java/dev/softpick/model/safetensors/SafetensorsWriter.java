package dev.softpick.model.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collects tensors and writes them as a safetensors file: the header in the order of the calls, padded with spaces to
 * a multiple of eight bytes; the data of wide elements before that of narrow ones, so that each is aligned to its size.
 * Every bit is kept, also those of NaNs. {@link SafetensorsFile} reads all that this writes.
 *
 * <p>Values come from arrays, or when their turn comes from {@link Values}, or from the caller, who writes them to a
 * {@link #stream}: then no more than a piece of them need be in memory. Arrays are not copied: what they hold when the
 * file is written counts. Not thread-safe.
 */
public final class SafetensorsWriter {

    /** Writes the values of one tensor, all of them, when their turn comes. */
    @FunctionalInterface
    public interface Values {
        /**
         * Writes them to the place where the stream is.
         *
         * @param data where it goes
         * @throws IOException if it cannot be written
         */
        void writeTo(SafetensorsStream data) throws IOException;
    }

    private record Entry(String name, DType dtype, long[] shape, long bytes, @Nullable Values values) {}

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** A writer without tensors. */
    public SafetensorsWriter() {}

    /**
     * Adds a string to {@code __metadata__}; a later value takes the place of an earlier one.
     *
     * @param key of the metadata
     * @param value its text
     * @return this writer
     * @throws IllegalArgumentException if a string has half a surrogate pair, or there are too many
     */
    public SafetensorsWriter metadata(String key, String value) {
        requireEncodable("a metadata key", key);
        requireEncodable("the value of metadata key " + Names.quoted(key), value);
        if (metadata.size() == Header.MOST_STRINGS && !metadata.containsKey(key)) {
            throw new IllegalArgumentException(
                    "there are " + Header.MOST_STRINGS + " metadata strings, which is the most");
        }
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds an F32 tensor.
     *
     * @param name any text but the empty one and {@code __metadata__}, without control characters
     * @param values in row-major order
     * @param shape sizes of 0 or more, 32 at most; none for a scalar
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or not allowed, or the sizes do not fit the values
     */
    public SafetensorsWriter floats(String name, float[] values, long... shape) {
        return add(name, DType.F32, values.length, data -> data.floats(values, 0, values.length), shape);
    }

    /**
     * Adds an F64 tensor; otherwise as {@link #floats}.
     *
     * @param name of the tensor
     * @param values the values
     * @param shape the sizes
     * @return this writer
     */
    public SafetensorsWriter doubles(String name, double[] values, long... shape) {
        return add(name, DType.F64, values.length, data -> data.doubles(values, 0, values.length), shape);
    }

    /**
     * Adds an I64 tensor; otherwise as {@link #floats}.
     *
     * @param name of the tensor
     * @param values the values
     * @param shape the sizes
     * @return this writer
     */
    public SafetensorsWriter longs(String name, long[] values, long... shape) {
        return add(name, DType.I64, values.length, data -> data.longs(values, 0, values.length), shape);
    }

    /**
     * Adds a tensor whose values are asked for when the file is written; otherwise as {@link #floats}.
     *
     * @param name of the tensor
     * @param dtype how the file holds them
     * @param values the values
     * @param shape the sizes
     * @return this writer
     */
    public SafetensorsWriter tensor(String name, DType dtype, Values values, long... shape) {
        return add(name, dtype, -1, Objects.requireNonNull(values, "values"), shape);
    }

    /**
     * Adds a tensor whose values the caller writes to a {@link #stream}; otherwise as {@link #floats}.
     *
     * @param name of the tensor
     * @param dtype how the file holds them
     * @param shape the sizes
     * @return this writer
     */
    public SafetensorsWriter tensor(String name, DType dtype, long... shape) {
        return add(name, dtype, -1, null, shape);
    }

    /** With the number of values, or -1 where the shape tells it. */
    private SafetensorsWriter add(String name, DType dtype, int length, @Nullable Values values, long[] shape) {
        requireEncodable("the name", name);
        String tensor = "tensor " + Names.quoted(name);
        if (!Names.allowed(name) || name.equals(Names.METADATA)) {
            throw new IllegalArgumentException("name is " + Names.quoted(name)
                    + "; allowed is any text but " + Names.METADATA + ", without control characters");
        }
        if (entries.containsKey(name)) {
            throw new IllegalArgumentException(tensor + " was added before");
        }
        if (entries.size() == Header.MOST_TENSORS) {
            throw new IllegalArgumentException("there are " + Header.MOST_TENSORS + " tensors, which is the most");
        }
        if (shape.length > Header.MOST_AXES) {
            throw new IllegalArgumentException(
                    tensor + " has " + shape.length + " axes; allowed are " + Header.MOST_AXES + " at most");
        }
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException(tensor + " has a size of " + size + "; allowed is 0 or more");
            }
        }
        long bits = Header.bits(dtype, shape);
        if (length < 0 && (bits < 0 || bits % 8 != 0)) {
            throw new IllegalArgumentException(tensor + " has shape " + Arrays.toString(shape) + "; a tensor of type "
                    + dtype + " has whole bytes, and fewer than 2^60");
        }
        if (length >= 0 && bits != (long) length * dtype.bits()) {
            throw new IllegalArgumentException(tensor + " has " + length + " values; its shape needs "
                    + (bits < 0 ? "more than a file can hold" : bits / dtype.bits()));
        }
        entries.put(name, new Entry(name, dtype, shape.clone(), bits / 8, values));
        return this;
    }

    private static void requireEncodable(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(Objects.requireNonNull(text, what))) {
            throw new IllegalArgumentException(
                    what + " is " + Names.quoted(text) + ", which has half a surrogate pair");
        }
    }

    /**
     * Writes the file beside its place and lets it take it, as {@link WholeFile} says: a failure leaves what was there.
     *
     * @param file to write
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        try (WholeFile whole = WholeFile.create(file)) {
            write(whole.out());
            whole.commit();
        }
    }

    /**
     * Writes to a stream, which is not closed.
     *
     * @param out the stream, which is not closed
     * @throws IllegalStateException if a tensor has no values
     * @throws IOException if it cannot be written
     */
    public void write(OutputStream out) throws IOException {
        for (String name : entries.keySet()) {
            values(name);
        }
        SafetensorsStream data = stream(out);
        for (TensorInfo next = data.next(); next != null; next = data.next()) {
            values(next.name()).writeTo(data);
            data.requirePast(next);
        }
    }

    /** What was added with a tensor. */
    private Values values(String name) {
        Entry entry = entries.get(name);
        if (entry == null || entry.values == null) {
            throw new IllegalStateException(
                    "tensor " + Names.quoted(name) + " has no values; write them to a stream()");
        }
        return entry.values;
    }

    /**
     * Writes the header, and gives the way for the values, which the caller writes; those that were added with their
     * tensor are not used.
     *
     * @param out the stream, which is not closed
     * @return what takes the data of one tensor after the other
     * @throws IOException if the header cannot be written
     */
    public SafetensorsStream stream(OutputStream out) throws IOException {
        List<TensorInfo> tensors = layout();
        byte[] header = header(tensors).getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(header, Math.ceilDiv(header.length, Long.BYTES) * Long.BYTES);
        Arrays.fill(padded, header.length, padded.length, (byte) ' ');
        if (padded.length > Header.MOST_BYTES) {
            throw new IOException(
                    "the header has " + padded.length + " bytes; allowed are " + Header.MOST_BYTES + " at most");
        }
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.write(length.putLong(padded.length).array());
        out.write(padded);
        return new SafetensorsStream(out, tensors);
    }

    /** The tensors in the order of their data. */
    private List<TensorInfo> layout() {
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingInt((Entry entry) -> -entry.dtype.bits()));
        List<TensorInfo> tensors = new ArrayList<>();
        long end = 0;
        for (Entry entry : sorted) {
            List<Long> shape = new ArrayList<>();
            for (long size : entry.shape) {
                shape.add(size);
            }
            long begin = end;
            end += entry.bytes;
            tensors.add(new TensorInfo(entry.name, entry.dtype, shape, begin, end));
        }
        return tensors;
    }

    /** In the order of the calls, with offsets in the order of the data. */
    private String header(List<TensorInfo> tensors) {
        Map<String, Long> begins = new HashMap<>();
        for (TensorInfo tensor : tensors) {
            begins.put(tensor.name(), tensor.begin());
        }
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            json.append('"').append(Names.METADATA).append("\":{");
            for (Map.Entry<String, String> string : metadata.entrySet()) {
                quote(string.getKey(), json);
                json.append(':');
                quote(string.getValue(), json);
                json.append(',');
            }
            json.setCharAt(json.length() - 1, '}');
            json.append(',');
        }
        for (Entry entry : entries.values()) {
            long begin = Objects.requireNonNull(begins.get(entry.name));
            quote(entry.name, json);
            json.append(":{\"dtype\":\"").append(entry.dtype)
                    .append("\",\"shape\":").append(Arrays.toString(entry.shape).replace(" ", ""))
                    .append(",\"data_offsets\":[").append(begin).append(',').append(begin + entry.bytes)
                    .append("]},");
        }
        if (json.length() > 1) {
            json.setLength(json.length() - 1);
        }
        return json.append('}').toString();
    }

    private static void quote(String text, StringBuilder json) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ') {
                json.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
                continue;
            }
            if (c == '"' || c == '\\') {
                json.append('\\');
            }
            json.append(c);
        }
        json.append('"');
    }
}
