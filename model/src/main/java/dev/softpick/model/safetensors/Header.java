package dev.softpick.model.safetensors;

import dev.softpick.model.ModelFormatException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON object in front of a file's data, read by a parser that knows only what the format allows: an object of
 * objects whose keys are {@code dtype}, {@code shape} and {@code data_offsets}, and one of strings, {@code __metadata__}.
 */
final class Header {

    /** The reference implementation's limit. */
    static final int LARGEST = 100_000_000;

    /** Far more than any model has; keeps the parsed header within a few times the size of its text. */
    private static final int MOST_TENSORS = 100_000;

    /** NumPy's limit; tensors of higher rank do not occur. */
    private static final int MOST_AXES = 32;

    final Map<String, String> metadata = new LinkedHashMap<>();
    final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    private final String text;
    private int at;
    private boolean metadataSeen;

    /** Parses {@code text}, behind which {@code dataLength} bytes of data stand. */
    Header(String text, long dataLength) throws ModelFormatException {
        this.text = text;
        if (text.isEmpty() || text.charAt(0) != '{') {
            throw bad("the header does not begin with '{'");
        }
        object(this::entry);
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        if (at < text.length()) {
            throw bad("something follows the header's last '}' that is not padding");
        }
        checkLayout(dataLength);
    }

    /** Sorted by offset, the tensors cover the data without holes and without overlap. */
    private void checkLayout(long dataLength) throws ModelFormatException {
        List<TensorInfo> sorted = new ArrayList<>(tensors.values());
        sorted.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        long end = 0;
        for (TensorInfo tensor : sorted) {
            if (tensor.begin() != end) {
                throw new ModelFormatException("tensor '" + tensor.name() + "' begins at byte " + tensor.begin()
                        + " of the data; the one before it ends at " + end);
            }
            end = tensor.end();
        }
        if (end != dataLength) {
            throw new ModelFormatException(
                    "the tensors take " + end + " bytes; the file has " + dataLength + " bytes of data");
        }
    }

    @FunctionalInterface
    private interface Member {
        void read(String key) throws ModelFormatException;
    }

    /** An object; {@code member} is called behind each key's colon. */
    private void object(Member member) throws ModelFormatException {
        expect('{');
        space();
        if (peek() == '}') {
            at++;
            return;
        }
        while (true) {
            space();
            String key = string();
            space();
            expect(':');
            space();
            member.read(key);
            space();
            if (peek() == ',') {
                at++;
            } else {
                expect('}');
                return;
            }
        }
    }

    private void entry(String name) throws ModelFormatException {
        if (name.equals("__metadata__")) {
            if (metadataSeen) {
                throw bad("__metadata__ stands twice");
            }
            metadataSeen = true;
            object(key -> {
                if (metadata.put(key, string()) != null) {
                    throw bad("metadata key '" + printable(key) + "' stands twice");
                }
            });
            return;
        }
        if (name.isEmpty() || name.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw bad("tensor name '" + printable(name) + "' is empty or has a control character");
        }
        if (tensors.size() == MOST_TENSORS) {
            throw bad("more than " + MOST_TENSORS + " tensors");
        }
        TensorInfo tensor = new Entry(name).read();
        if (tensors.put(name, tensor) != null) {
            throw bad("tensor '" + printable(name) + "' stands twice");
        }
    }

    /** The three members of one tensor. */
    private final class Entry {
        private final String name;
        private DType dtype;
        private List<Long> shape;
        private List<Long> offsets;

        Entry(String name) {
            this.name = name;
        }

        TensorInfo read() throws ModelFormatException {
            object(this::member);
            if (dtype == null || shape == null || offsets == null) {
                throw bad("tensor '" + name + "' lacks dtype, shape or data_offsets");
            }
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw bad("tensor '" + name + "' has data_offsets " + offsets + "; allowed are [begin, end]");
            }
            long bits = dtype.bits();
            try {
                for (long size : shape) {
                    bits = Math.multiplyExact(bits, size);
                }
            } catch (ArithmeticException overflow) {
                throw bad("tensor '" + name + "' of shape " + shape + " is too large");
            }
            long bytes = offsets.get(1) - offsets.get(0);
            if (bits % 8 != 0 || bits / 8 != bytes) {
                throw bad("tensor '" + name + "' of type " + dtype + " and shape " + shape + " has " + bytes
                        + " bytes; it needs " + bits / 8);
            }
            return new TensorInfo(name, dtype, List.copyOf(shape), offsets.get(0), offsets.get(1));
        }

        private void member(String key) throws ModelFormatException {
            boolean again;
            switch (key) {
                case "dtype" -> {
                    again = dtype != null;
                    String value = string();
                    try {
                        dtype = DType.valueOf(value);
                    } catch (IllegalArgumentException unknown) {
                        throw bad("tensor '" + name + "' has unknown dtype '" + printable(value) + "'");
                    }
                }
                case "shape" -> {
                    again = shape != null;
                    shape = numbers(MOST_AXES);
                }
                case "data_offsets" -> {
                    again = offsets != null;
                    offsets = numbers(2);
                }
                default -> throw bad("tensor '" + name + "' has unknown key '" + printable(key) + "'");
            }
            if (again) {
                throw bad("tensor '" + name + "' has " + key + " twice");
            }
        }
    }

    private List<Long> numbers(int most) throws ModelFormatException {
        List<Long> numbers = new ArrayList<>(4);
        expect('[');
        space();
        if (peek() == ']') {
            at++;
            return numbers;
        }
        while (true) {
            space();
            if (numbers.size() == most) {
                throw bad("a list has more than " + most + " numbers");
            }
            numbers.add(number());
            space();
            if (peek() == ',') {
                at++;
            } else {
                expect(']');
                return numbers;
            }
        }
    }

    private long number() throws ModelFormatException {
        int start = at;
        long value = 0;
        while (peek() >= '0' && peek() <= '9') {
            int digit = text.charAt(at++) - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                throw bad("a number is too large");
            }
            value = value * 10 + digit;
        }
        if (at == start || at - start > 1 && text.charAt(start) == '0') {
            throw bad("a number is not a plain non-negative integer");
        }
        return value;
    }

    private String string() throws ModelFormatException {
        expect('"');
        int start = at;
        StringBuilder unescaped = null;
        while (true) {
            char c = peek();
            if (c == '"') {
                String value = unescaped == null
                        ? text.substring(start, at)
                        : unescaped.append(text, start, at).toString();
                at++;
                return value;
            }
            if (c < ' ') {
                throw bad("a string has a control character or does not end");
            }
            at++;
            if (c == '\\') {
                if (unescaped == null) {
                    unescaped = new StringBuilder();
                }
                unescaped.append(text, start, at - 1);
                escape(unescaped);
                start = at;
            }
        }
    }

    private void escape(StringBuilder to) throws ModelFormatException {
        char c = peek();
        at++;
        switch (c) {
            case '"', '\\', '/' -> to.append(c);
            case 'b' -> to.append('\b');
            case 'f' -> to.append('\f');
            case 'n' -> to.append('\n');
            case 'r' -> to.append('\r');
            case 't' -> to.append('\t');
            case 'u' -> {
                char unit = hex();
                if (Character.isLowSurrogate(unit)) {
                    throw bad("a string has half a surrogate pair");
                }
                to.append(unit);
                if (Character.isHighSurrogate(unit)) {
                    expect('\\');
                    expect('u');
                    char low = hex();
                    if (!Character.isLowSurrogate(low)) {
                        throw bad("a string has half a surrogate pair");
                    }
                    to.append(low);
                }
            }
            default -> throw bad("a string has an unknown escape");
        }
    }

    private char hex() throws ModelFormatException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0 || peek() > 'f') {
                throw bad("a string has a \\u without four hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** The next character; NUL, which is allowed nowhere, at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char c) throws ModelFormatException {
        if (peek() != c) {
            throw bad("expected '" + c + "'");
        }
        at++;
    }

    /** A name as one line of bounded length. */
    static String printable(String name) {
        String shown = name.length() > 100 ? name.substring(0, 100) + "…" : name;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    private ModelFormatException bad(String what) {
        return new ModelFormatException(what + " (header, character " + at + ")");
    }
}
