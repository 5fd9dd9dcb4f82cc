package dev.softpick.cli.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Any bytes in a .npy file. */
class NpyFuzz {

    private static final Pattern TYPE =
            Pattern.compile("descr['\"]\\s*:\\s*[uUrR]?['\"]([<>=|]?)([a-z0-9]+)");

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] file) throws IOException {
        InputFuzz.Content content = InputFuzz.check(file, ".npy");
        if (content != null) {
            compare(file, content);
        }
    }

    /** Values are the file's bytes behind its header, to the end. */
    private static void compare(byte[] file, InputFuzz.Content content) {
        float[] values = content.values();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        boolean first = file[6] == 1;
        int text = first ? 10 : 12;
        int length = first ? bytes.getShort(8) : bytes.getInt(8);
        int start = text + length;
        String header = new String(file, text, length, StandardCharsets.ISO_8859_1);
        Matcher type = TYPE.matcher(header);
        if (!type.find()) {
            throw new AssertionError("a type was read from " + header);
        }
        bytes.order(type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN
                : type.group(1).equals("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.nativeOrder());
        int size = switch (type.group(2)) {
            case "f2", "e", "half", "float16" -> 2;
            case "f4", "f", "single", "float32" -> 4;
            default -> 8;
        };
        if (file.length - start != (long) size * values.length) {
            throw new AssertionError(values.length + " values from " + (file.length - start) + " bytes");
        }
        BatchShape shape = content.shape();
        boolean columns = header.contains("True");
        for (int i = 0; i < values.length; i++) {
            int step = i / shape.embed() % shape.steps();
            int column = step + shape.steps() * (i % shape.embed());
            int place = columns ? i / shape.sequence() + shape.batch() * column : i;
            int at = start + size * place;
            double wide = size == 8 ? bytes.getDouble(at) : size == 4 ? bytes.getFloat(at)
                    : Float.float16ToFloat(bytes.getShort(at));
            if (Float.isInfinite((float) wide) && !Double.isInfinite(wide)) {
                throw new AssertionError("value " + place + " is " + wide + " and was not refused");
            }
            InputFuzz.same((float) wide, values[i], "value " + i);
        }
    }
}
