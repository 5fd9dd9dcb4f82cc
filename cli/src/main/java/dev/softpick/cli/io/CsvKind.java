package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Quote;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names what a malformed line is, where it is something that people often have in place of numbers and commas. */
final class CsvKind {

    /** What stands between values elsewhere; the last matches any number of blanks. */
    private static final String[] SEPARATORS = {";", "\t", "|", " "};

    private CsvKind() {}

    /** What the line is and what is needed, to follow the line's number; null if it is nothing of the kind. */
    static @Nullable String of(byte[] text, int from, int to, boolean first) {
        if (first && startsWith(text, from, to, 0xff, 0xfe) || startsWith(text, from, to, 0xfe, 0xff)
                || everyOtherIsZero(text, from, to)) {
            return "is UTF-16 text; UTF-8 is needed";
        }
        String line = new String(text, from, to - from, StandardCharsets.UTF_8).strip();
        for (String separator : SEPARATORS) {
            String[] fields = line.split(separator.equals(" ") ? " +" : Pattern.quote(separator), -1);
            if (fields.length > 1 && Arrays.stream(fields).allMatch(CsvKind::isNumber)) {
                return "has " + Quote.of(separator) + " between its values; commas are needed";
            }
            // as spreadsheets write where numbers have a decimal comma
            if (fields.length > 1 && !separator.equals(" ")
                    && Arrays.stream(fields).allMatch(field -> isNumber(field.replace(',', '.')))) {
                return "has " + Quote.of(separator) + " between its values and ',' within them; commas between values"
                        + " and decimal points are needed";
            }
        }
        if (first && Arrays.stream(line.split("[,;\t|]", -1)).allMatch(CsvKind::isName)) {
            return "is a header, " + Quote.of(line) + "; leave it out";
        }
        return null;
    }

    private static boolean startsWith(byte[] text, int from, int to, int first, int second) {
        return to - from >= 2 && (text[from] & 0xff) == first && (text[from + 1] & 0xff) == second;
    }

    /** A line feed's second byte may be at the front, and its first one at the end. */
    private static boolean everyOtherIsZero(byte[] text, int from, int to) {
        int zeros = 0;
        for (int i = from; i < to; i++) {
            zeros += text[i] == 0 ? 1 : 0;
            if (i > from && (text[i] == 0) == (text[i - 1] == 0)) {
                return false;
            }
        }
        return zeros > 0;
    }

    private static boolean isName(String field) {
        return field.matches("[ \"']*[\\p{L}_].*") && !isNumber(field);
    }

    private static boolean isNumber(String field) {
        try {
            byte[] text = field.getBytes(StandardCharsets.UTF_8);
            CsvNumber.parse(text, 0, text.length);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
