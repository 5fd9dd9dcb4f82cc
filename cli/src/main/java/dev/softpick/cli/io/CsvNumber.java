package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Failures;
import java.nio.charset.StandardCharsets;

/** A float as csv files write it. */
final class CsvNumber {

    private static final int LONGEST_QUOTE = 24;

    private CsvNumber() {}

    /**
     * The number between two offsets, blanks around it aside.
     *
     * @throws NumberFormatException whose message quotes what is there and says what is wrong with it
     */
    static float parse(byte[] text, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && blank(text[start])) {
            start++;
        }
        while (end > start && blank(text[end - 1])) {
            end--;
        }
        String field = new String(text, start, end - start, StandardCharsets.ISO_8859_1);
        if (decimal(field)) {
            float value;
            try {
                value = Float.parseFloat(field);
            } catch (NumberFormatException e) {
                throw bad(field, "is not a number");
            }
            if (Float.isInfinite(value)) {
                throw bad(field, "is more than a float32 can hold");
            }
            return value;
        }
        return switch (field) {
            case "nan", "NaN", "-nan" -> Float.NaN;
            case "inf", "+inf", "Infinity" -> Float.POSITIVE_INFINITY;
            case "-inf", "-Infinity" -> Float.NEGATIVE_INFINITY;
            default -> throw bad(field, "is not a number");
        };
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\t';
    }

    /** Java would also read hexadecimal numbers and the suffixes f and d. */
    private static boolean decimal(String field) {
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if ((c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
                return false;
            }
        }
        return !field.isEmpty();
    }

    private static NumberFormatException bad(String field, String what) {
        String quote = field.length() > LONGEST_QUOTE ? field.substring(0, LONGEST_QUOTE) + "..." : field;
        return new NumberFormatException("'" + Failures.oneLine(quote) + "' " + what);
    }
}
