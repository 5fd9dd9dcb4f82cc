package dev.softpick.cli.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Any bytes in a .npy file. */
class NpyFuzz {

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] file) throws IOException {
        InputFuzz.Content content = InputFuzz.check(file, ".npy");
        if (content != null) {
            compare(file, content.values());
        }
    }

    /** Values are the file's bytes behind its header, to the end. */
    private static void compare(byte[] file, float[] values) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        boolean first = file[6] == 1;
        int text = first ? 10 : 12;
        int length = first ? bytes.getShort(8) : bytes.getInt(8);
        int start = text + length;
        String header = new String(file, text, length, StandardCharsets.ISO_8859_1);
        // the type is all that may have one of these in it
        bytes.order(header.contains(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int size = header.contains("f8") ? Double.BYTES : Float.BYTES;
        if (file.length - start != (long) size * values.length) {
            throw new AssertionError(values.length + " values from " + (file.length - start) + " bytes");
        }
        for (int i = 0; i < values.length; i++) {
            int at = start + size * i;
            double wide = size == Double.BYTES ? bytes.getDouble(at) : bytes.getFloat(at);
            if (Float.isInfinite((float) wide) && !Double.isInfinite(wide)) {
                throw new AssertionError("value " + i + " is " + wide + " and was not refused");
            }
            InputFuzz.same((float) wide, values[i], "value " + i);
        }
    }
}
