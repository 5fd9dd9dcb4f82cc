package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Failures;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads the Python dictionary of an npy header: the three keys in any order, each once, and nothing else. */
final class NpyDictionary {

    /** Numpy's own limit on axes is 64. */
    private static final int MOST_AXES = 64;

    private static final char END = '\0';

    private final String text;
    private final Path file;
    private int at;

    NpyDictionary(String text, Path file) {
        this.text = text;
        this.file = file;
    }

    NpyHeader header(long dataStart) throws IOException {
        String type = null;
        Boolean fortranOrder = null;
        long[] shape = null;
        expect('{');
        while (peek() != '}') {
            String key = string();
            expect(':');
            boolean again;
            switch (key) {
                case "descr" -> {
                    again = type != null;
                    type = type();
                }
                case "fortran_order" -> {
                    again = fortranOrder != null;
                    fortranOrder = bool();
                }
                case "shape" -> {
                    again = shape != null;
                    shape = tuple();
                }
                default -> throw bad("key '" + Failures.oneLine(key) + "' is unknown");
            }
            if (again) {
                throw bad("key '" + key + "' stands there twice");
            }
            if (peek() != '}') {
                expect(',');
            }
        }
        expect('}');
        if (peek() != END) {
            throw bad("something follows the dictionary");
        }
        if (type == null || fortranOrder == null || shape == null) {
            throw bad("descr, fortran_order and shape must all be there");
        }
        if (fortranOrder) {
            throw new IOException(
                    file + " is in Fortran order; write it in C order, with numpy.ascontiguousarray(x)");
        }
        return new NpyHeader(itemSize(type), order(type), shape, dataStart);
    }

    private int itemSize(String type) throws IOException {
        return switch (type) {
            case "<f4", ">f4" -> 4;
            case "<f8", ">f8" -> 8;
            default -> throw new IOException(file + " has values of type '" + Failures.oneLine(type)
                    + "'; allowed are float32 and float64: write it with x.astype('float32')");
        };
    }

    private static ByteOrder order(String type) {
        return type.charAt(0) == '<' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    private String type() throws IOException {
        if (peek() == '[') {
            throw new IOException(file + " has structured values; allowed are float32 and float64");
        }
        return string();
    }

    private boolean bool() throws IOException {
        peek();
        for (String word : new String[] {"True", "False"}) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return word.equals("True");
            }
        }
        throw bad("fortran_order is neither True nor False");
    }

    private long[] tuple() throws IOException {
        long[] sizes = new long[MOST_AXES];
        int axes = 0;
        int commas = 0;
        expect('(');
        while (peek() != ')') {
            if (axes == MOST_AXES) {
                throw bad("shape has more than " + MOST_AXES + " axes");
            }
            sizes[axes++] = number();
            if (peek() != ')') {
                expect(',');
                commas++;
            }
        }
        expect(')');
        if (axes == 1 && commas == 0) {
            throw bad("shape is a number; a tuple is needed");
        }
        return Arrays.copyOf(sizes, axes);
    }

    private long number() throws IOException {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start || at - start > 18) {
            throw bad("a size in shape is not a whole number from 0 to 10^18");
        }
        return Long.parseLong(text, start, at, 10);
    }

    private String string() throws IOException {
        char quote = peek();
        if (quote != '\'' && quote != '"') {
            throw bad("a string was expected");
        }
        int end = text.indexOf(quote, at + 1);
        if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
            throw bad("a string does not end, or has escapes");
        }
        String value = text.substring(at + 1, end);
        at = end + 1;
        return value;
    }

    /** The next character that is no blank, not consumed. */
    private char peek() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : END;
    }

    private void expect(char c) throws IOException {
        if (peek() != c) {
            throw bad("'" + c + "' was expected");
        }
        at++;
    }

    private IOException bad(String what) {
        return new IOException(file + ": the npy header is malformed at character " + at + ": " + what);
    }
}
