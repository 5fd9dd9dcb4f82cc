package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Quote;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A float as csv files write it. */
final class CsvNumber {

    private CsvNumber() {}

    /**
     * The number between two offsets, blanks around it aside; NaN and infinity by the names that Java, C and numpy give
     * them, in upper and lower case.
     *
     * @throws NumberFormatException whose message quotes what is there and says what is wrong with it
     */
    static float parse(byte[] text, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isBlank(text[start])) {
            start++;
        }
        while (end > start && isBlank(text[end - 1])) {
            end--;
        }
        String field = new String(text, start, end - start, StandardCharsets.UTF_8);
        if (!isDecimal(field)) {
            return named(field);
        }
        float value;
        try {
            value = Float.parseFloat(field);
        } catch (NumberFormatException e) {
            throw new NumberFormatException(Quote.of(field) + " is not a number");
        }
        if (Float.isInfinite(value)) {
            throw new NumberFormatException(Quote.of(field) + " is more than a float32 can hold");
        }
        return value;
    }

    static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    /** Java would also read hexadecimal numbers and the suffixes f and d. */
    private static boolean isDecimal(String field) {
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if ((c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
                return false;
            }
        }
        return !field.isEmpty();
    }

    private static float named(String field) {
        boolean signed = field.startsWith("-") || field.startsWith("+");
        return switch (field.substring(signed ? 1 : 0).toLowerCase(Locale.ROOT)) {
            case "nan" -> Float.NaN;
            case "inf", "infinity" -> field.startsWith("-") ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
            default -> throw new NumberFormatException(Quote.of(field) + " is not a number");
        };
    }
}
