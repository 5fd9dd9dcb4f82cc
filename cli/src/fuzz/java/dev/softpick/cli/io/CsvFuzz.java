package dev.softpick.cli.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Any bytes in a .csv file. */
class CsvFuzz {

    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] file) throws IOException {
        InputFuzz.Content content = InputFuzz.check(file, ".csv");
        if (content != null) {
            compare(new String(file, StandardCharsets.ISO_8859_1), content);
        }
    }

    /** Values are what Java makes of the fields, a line a step. */
    private static void compare(String text, InputFuzz.Content content) {
        String[] lines = text.substring(text.startsWith(BYTE_ORDER_MARK) ? 3 : 0).split("\n", -1);
        int steps = lines.length;
        while (lines[steps - 1].isBlank()) {
            steps--;
        }
        int embed = lines[0].split(",", -1).length;
        if (!content.shape().equals(new BatchShape(1, steps, embed))) {
            throw new AssertionError(content.shape() + " from " + steps + " lines of " + embed + " values");
        }
        for (int step = 0; step < steps; step++) {
            String[] fields = lines[step].split(",", -1);
            if (fields.length != embed) {
                throw new AssertionError("line " + (step + 1) + " has " + fields.length + " values, not " + embed);
            }
            for (int i = 0; i < embed; i++) {
                String where = "line " + (step + 1) + ", column " + (i + 1);
                InputFuzz.same(number(fields[i], where), content.values()[step * embed + i], where);
            }
        }
    }

    private static float number(String field, String where) {
        String name = field.strip();
        return switch (name.toLowerCase(Locale.ROOT)) {
            // in other cases than Float.parseFloat knows them
            case "nan", "+nan", "-nan" -> Float.NaN;
            case "inf", "+inf", "infinity", "+infinity" -> Float.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Float.NEGATIVE_INFINITY;
            default -> {
                float value = Float.parseFloat(name);
                if (Float.isInfinite(value)) {
                    throw new AssertionError(where + " is " + name + " and was not refused");
                }
                yield value;
            }
        };
    }
}
