package dev.softpick.model.safetensors;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The JSON object in front of a file's data: an object of tensors whose keys are {@code dtype}, {@code shape} and
 * {@code data_offsets}, and one of strings, {@code __metadata__}, which may be null. A tensor may have other keys,
 * whose values are checked for form and left alone. Every rule that does not need the data is checked.
 *
 * <p>No lambda, no stream, no reflection: in a new JVM their first use costs more time than reading a whole model.
 */
final class Header {

    /** The reference implementation's limit. */
    static final int MOST_BYTES = 100_000_000;

    /** NumPy's limit for long; tensors of higher rank do not occur. */
    static final int MOST_AXES = 32;

    /**
     * An entry of 50 bytes takes 200 in memory, a metadata string of 9 takes 100: without limits, the longest header
     * would take gigabytes. Large models are split into files of far fewer.
     */
    static final int MOST_TENSORS = 100_000;

    static final int MOST_STRINGS = 10_000;

    /** Keys of one tensor that are not the format's: kept until its end, so that one that stands twice is found. */
    static final int MOST_OTHER_KEYS = 10_000;

    private static final DType[] TYPES = DType.values();

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final JsonCursor json;
    private final long dataLength;

    /** Parses the header's text. */
    Header(byte[] text) throws SafetensorsException {
        json = new JsonCursor(text);
        if (!json.next('{')) {
            throw new SafetensorsException("the header does not begin with '{'");
        }
        checkUtf8(text);
        boolean metadataSeen = false;
        json.open('{');
        while (json.more('}')) {
            String name = json.key();
            if (!name.equals(Names.METADATA)) {
                entry(name);
            } else if (metadataSeen) {
                throw json.bad(Names.METADATA + " stands twice");
            } else {
                metadataSeen = true;
                strings();
            }
        }
        json.end();
        dataLength = layout();
    }

    /** In the file's order. */
    Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** In the file's order. */
    Map<String, TensorInfo> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** What the tensors take, and so what must stand behind the header. */
    long dataLength() {
        return dataLength;
    }

    /** Decodes into a scrap of memory, because {@code new String} takes malformed bytes without a word. */
    private static void checkUtf8(byte[] text) throws SafetensorsException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(text);
        CharBuffer scrap = CharBuffer.allocate(Math.min(text.length, 4096));
        CoderResult result;
        do {
            result = decoder.decode(bytes, scrap.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw new SafetensorsException("the header is not UTF-8 (byte " + bytes.position() + " of the header)");
        }
    }

    private void strings() throws SafetensorsException {
        if (json.isNull()) {
            return;
        }
        json.open('{');
        while (json.more('}')) {
            if (metadata.size() == MOST_STRINGS) {
                throw json.bad("the metadata has more than " + MOST_STRINGS + " strings");
            }
            String key = json.key();
            if (metadata.put(key, json.string()) != null) {
                throw json.bad("metadata key " + Names.quoted(key) + " stands twice");
            }
        }
    }

    private void entry(String name) throws SafetensorsException {
        if (!Names.allowed(name)) {
            throw json.bad("tensor name " + Names.quoted(name) + " is empty or has a control character");
        }
        if (tensors.size() == MOST_TENSORS) {
            throw json.bad("more than " + MOST_TENSORS + " tensors");
        }
        DType dtype = null;
        long[] shape = null;
        long[] offsets = null;
        Set<String> others = null;
        json.open('{');
        while (json.more('}')) {
            String key = json.key();
            boolean again;
            switch (key) {
                case "dtype" -> {
                    again = dtype != null;
                    dtype = dtype(name);
                }
                case "shape" -> {
                    again = shape != null;
                    shape = json.numbers(MOST_AXES);
                }
                case "data_offsets" -> {
                    again = offsets != null;
                    offsets = json.numbers(2);
                }
                default -> {
                    others = others == null ? new HashSet<>() : others;
                    again = !others.add(key);
                    if (others.size() > MOST_OTHER_KEYS) {
                        throw json.bad("tensor " + Names.quoted(name) + " has more than " + MOST_OTHER_KEYS
                                + " keys besides dtype, shape and data_offsets");
                    }
                    json.skip();
                }
            }
            if (again) {
                throw json.bad("tensor " + Names.quoted(name) + " has " + shown(key) + " twice");
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw json.bad("tensor " + Names.quoted(name) + " lacks "
                    + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        }
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw json.bad("tensor " + Names.quoted(name) + " has data_offsets " + Arrays.toString(offsets)
                    + "; allowed are [begin, end], begin not above end");
        }
        checkSize(name, dtype, shape, offsets[1] - offsets[0]);
        if (tensors.put(name, new TensorInfo(name, dtype, boxed(shape), offsets[0], offsets[1])) != null) {
            throw json.bad("tensor " + Names.quoted(name) + " stands twice");
        }
    }

    private static String shown(String key) {
        return switch (key) {
            case "dtype", "shape", "data_offsets" -> key;
            default -> "key " + Names.quoted(key);
        };
    }

    private DType dtype(String name) throws SafetensorsException {
        String value = json.string();
        // not valueOf, which is reflection, and that starts the machinery of method handles
        for (DType dtype : TYPES) {
            if (dtype.name().equals(value)) {
                return dtype;
            }
        }
        throw json.bad("tensor " + Names.quoted(name) + " has unknown dtype " + Names.quoted(value)
                + "; allowed are " + Arrays.toString(TYPES));
    }

    private void checkSize(String name, DType dtype, long[] shape, long bytes) throws SafetensorsException {
        long bits = bits(dtype, shape);
        if (bits < 0) {
            throw json.bad("tensor " + Names.quoted(name) + " of shape " + Arrays.toString(shape) + " is too large");
        }
        if (bits % 8 != 0 || bits / 8 != bytes) {
            throw json.bad("tensor " + Names.quoted(name) + " of type " + dtype + " and shape "
                    + Arrays.toString(shape) + " has " + bytes + " bytes; it needs " + bits / 8
                    + (bits % 8 == 0 ? "" : " and a part of one"));
        }
    }

    /** The number of bits, or -1 where it does not fit a long. */
    static long bits(DType dtype, long[] shape) {
        try {
            long elements = 1;
            for (long size : shape) {
                elements = Math.multiplyExact(elements, size);
            }
            return Math.multiplyExact(elements, dtype.bits());
        } catch (ArithmeticException overflow) {
            return -1;
        }
    }

    private static List<Long> boxed(long[] shape) {
        Long[] sizes = new Long[shape.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = shape[i];
        }
        return List.of(sizes);
    }

    /** Sorted by offset, the tensors stand without holes and without overlap from 0 to the end, which is returned. */
    private long layout() throws SafetensorsException {
        TensorInfo[] sorted = tensors.values().toArray(new TensorInfo[0]);
        Arrays.sort(sorted, new ByOffset());
        long end = 0;
        for (TensorInfo tensor : sorted) {
            if (tensor.begin() != end) {
                throw new SafetensorsException("tensor " + Names.quoted(tensor.name()) + " begins at byte "
                        + tensor.begin() + " of the data; the one before it ends at " + end);
            }
            end = tensor.end();
        }
        return end;
    }

    private static final class ByOffset implements Comparator<TensorInfo> {
        @Override
        public int compare(TensorInfo a, TensorInfo b) {
            int byBegin = Long.compare(a.begin(), b.begin());
            return byBegin != 0 ? byBegin : Long.compare(a.end(), b.end());
        }
    }
}
