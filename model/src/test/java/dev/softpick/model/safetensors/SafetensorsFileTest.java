package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule that a file can break, and what a well-formed one may look like. */
@Tag("once")
class SafetensorsFileTest {

    private static byte[] file(String header, int dataLength) {
        return file(header.getBytes(StandardCharsets.UTF_8), dataLength);
    }

    private static byte[] file(byte[] header, int dataLength) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + dataLength).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header);
        for (int i = 0; i < dataLength; i++) {
            bytes.put((byte) (i + 1));
        }
        return bytes.array();
    }

    /** A header with one tensor 'a' of these members. */
    private static String a(String members) {
        return "{\"a\":{" + members + "}}";
    }

    private static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape
                + ",\"data_offsets\":[" + begin + "," + end + "]}";
    }

    static List<Arguments> malformedText() {
        return List.of(
                arguments("[]", 0, "the header does not begin with '{'"),
                arguments("\ufeff{}", 0, "the header does not begin with '{'"),
                arguments("{ ", 0, "expected '\"'"),
                arguments("{}x", 0, "something follows the header's last '}' that is not padding"),
                arguments("{}{}", 0, "something follows the header's last '}' that is not padding"),
                arguments("{,}", 0, "expected '\"'"),
                arguments("{\"a\"}", 0, "expected ':'"),
                arguments("{\"a\":1}", 0, "expected '{'"),
                arguments("{\"a\":null}", 0, "expected '{'"),
                arguments("{\"a\":{}", 0, "tensor 'a' lacks dtype"),
                arguments("{" + tensor("a", "U8", "[1]", 0, 1) + ",}", 1, "expected '\"'"),
                arguments("{" + tensor("a", "U8", "[1]", 0, 1), 1, "expected '}'"),
                arguments("{\"a", 0, "a string has a control character or does not end"),
                arguments("{\"a\nb\":{}}", 0, "a string has a control character or does not end"),
                arguments("{\"a\\x\":{}}", 0, "a string has an unknown escape"),
                arguments("{\"a\\u12g4\":{}}", 0, "a string has a \\u without four hexadecimal digits"),
                arguments("{\"a\\u١٢٣٤\":{}}", 0, "a string has a \\u without four hexadecimal digits"),
                arguments("{\"a\\udc00\":{}}", 0, "a string has half a surrogate pair"),
                arguments("{\"a\\ud800\":{}}", 0, "a string has half a surrogate pair"),
                arguments("{\"a\\ud800\\u0041\":{}}", 0, "a string has half a surrogate pair"),
                arguments("{\"\":{}}", 0, "tensor name '' is empty or has a control character"),
                arguments("{\"a\\nb\":{}}", 0, "tensor name 'a?b' is empty or has a control character"),
                arguments("{\"a\\u007f\":{}}", 0, "tensor name 'a?' is empty or has a control character"),
                arguments("{\"__metadata__\":[]}", 0, "expected '{'"),
                arguments("{\"__metadata__\":{\"k\":1}}", 0, "expected '\"'"),
                arguments("{\"__metadata__\":{\"k\":{}}}", 0, "expected '\"'"),
                arguments("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "metadata key 'k' stands twice"),
                arguments("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ stands twice"));
    }

    static List<Arguments> malformedTensors() {
        String dtype = "\"dtype\":\"F32\",";
        String shape = "\"shape\":[1],";
        String offsets = "\"data_offsets\":[0,4]";
        String deep = "[" + "1,".repeat(32) + "1]";
        return List.of(
                arguments(a(shape + offsets), 4, "tensor 'a' lacks dtype"),
                arguments(a(dtype + offsets), 4, "tensor 'a' lacks shape"),
                arguments(a("\"dtype\":\"F32\",\"shape\":[1]"), 4, "tensor 'a' lacks data_offsets"),
                arguments(a(dtype + dtype + shape + offsets), 4, "tensor 'a' has dtype twice"),
                arguments(a(dtype + shape + shape + offsets), 4, "tensor 'a' has shape twice"),
                arguments(a(dtype + shape + offsets + "," + offsets), 4, "tensor 'a' has data_offsets twice"),
                arguments(a(dtype + shape + "\"extra\":1"), 4, "tensor 'a' lacks data_offsets"),
                arguments(a(dtype + shape + offsets + ",\"x\":1,\"x\":1"), 4, "tensor 'a' has key 'x' twice"),
                arguments(a("\"dtype\":\"F33\"," + shape + offsets), 4, "tensor 'a' has unknown dtype 'F33'"),
                arguments(a("\"dtype\":\"f32\"," + shape + offsets), 4, "tensor 'a' has unknown dtype 'f32'"),
                arguments(a("\"dtype\":32," + shape + offsets), 4, "expected '\"'"),
                arguments(a(dtype + "\"shape\":1," + offsets), 4, "expected '['"),
                arguments(a(dtype + "\"shape\":[-1]," + offsets), 4, "a number is not a plain non-negative integer"),
                arguments(a(dtype + "\"shape\":[1.0]," + offsets), 4, "expected ']'"),
                arguments(a(dtype + "\"shape\":[1e0]," + offsets), 4, "expected ']'"),
                arguments(a(dtype + "\"shape\":[01]," + offsets), 4, "a number is not a plain non-negative integer"),
                arguments(a(dtype + "\"shape\":[1,]," + offsets), 4, "a number is not a plain non-negative integer"),
                arguments(a(dtype + "\"shape\":[\"1\"]," + offsets), 4, "a number is not a plain non-negative integer"),
                arguments(a(dtype + "\"shape\":[9223372036854775808]," + offsets), 4, "a number is too large"),
                arguments(a(dtype + "\"shape\":" + deep + "," + offsets), 4, "a list has more than 32 numbers"),
                arguments(a(dtype + "\"shape\":[4294967296,4294967296]," + offsets), 4,
                        "tensor 'a' of shape [4294967296, 4294967296] is too large"),
                arguments(a(dtype + "\"shape\":[576460752303423488]," + offsets), 4,
                        "tensor 'a' of shape [576460752303423488] is too large"),
                arguments(a(dtype + "\"shape\":[2]," + offsets), 4,
                        "tensor 'a' of type F32 and shape [2] has 4 bytes; it needs 8"),
                arguments(a("\"dtype\":\"F4\"," + shape + "\"data_offsets\":[0,1]"), 1,
                        "tensor 'a' of type F4 and shape [1] has 1 bytes; it needs 0"),
                arguments(a(dtype + shape + "\"data_offsets\":[0]"), 4,
                        "tensor 'a' has data_offsets [0]; allowed are [begin, end]"),
                arguments(a(dtype + shape + "\"data_offsets\":[4,0]"), 4,
                        "tensor 'a' has data_offsets [4, 0]; allowed are [begin, end]"),
                arguments(a(dtype + shape + "\"data_offsets\":[0,4,8]"), 4, "a list has more than 2 numbers"),
                arguments("{" + tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 1, 2) + "}", 2,
                        "tensor 'a' stands twice"),
                arguments("{" + tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[2]", 1, 3) + "}", 3,
                        "tensor 'b' begins at byte 1 of the data; the one before it ends at 2"),
                arguments("{" + tensor("b", "U8", "[2]", 3, 5) + "," + tensor("a", "U8", "[2]", 0, 2) + "}", 5,
                        "tensor 'b' begins at byte 3 of the data; the one before it ends at 2"),
                arguments("{" + tensor("a", "U8", "[2]", 1, 3) + "}", 3,
                        "tensor 'a' begins at byte 1 of the data; the one before it ends at 0"),
                arguments("{" + tensor("a", "U8", "[2]", 0, 2) + "}", 3,
                        "the tensors take 2 bytes; the file has 3 bytes of data"),
                arguments("{" + tensor("a", "U8", "[2]", 0, 2) + "}", 1,
                        "the tensors take 2 bytes; the file has 1 bytes of data"),
                arguments("{}", 1, "the tensors take 0 bytes; the file has 1 bytes of data"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"malformedText", "malformedTensors"})
    void aMalformedHeaderIsRefused(String header, int dataLength, String message) {
        assertThatThrownBy(() -> SafetensorsFile.read(file(header, dataLength)))
                .isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aMalformedFrameIsRefused() {
        for (int length = 0; length < 8; length++) {
            refuses(new byte[length],
                    "the file has " + length + " bytes; a safetensors file begins with an 8-byte length");
        }
        refuses(new byte[8], "the header's length is 0; only 0 bytes follow it");
        for (long length : new long[] {0, 1, 3, 100_000_001, Integer.MAX_VALUE, 1L << 40, Long.MIN_VALUE, -1}) {
            byte[] bytes = file("{}", 0);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
            refuses(bytes,
                    "the header's length is " + Long.toUnsignedString(length) + "; allowed is 2 to 2 in this file");
        }
        refuses(file(new byte[] {'{', (byte) 0xff, '}'}, 0), "the header is not UTF-8");
        refuses(file(new byte[] {'{', '"', (byte) 0xc0, (byte) 0x80, '"', '}'}, 0), "the header is not UTF-8");
        byte[] halfSurrogate = {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'};
        refuses(file(halfSurrogate, 0), "the header is not UTF-8");
    }

    private static void refuses(byte[] bytes, String message) {
        assertThatThrownBy(() -> SafetensorsFile.read(bytes))
                .isInstanceOf(SafetensorsException.class).hasMessageStartingWith(message);
    }

    @Test
    void tooManyTensorsAreRefused() {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= 100_000; i++) {
            header.append(i == 0 ? "" : ",").append(tensor("t" + i, "U8", "[0]", 0, 0));
        }
        refuses(file(header.append('}').toString(), 0), "more than 100000 tensors");
    }

    @Test
    void deepNestingIsRefusedWithoutRecursion() {
        refuses(file("{\"a\":" + "{\"b\":".repeat(100_000), 0), "a value is nested more than 127 levels deep");
        refuses(file("{\"a\":{\"b\":" + "[".repeat(100_000), 0), "a value is nested more than 127 levels deep");
        refuses(file("{\"a\":{\"shape\":" + "[".repeat(100_000), 0), "a number is not a plain non-negative integer");
    }

    @Test
    void longNamesAreCutInMessages() {
        String name = "n".repeat(5000);
        assertThatThrownBy(() -> SafetensorsFile.read(file(a("\"" + name + "\":1"), 0)))
                .isInstanceOf(SafetensorsException.class)
                .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(200));
    }

    @Test
    void whitespaceEscapesAndAnyOrderAreAllowed() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(file("{ \t\n\r" + tensor("b", "U8", "[ 2 , 1 ]", 1, 3) + " , "
                + "\"__metadata__\" : { \"k\\u00e9\\ud83d\\ude00\" : \"\\\"\\\\\\/\\b\\f\\n\\r\\t\" } , "
                + "\"é\":{\"data_offsets\":[0,1],\"dtype\":\"I8\",\"shape\":[]}} \u0020", 3));
        assertThat(file.metadata()).containsOnlyKeys("ké😀").containsValue("\"\\/\b\f\n\r\t");
        assertThat(file.tensors().keySet()).containsExactly("b", "é");
        assertThat(file.tensors().get("é").elements()).isEqualTo(1);
        assertThat(file.tensors().get("é").hasShape()).isTrue();
        assertThat(file.longs("é")).containsExactly(1);
        assertThat(file.longs("b")).containsExactly(2, 3);
        assertThat(file.tensors().get("b").hasShape(2, 1)).isTrue();
        assertThat(file.tensors().get("b").hasShape(1, 2)).isFalse();
    }

    @Test
    void anEmptyFileOfEitherKindIsAFile(@TempDir Path folder) throws IOException {
        byte[] bytes = file("{}", 0);
        Path path = Files.write(folder.resolve("empty.safetensors"), bytes);
        for (SafetensorsFile file : List.of(SafetensorsFile.read(bytes), SafetensorsFile.read(path),
                SafetensorsFile.read(new ByteArrayInputStream(bytes)))) {
            assertThat(file.tensors()).isEmpty();
            assertThat(file.metadata()).isEmpty();
        }
    }

    @Test
    void emptyTensorsTakeNoBytes() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(file("{" + tensor("a", "F32", "[0,3]", 0, 0) + ","
                + tensor("b", "U8", "[1]", 0, 1) + "," + tensor("c", "F64", "[4294967296,0]", 1, 1) + "}", 1));
        assertThat(file.floats("a")).isEmpty();
        assertThat(file.doubles("c")).isEmpty();
    }

    @Test
    void integersOfEveryWidthAreRead() throws IOException {
        byte[] bytes = file("{" + tensor("I8", "I8", "[1]", 0, 1) + "," + tensor("U8", "U8", "[1]", 1, 2) + ","
                + tensor("I16", "I16", "[1]", 2, 4) + "," + tensor("U16", "U16", "[1]", 4, 6) + ","
                + tensor("I32", "I32", "[1]", 6, 10) + "," + tensor("U32", "U32", "[1]", 10, 14) + ","
                + tensor("I64", "I64", "[1]", 14, 22) + "," + tensor("BOOL", "BOOL", "[1]", 22, 23) + "}", 23);
        Arrays.fill(bytes, bytes.length - 23, bytes.length, (byte) 0xff);
        SafetensorsFile file = SafetensorsFile.read(bytes);
        for (String signed : List.of("I8", "I16", "I32", "I64")) {
            assertThat(file.longs(signed)).as(signed).containsExactly(-1);
        }
        assertThat(file.longs("U8")).containsExactly(255);
        assertThat(file.longs("U16")).containsExactly(65_535);
        assertThat(file.longs("U32")).containsExactly(4_294_967_295L);
        assertThat(file.longs("BOOL")).containsExactly(255);
    }

    @Test
    void floatsOfEveryWidthAreRead() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(file("{" + tensor("h", "F16", "[3]", 0, 6) + ","
                + tensor("b", "BF16", "[2]", 6, 10) + "," + tensor("d", "F64", "[2]", 10, 26) + "}", 26))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(bytes.limit() - 26);
        bytes.putShort((short) 0x3c00).putShort((short) 0x8001).putShort((short) 0x7bff);
        bytes.putShort((short) 0xbf80).putShort((short) 0x0001);
        bytes.putDouble(0.1).putDouble(1e300);
        SafetensorsFile file = SafetensorsFile.read(bytes.array());
        assertThat(file.floats("h")).containsExactly(1f, -0x1p-24f, 65_504f);
        assertThat(file.floats("b")).containsExactly(-1f, Float.intBitsToFloat(0x10000));
        assertThat(file.floats("d")).containsExactly(0.1f, Float.POSITIVE_INFINITY);
        assertThat(file.doubles("d")).containsExactly(0.1, 1e300);
    }

    @Test
    void aTensorIsReadAsWhatItIs() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(
                file("{" + tensor("i", "I64", "[1]", 0, 8) + "," + tensor("f", "F32", "[1]", 8, 12) + "}", 12));
        assertThatThrownBy(() -> file.floats("i")).isInstanceOf(SafetensorsException.class)
                .hasMessage("tensor 'i' has type I64; allowed are F32, F64, F16, BF16");
        assertThatThrownBy(() -> file.doubles("f")).isInstanceOf(SafetensorsException.class)
                .hasMessage("tensor 'f' has type F32; allowed are F64");
        assertThatThrownBy(() -> file.longs("f")).isInstanceOf(SafetensorsException.class)
                .hasMessage("tensor 'f' has type F32; allowed are BOOL, U8, I8, U16, I16, U32, I32, I64");
        assertThatThrownBy(() -> file.floats("g")).isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith("there is no tensor 'g'");
        assertThatThrownBy(() -> file.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> file.metadata().put("a", "b")).isInstanceOf(UnsupportedOperationException.class);
    }
}
