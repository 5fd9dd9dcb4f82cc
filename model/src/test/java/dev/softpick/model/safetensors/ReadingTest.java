package dev.softpick.model.safetensors;

import static dev.softpick.model.safetensors.RawFile.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.safetensors.RawFile.Door;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What well-formed files may look like, the values in them, and how the file on disk may change meanwhile. */
@Tag("once")
class ReadingTest {

    /** Its multiples have all bits in motion. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    @TempDir
    private Path folder;

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    }

    @ParameterizedTest
    @EnumSource
    void headersMayBeWrittenInManyWays(Door door) throws IOException {
        String header = """
                {\t"two" : {\r
                  "data_offsets":[ 4 , 8 ], "shape" :[2 ,1], "dtype":"\\u00551\\u0036" } ,
                  "__metadata__":{"k":"v", "":"", "lines":"a\\nb\\t\\"c\\"\\\\\\/\\b\\f\\r\\u0000",
                                  "Größe":"😀\\ud83d\\ude00"},
                  "one":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
                  "none":{"dtype":"C64","shape":[3,0,9223372036854775807],"data_offsets":[4,4]},
                  "last":{"dtype":"I64","shape":[0],"data_offsets":[8,8]},
                  "\\u65e5本\\/\\ud83d\\ude00\\u00e9":{"dtype":"F4","shape":[2],"data_offsets":[8,9]},
                  "32":{"dtype":"F6_E2M3","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4],
                        "data_offsets":[9,12]}}     \
                """;
        try (SafetensorsFile file = door.read(RawFile.of(header, new byte[12]), folder)) {
            assertThat(file.metadata()).containsExactly(
                    Map.entry("k", "v"), Map.entry("", ""), Map.entry("lines", "a\nb\t\"c\"\\/\b\f\r\0"),
                    Map.entry("Größe", "😀😀"));
            assertThat(file.tensors().keySet()).containsExactly("two", "one", "none", "last", "日本/😀é", "32");
            assertThat(file.tensors().values()).allSatisfy(tensor -> assertThat(tensor.name()).isNotNull());
            assertThat(file.tensors().get("two"))
                    .isEqualTo(new TensorInfo("two", DType.U16, List.of(2L, 1L), 4, 8));
            assertThat(file.tensors().get("one")).isEqualTo(new TensorInfo("one", DType.F32, List.of(), 0, 4));
            assertThat(file.tensors().get("none").shape()).containsExactly(3L, 0L, Long.MAX_VALUE);
            assertThat(file.tensors().get("none").elements()).isZero();
            assertThat(file.tensors().get("one").elements()).isOne();
            assertThat(file.tensors().get("日本/😀é").elements()).isEqualTo(2);
            assertThat(file.tensors().get("32").elements()).isEqualTo(4);
            assertThat(file.longs("last")).isEmpty();
            assertThat(file.floats("one")).containsExactly(0);
        }
    }

    @Test
    void everyCharacterMayBeEscaped() throws IOException {
        StringBuilder escaped = new StringBuilder();
        StringBuilder plain = new StringBuilder();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x12000 ? 1 : 0xff) {
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                plain.appendCodePoint(c);
                for (char unit : Character.toChars(c)) {
                    escaped.append(String.format(c % 2 == 0 ? "\\u%04x" : "\\u%04X", (int) unit));
                }
            }
        }
        SafetensorsFile file = SafetensorsFile.read(RawFile.of("{\"__metadata__\":{\"k\":\"" + escaped + "\"}}"));
        assertThat(file.metadata()).containsEntry("k", plain.toString());
    }

    @ParameterizedTest
    @EnumSource
    void aFileMayHaveNoTensors(Door door) throws IOException {
        for (String header : List.of("{}", "{ } ", "{\"__metadata__\":{}}", "{\"__metadata__\":null}", " \t\r\n{}")) {
            try (SafetensorsFile file = door.read(RawFile.of(header), folder)) {
                assertThat(file.tensors()).isEmpty();
                assertThat(file.metadata()).isEmpty();
            }
        }
    }

    /** As the reference implementation reads them. */
    @ParameterizedTest
    @EnumSource
    void whiteSpaceStandsBeforeAndBehindTheHeader(Door door) throws IOException {
        String header = "{" + entry("a", "U8", "[3]", 0, 3) + "}";
        for (String space : List.of(" ", "\t", "\n", "\r", "\r\n", " \t\n\r ", " ".repeat(5000), "\n".repeat(5000))) {
            for (String text : List.of(space + header, header + space, space + header + space)) {
                try (SafetensorsFile file = door.read(RawFile.of(text, (byte) 1, (byte) 2, (byte) 3), folder)) {
                    assertThat(file.longs("a")).containsExactly(1, 2, 3);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownKeysOfATensorAreLeftAlone(Door door) throws IOException {
        List<String> values = List.of(
                "null", "true", "false", "0", "-0", "1.5", "-12.25e-300", "1E+9", "0e0", "12345678901234567890123",
                "\"\"", "\"a\\\"\\u00e9]}\"", "[]", "{}", "[ ]", "{ }", "[1 , [ ] , {} , null]",
                "{\"dtype\":\"F64\",\"b\":{\"c\":[1,2,{\"d\":\"e\"}]}}", "{\"twice\":1,\"twice\":2}",
                "[".repeat(127) + "]".repeat(127), "{\"k\":".repeat(126) + "{}" + "}".repeat(126),
                "[{\"k\":".repeat(63) + "[true]" + "}]".repeat(63));
        for (String value : values) {
            String[] members = {"\"dtype\":\"U8\"", "\"shape\":[3]", "\"data_offsets\":[0,3]", "\"\\u00e9\" :" + value};
            for (int place = 0; place < members.length; place++) {
                Collections.rotate(Arrays.asList(members), 1);
                String text = "{\"a\":{" + String.join(",", members) + "},\"__metadata__\":null}";
                try (SafetensorsFile file = door.read(RawFile.of(text, (byte) 1, (byte) 2, (byte) 3), folder)) {
                    assertThat(file.longs("a")).as(text).containsExactly(1, 2, 3);
                    assertThat(file.metadata()).isEmpty();
                }
            }
        }
    }

    @Test
    void valuesOfUnknownKeysEndSomewhere() {
        for (String opening : List.of("[", "{\"k\":")) {
            String text = "{\"a\":{\"x\":" + opening.repeat(128);
            assertThatThrownBy(() -> SafetensorsFile.read(RawFile.of(text)))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageStartingWith("a value is nested more than 127 levels deep (byte ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeOfTheFormatIsKnown(DType dtype) throws IOException {
        int size = dtype.bits();
        String header = "{" + entry("t", dtype.name(), "[2,4]", 0, size) + "}";
        SafetensorsFile file = SafetensorsFile.read(RawFile.of(header, new byte[size]));
        assertThat(file.tensors().get("t").dtype()).isEqualTo(dtype);
        if (dtype.isFloat()) {
            assertThat(file.floats("t")).hasSize(8);
        } else {
            assertThatThrownBy(() -> file.floats("t"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessage("tensor 't' has type " + dtype + "; allowed are F32, F64, F16, BF16");
        }
        if (dtype.isInteger()) {
            assertThat(file.longs("t")).hasSize(8);
        } else {
            assertThatThrownBy(() -> file.longs("t"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageStartingWith("tensor 't' has type " + dtype + "; allowed are BOOL, U8");
        }
        if (dtype == DType.F64) {
            assertThat(file.doubles("t")).hasSize(8);
        } else {
            assertThatThrownBy(() -> file.doubles("t"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessage("tensor 't' has type " + dtype + "; allowed are F64");
        }
    }

    @Test
    void halvesBecomeTheSameFloats() throws IOException {
        ByteBuffer data = bytes(4 * 65536);
        for (int i = 0; i < 65536; i++) {
            data.putShort(2 * i, (short) i).putShort(2 * (65536 + i), (short) i);
        }
        String header = "{" + entry("f16", "F16", "[65536]", 0, 131072) + ","
                + entry("bf16", "BF16", "[65536]", 131072, 262144) + "}";
        SafetensorsFile file = SafetensorsFile.read(RawFile.of(header, data.array()));
        float[] expectedF16 = new float[65536];
        float[] expectedBf16 = new float[65536];
        for (int i = 0; i < 65536; i++) {
            expectedF16[i] = (float) half(i, 5, 10);
            expectedBf16[i] = (float) half(i, 8, 7);
        }
        assertThat(file.floats("f16")).isEqualTo(expectedF16);
        assertThat(file.floats("bf16")).isEqualTo(expectedBf16);
    }

    /** What 16 bits of sign, exponent and fraction mean, by the book. */
    private static double half(int bits, int exponentBits, int fractionBits) {
        int bias = (1 << exponentBits - 1) - 1;
        int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
        double fraction = (bits & (1 << fractionBits) - 1) / (double) (1 << fractionBits);
        double magnitude;
        if (exponent == (1 << exponentBits) - 1) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else {
            magnitude = exponent == 0
                    ? fraction * Math.pow(2, 1 - bias)
                    : (1 + fraction) * Math.pow(2, exponent - bias);
        }
        return bits >> 15 == 0 ? magnitude : -magnitude;
    }

    @Test
    void doublesAreRounded() throws IOException {
        double[] values = {0.1, -0.0, 1e300, -1e300, 1e-300, 1 + Math.ulp(1f) / 2, Double.NaN, 3e-45, Float.MAX_VALUE};
        ByteBuffer data = bytes(8 * values.length);
        data.asDoubleBuffer().put(values);
        String header = "{" + entry("t", "F64", "[" + values.length + "]", 0, data.capacity()) + "}";
        SafetensorsFile file = SafetensorsFile.read(RawFile.of(header, data.array()));
        assertThat(file.doubles("t")).containsExactly(values);
        assertThat(file.floats("t")).containsExactly(
                0.1f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, 1, Float.NaN, 3e-45f, Float.MAX_VALUE);
    }

    @Test
    void integersKeepSignAndValue() throws IOException {
        ByteBuffer data = bytes(56)
                .putLong(Long.MIN_VALUE).putLong(-1)
                .putInt(Integer.MIN_VALUE).putInt(-1).putInt(Integer.MIN_VALUE).putInt(-1)
                .putShort(Short.MIN_VALUE).putShort((short) -1).putShort(Short.MIN_VALUE).putShort((short) -1)
                .put((byte) -128).put((byte) -1).put((byte) -128).put((byte) -1)
                .put((byte) 0).put((byte) 1).put((byte) 2).put((byte) -1);
        String header = "{" + String.join(",",
                entry("i64", "I64", "[2]", 0, 16), entry("i32", "I32", "[2]", 16, 24),
                entry("u32", "U32", "[2]", 24, 32), entry("i16", "I16", "[2]", 32, 36),
                entry("u16", "U16", "[2]", 36, 40), entry("i8", "I8", "[2]", 40, 42),
                entry("u8", "U8", "[2]", 42, 44), entry("bool", "BOOL", "[4]", 44, 48),
                entry("rest", "U8", "[8]", 48, 56)) + "}";
        SafetensorsFile file = SafetensorsFile.read(RawFile.of(header, data.array()));
        assertThat(file.longs("i64")).containsExactly(Long.MIN_VALUE, -1);
        assertThat(file.longs("i32")).containsExactly(Integer.MIN_VALUE, -1);
        assertThat(file.longs("u32")).containsExactly(1L << 31, (1L << 32) - 1);
        assertThat(file.longs("i16")).containsExactly(Short.MIN_VALUE, -1);
        assertThat(file.longs("u16")).containsExactly(1 << 15, (1 << 16) - 1);
        assertThat(file.longs("i8")).containsExactly(-128, -1);
        assertThat(file.longs("u8")).containsExactly(128, 255);
        assertThat(file.longs("bool")).containsExactly(0, 1, 2, 255);
    }

    /** Values come in chunks; none may be lost or doubled where these meet, wherever the data begins. */
    @ParameterizedTest
    @EnumSource
    void everyAlignmentAndLength(Door door) throws IOException {
        int chunk = Data.CHUNK_BYTES / 8;
        for (int padding = 0; padding < 8; padding++) {
            for (int n : new int[] {0, 1, 2, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 2 * chunk + 1}) {
                ByteBuffer data = bytes(20 * n);
                for (int i = 0; i < n; i++) {
                    data.putLong(8 * i, i * GOLDEN).putDouble(8 * (n + i), i * 0.1);
                    data.putInt(16 * n + 4 * i, (int) (i * GOLDEN));
                }
                String header = "{" + String.join(",",
                        entry("l", "I64", "[" + n + "]", 0, 8 * n), entry("d", "F64", "[" + n + "]", 8 * n, 16 * n),
                        entry("f", "F32", "[" + n + "]", 16 * n, 20 * n)) + "}" + " ".repeat(padding);
                try (SafetensorsFile file = door.read(RawFile.of(header, data.array()), folder)) {
                    checkSequence(file, n, padding);
                }
            }
        }
    }

    private static void checkSequence(SafetensorsFile file, int n, int padding) throws IOException {
        long[] longs = file.longs("l");
        double[] doubles = file.doubles("d");
        float[] rounded = file.floats("d");
        float[] floats = file.floats("f");
        assertThat(List.of(longs.length, doubles.length, rounded.length, floats.length)).containsOnly(n);
        for (int i = 0; i < n; i++) {
            if (longs[i] != i * GOLDEN || doubles[i] != i * 0.1 || rounded[i] != (float) (i * 0.1)
                    || Float.floatToRawIntBits(floats[i]) != (int) (i * GOLDEN)) {
                throw new AssertionError("element " + i + " of " + n + ", padding " + padding);
            }
        }
    }

    @Test
    void namesAreAskedForAsTheyAre() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(RawFile.of("{" + entry("a", "U8", "[0]", 0, 0) + "}"));
        assertThatThrownBy(() -> file.longs("A"))
                .isInstanceOf(SafetensorsException.class)
                .hasMessage("there is no tensor 'A' among the file's 1");
        assertThatThrownBy(() -> file.floats("__metadata__")).isInstanceOf(SafetensorsException.class);
        assertThatThrownBy(() -> file.floats(null)).isInstanceOf(NullPointerException.class).hasMessage("name");
        assertThatThrownBy(() -> file.metadata().put("k", "v")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> file.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    private Path twoTensors() throws IOException {
        String header = "{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[100000]", 8, 400_008) + "}";
        ByteBuffer data = bytes(400_008);
        for (int i = 0; i < 100_002; i++) {
            data.putFloat(i);
        }
        return Files.write(folder.resolve("two.safetensors"), RawFile.of(header, data.array()));
    }

    @Test
    void aFileCutOffAfterItsHeaderWasRead() throws IOException {
        Path path = twoTensors();
        long size = Files.size(path);
        try (SafetensorsFile file = SafetensorsFile.read(path);
                RandomAccessFile end = new RandomAccessFile(path.toFile(), "rw")) {
            end.setLength(size - 1);
            assertThat(file.floats("a")).containsExactly(0, 1);
            assertThatThrownBy(() -> file.floats("b"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessage("tensor 'b' cannot be read: the file had %d bytes and has %d now", size, size - 1);
            end.setLength(0);
            assertThatThrownBy(() -> file.floats("a"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageEndingWith("the file had %d bytes and has 0 now", size);
        }
        assertThatThrownBy(() -> SafetensorsFile.read(path)).hasMessage(path + ": the file has 0 bytes;"
                + " a safetensors file begins with an 8-byte length");
    }

    @Test
    void aFileReplacedStaysTheOldOne() throws IOException {
        Path path = twoTensors();
        try (SafetensorsFile file = SafetensorsFile.read(path)) {
            Path other = Files.write(folder.resolve("other"), RawFile.of("{}"));
            Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
            assertThat(file.floats("b")).hasSize(100_000).endsWith(100_000, 100_001);
        }
    }

    @Test
    void aClosedFileSaysSo() throws IOException {
        SafetensorsFile file = SafetensorsFile.read(twoTensors());
        file.close();
        file.close();
        assertThat(file.tensors()).containsOnlyKeys("a", "b");
        assertThatThrownBy(() -> file.floats("a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the file is closed");
        SafetensorsFile memory = SafetensorsFile.read(Files.readAllBytes(twoTensors()));
        memory.close();
        assertThat(memory.floats("a")).containsExactly(0, 1);
    }

    @Test
    void anInterruptedThreadReadsNothing() throws IOException {
        Path path = twoTensors();
        SafetensorsFile file = SafetensorsFile.read(path);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> file.floats("a"))
                .isInstanceOf(SafetensorsException.class)
                .hasMessage("tensor 'a': reading was interrupted")
                .hasCauseInstanceOf(ClosedByInterruptException.class);
        assertThatThrownBy(() -> SafetensorsFile.read(path)).isInstanceOf(ClosedByInterruptException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThatThrownBy(() -> file.floats("a")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void manyThreadsReadOneFile() throws IOException, InterruptedException, ExecutionException {
        try (SafetensorsFile file = SafetensorsFile.read(twoTensors());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<float[]>> reads = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                String name = i % 2 == 0 ? "a" : "b";
                reads.add(threads.submit(() -> file.floats(name)));
            }
            for (int i = 0; i < 64; i++) {
                float[] values = reads.get(i).get();
                assertThat(values).hasSize(i % 2 == 0 ? 2 : 100_000);
                for (int k = 0; k < values.length; k++) {
                    assertThat(values[k]).isEqualTo(i % 2 == 0 ? k : k + 2);
                }
            }
        }
    }

    /** Three gigabytes that take no space on disk. */
    @Test
    void aFileLargerThanAnyArray() throws IOException {
        long big = 3_000_000_000L;
        String header = "{" + entry("big", "U8", "[" + big + "]", 0, big) + ","
                + entry("last", "F32", "[1]", big, big + 4) + "}";
        Path path = folder.resolve("sparse.safetensors");
        byte[] start = RawFile.of(header);
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.write(start);
            sparse.seek(start.length + big);
            sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(1.5f)));
        }
        try (SafetensorsFile file = SafetensorsFile.read(path)) {
            assertThat(file.floats("last")).containsExactly(1.5f);
            assertThatThrownBy(() -> file.longs("big"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessage("tensor 'big' has 3000000000 elements; an array has 2147483639 at most");
        }
        try (InputStream stream = Files.newInputStream(path)) {
            assertThatThrownBy(() -> SafetensorsFile.read(stream))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessage("the tensors take 3000000004 bytes; from a stream at most 2147483639 can be read,"
                            + " from a path any number");
        }
    }
}
