package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Quote;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the Python dictionary of an npy header: the three keys in any order, each once, and nothing else. White space,
 * strings and numbers are Python's, as far as anybody has written them: numpy reads what this reads, with the same
 * meaning.
 */
final class NpyDictionary {

    /** Numpy's own limit on axes is 64. */
    private static final int MOST_AXES = 64;

    private static final Pattern BLANKS = Pattern.compile("[ \t\r\n\f]*");
    private static final Pattern STRING = Pattern.compile("[uUrR]?(?:'([^'\\\\\r\n]*)'|\"([^\"\\\\\r\n]*)\")");
    private static final Pattern BOOL = Pattern.compile("(True|False)");
    private static final Pattern NUMBER = Pattern.compile("(0+|[1-9][0-9]{0,17})(?![0-9])");

    /** Python 2 wrote it behind large numbers, and numpy takes it from the versions that existed then. */
    private static final Pattern LONG = Pattern.compile("( *L)?");

    private final String text;
    private final int version;
    private final Path file;
    private int at;

    NpyDictionary(String text, int version, Path file) {
        this.text = text;
        this.version = version;
        this.file = file;
    }

    NpyHeader header(long dataStart) throws IOException {
        String type = null;
        Boolean fortranOrder = null;
        long[] shape = null;
        expect('{');
        while (!found('}')) {
            String key = take(STRING, "a string was expected");
            expect(':');
            boolean again;
            switch (key) {
                case "descr" -> {
                    again = type != null;
                    type = type();
                }
                case "fortran_order" -> {
                    again = fortranOrder != null;
                    fortranOrder = take(BOOL, "fortran_order is neither True nor False").equals("True");
                }
                case "shape" -> {
                    again = shape != null;
                    shape = tuple();
                }
                default -> throw bad("key " + Quote.of(key) + " is unknown");
            }
            if (again) {
                throw bad("key '" + key + "' stands there twice");
            }
            if (!found('}')) {
                expect(',');
            }
        }
        expect('}');
        if (at < text.length()) {
            throw bad("something follows the dictionary");
        }
        if (type == null || fortranOrder == null || shape == null) {
            throw bad("descr, fortran_order and shape must all be there");
        }
        return new NpyHeader(itemSize(type), order(type), fortranOrder, shape, dataStart);
    }

    private int itemSize(String type) throws IOException {
        String kind = type.isEmpty() || "<>=|".indexOf(type.charAt(0)) < 0 ? type : type.substring(1);
        return switch (kind) {
            case "f2", "e" -> 2;
            case "f4", "f" -> 4;
            case "f8", "d" -> 8;
            default -> switch (type) {
                case "float16", "half" -> 2;
                case "float32", "single" -> 4;
                case "float64", "double", "float" -> 8;
                default -> throw new IOException(file + " has values of type " + Quote.of(type)
                        + "; allowed are float16, float32 and float64: write it with x.astype('float32')");
            };
        };
    }

    /** Without a sign it is the machine's own, as in numpy. */
    private static ByteOrder order(String type) {
        return switch (type.charAt(0)) {
            case '<' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            default -> ByteOrder.nativeOrder();
        };
    }

    private String type() throws IOException {
        if (found('[') || found('(')) {
            throw new IOException(file + " has structured values; allowed are float16, float32 and float64");
        }
        return take(STRING, "a string was expected");
    }

    private long[] tuple() throws IOException {
        long[] sizes = new long[MOST_AXES];
        int axes = 0;
        boolean comma = false;
        expect('(');
        while (!found(')')) {
            if (axes == MOST_AXES) {
                throw bad("shape has more than " + MOST_AXES + " axes");
            }
            sizes[axes++] = Long.parseLong(take(NUMBER, "a size in shape is not a whole number from 0 to 10^18"));
            if (version < 3) {
                skip(LONG);
            }
            if (!found(')')) {
                expect(',');
                comma = true;
            }
        }
        expect(')');
        if (axes == 1 && !comma) {
            throw bad("shape is a number; a tuple is needed");
        }
        return Arrays.copyOf(sizes, axes);
    }

    private boolean found(char c) {
        skip(BLANKS);
        return at < text.length() && text.charAt(at) == c;
    }

    private void expect(char c) throws IOException {
        if (!found(c)) {
            throw bad("'" + c + "' was expected");
        }
        at++;
        skip(BLANKS);
    }

    /** What stands in the pattern's group that took part. */
    private String take(Pattern pattern, String otherwise) throws IOException {
        Matcher matcher = matcher(pattern);
        if (!matcher.lookingAt()) {
            throw bad(otherwise);
        }
        at = matcher.end();
        return matcher.groupCount() == 1 || matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    /** Goes behind what may stand there. */
    private void skip(Pattern pattern) {
        Matcher matcher = matcher(pattern);
        if (matcher.lookingAt()) {
            at = matcher.end();
        }
    }

    private Matcher matcher(Pattern pattern) {
        return pattern.matcher(text).region(at, text.length());
    }

    private IOException bad(String what) {
        return new IOException(file + ": the npy header is malformed at character " + at + ": " + what);
    }
}
