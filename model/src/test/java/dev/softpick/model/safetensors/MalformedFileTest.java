package dev.softpick.model.safetensors;

import static dev.softpick.model.safetensors.RawFile.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.safetensors.RawFile.Door;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One file for every rule of the format that breaks this rule and no other. */
@Tag("once")
class MalformedFileTest {

    private static final String GOOD = entry("a", "F32", "[1]", 0, 4);

    @TempDir
    private Path folder;

    private void refused(byte[] file, String fragment) throws IOException {
        RawFile.assertRefused(file, folder, fragment);
    }

    @Test
    void theFileUsedBelowIsGoodWithoutItsFault() throws IOException {
        for (Door door : Door.values()) {
            assertThat(door.refusal(RawFile.of("{" + GOOD + "}", new byte[4]), folder)).isNull();
        }
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
                             | the file has 0 bytes
            02000000000000   | the file has 7 bytes
            0200000000000000 | the header's length is 2; only 0 bytes follow it
            02000000000000007b | the header's length is 2; only 1 bytes follow it
            00000000000000007b7d | the header's length is 0; allowed is 2 to 2 in this file
            01000000000000007b7d | the header's length is 1; allowed is 2 to 2 in this file
            03000000000000007b7d | the header's length is 3; allowed is 2 to 2 in this file
            ffffff7f000000007b7d | the header's length is 2147483647; allowed is 2 to 2 in this file
            02000000010000007b7d | the header's length is 4294967298; allowed is 2 to 2 in this file
            ffffffffffffff7f7b7d | the header's length is 9223372036854775807; allowed is 2 to 2 in this file
            00000000000000807b7d | the header's length is 9223372036854775808; allowed is 2 to 2 in this file
            ffffffffffffffff7b7d | the header's length is 18446744073709551615; allowed is 2 to 2 in this file
            """)
    void length(String hex, String fragment) throws IOException {
        byte[] file = HexFormat.of().parseHex(hex == null ? "" : hex);
        for (Door door : List.of(Door.BYTES, Door.PATH)) {
            assertThat(door.refusal(file, folder)).as("%s", door).contains(fragment);
        }
        // a stream does not know what follows until it has ended
        assertThat(Door.STREAM.refusal(file, folder)).contains(fragment.replaceFirst(";.*", ""));
    }

    @Test
    void aHeaderOverTheLimitIsRefusedHoweverLongTheFile() throws IOException {
        Path file = folder.resolve("sparse.safetensors");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(200_000_000);
            sparse.writeLong(Long.reverseBytes(100_000_001));
        }
        assertThatThrownBy(() -> SafetensorsFile.read(file))
                .isInstanceOf(SafetensorsException.class)
                .hasMessageEndingWith("the header's length is 100000001; allowed is 2 to 100000000 in this file");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "efbbbf7b7d, does not begin with '{'",
        "5b5d, does not begin with '{'",
        "7b007d00, expected '\"'",
        "7b22ff227d, not UTF-8 (byte 2",
        "7b22c080227d, not UTF-8 (byte 2",
        "7b22e08080227d, not UTF-8 (byte 2",
        "7b22eda080227d, not UTF-8 (byte 2",
        "7b22f4908080227d, not UTF-8 (byte 2",
        "7b2280227d, not UTF-8 (byte 2",
        "7b7dc3, not UTF-8 (byte 2",
        "7b7d00, that is not padding: byte 0x0",
        "7b7d0b, that is not padding: byte 0xb",
        "0c7b7d, does not begin with '{'",
        "7b7dc2a0, that is not padding: byte 0xc2",
        "7b7d7d, that is not padding: '}'",
        "7b7d207b7d, that is not padding: '{'",
    })
    void bytesOfTheHeader(String hex, String fragment) throws IOException {
        refused(RawFile.of(HexFormat.of().parseHex(hex)), fragment);
    }

    /** The decoder goes through a long header in several steps. */
    @Test
    void notUtf8FarFromTheBeginning() throws IOException {
        for (int at : new int[] {4094, 4095, 4096, 4097, 8192, 100_000}) {
            byte[] header = ("{\"" + "n".repeat(at - 2) + "?\":{}}").getBytes(StandardCharsets.US_ASCII);
            header[at] = (byte) 0xff;
            refused(RawFile.of(header), "not UTF-8 (byte " + at + " of the header)");
        }
    }

    /** A byte that is no hexadecimal digit is none, whatever script it would be in as a character. */
    @Test
    void escapesHaveHexadecimalDigitsOnly() throws IOException {
        for (int c = ' '; c < 0x180; c++) {
            if (Character.digit(c, 16) < 0 || c > 0x7f) {
                String text = "{\"\\u004" + (c == '"' || c == '\\' ? "g" : Character.toString(c)) + "\":{}}";
                assertThat(Door.BYTES.refusal(RawFile.of(text), folder)).contains("without four hexadecimal digits");
            }
        }
    }

    static final List<String[]> JSON = List.of(
            new String[] {"{{", "expected '\"', found '{'"},
            new String[] {"{ ", "expected '\"', found the end"},
            new String[] {"{]", "expected '\"', found ']'"},
            new String[] {"{,}", "expected '\"', found ','"},
            new String[] {"{'a':1}", "expected '\"', found '''"},
            new String[] {"{a:1}", "expected '\"', found 'a'"},
            new String[] {"{/**/}", "expected '\"', found '/'"},
            new String[] {"{\"a\"}", "expected ':', found '}'"},
            new String[] {"{\"a\":}", "expected '{', found '}'"},
            new String[] {"{\"a\":", "expected '{', found the end"},
            new String[] {"{\"a\":1}", "expected '{', found '1'"},
            new String[] {"{\"a\":null}", "expected '{', found 'n'"},
            new String[] {"{\"a\":[]}", "expected '{', found '['"},
            new String[] {"{\"a\":\"\"}", "expected '{', found '\"'"},
            new String[] {"{\"a\":{\"dtype\":{}}}", "expected '\"', found '{'"},
            new String[] {"{" + GOOD, "expected '}' or ',', found the end"},
            new String[] {"{" + GOOD + ",}", "expected '\"', found '}'"},
            new String[] {"{" + GOOD + "]", "expected '}' or ',', found ']'"},
            new String[] {"{" + GOOD + " \"b\":{}}", "expected '}' or ',', found '\"'"},
            new String[] {"{" + GOOD + ";}", "expected '}' or ',', found ';'"},
            new String[] {"{\"a", "a string has a control character or does not end"},
            new String[] {"{\"a\\", "a string has a control character or does not end"},
            new String[] {"{\"a\\\"", "a string has a control character or does not end"},
            new String[] {"{\"a\nb\":{}}", "a string has a control character or does not end"},
            new String[] {"{\"a\tb\":{}}", "a string has a control character or does not end"},
            new String[] {"{\"a\0b\":{}}", "a string has a control character or does not end"},
            new String[] {"{\"\\x41\":{}}", "a string has an unknown escape"},
            new String[] {"{\"\\é\":{}}", "a string has an unknown escape"},
            new String[] {"{\"\\U0041\":{}}", "a string has an unknown escape"},
            new String[] {"{\"\\0\":{}}", "a string has an unknown escape"},
            new String[] {"{\"\\u004\":{}}", "without four hexadecimal digits"},
            new String[] {"{\"\\u\":{}}", "without four hexadecimal digits"},
            new String[] {"{\"\\u00g1\":{}}", "without four hexadecimal digits"},
            new String[] {"{\"\\u+041\":{}}", "without four hexadecimal digits"},
            new String[] {"{\"\\u ２３４\":{}}", "without four hexadecimal digits"},
            new String[] {"{\"\\ud83d\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ud83dx\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ud83d\\n\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ud83d\\ud83d\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ud83d\\u0041\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ude00\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ude00\\ud83d\":{}}", "half a surrogate pair"},
            new String[] {"{\"\\ude00\\ude00\":{}}", "half a surrogate pair"});

    @ParameterizedTest(name = "{1}")
    @FieldSource("JSON")
    void json(String header, String fragment) throws IOException {
        refused(RawFile.of(header, new byte[4]), fragment);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            [-1]                    | not a plain non-negative
            [-0]                    | not a plain non-negative
            [+1]                    | not a plain non-negative
            [01]                    | not a plain non-negative
            [00]                    | not a plain non-negative
            [1.0]                   | expected ']' or ',', found '.'
            [1.]                    | expected ']' or ',', found '.'
            [.1]                    | not a plain non-negative
            [1e0]                   | expected ']' or ',', found 'e'
            [1E0]                   | expected ']' or ',', found 'E'
            [0x1]                   | expected ']' or ',', found 'x'
            [1_0]                   | expected ']' or ',', found '_'
            [1L]                    | expected ']' or ',', found 'L'
            [１]                    | not a plain non-negative
            ["1"]                   | not a plain non-negative
            [null]                  | not a plain non-negative
            [true]                  | not a plain non-negative
            [NaN]                   | not a plain non-negative
            [[1]]                   | not a plain non-negative
            [{}]                    | not a plain non-negative
            [,]                     | not a plain non-negative
            [1,]                    | not a plain non-negative
            [,1]                    | not a plain non-negative
            [1,,1]                  | not a plain non-negative
            [1 1]                   | expected ']' or ',', found '1'
            [1                      | not a plain non-negative
            1                       | expected '[', found '1'
            null                    | expected '[', found 'n'
            {}                      | expected '[', found '{'
            [9223372036854775808]   | is too large; allowed is up to 9223372036854775807
            [18446744073709551617]  | is too large; allowed is up to 9223372036854775807
            [99999999999999999999999999999999999999999999] | is too large; allowed is up to 9223372036854775807
            [2]                     | shape [2] has 4 bytes; it needs 8
            [0]                     | shape [0] has 4 bytes; it needs 0
            [1,1,2]                 | shape [1, 1, 2] has 4 bytes; it needs 8
            [9223372036854775807]   | of shape [9223372036854775807] is too large
            [2305843009213693953]   | of shape [2305843009213693953] is too large
            [4294967296,4294967296] | of shape [4294967296, 4294967296] is too large
            [4294967297,4294967295,4294967297] | of shape [4294967297, 4294967295, 4294967297] is too large
            [9223372036854775807,2,0] | of shape [9223372036854775807, 2, 0] is too large
            [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] | a list has more than 32 numbers
            """)
    void shapes(String shape, String fragment) throws IOException {
        refused(RawFile.of("{" + entry("a", "F32", shape, 0, 4) + "}", new byte[4]), fragment);
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource({
        "F4, [1], 'has 1 bytes; it needs 0 and a part of one'",
        "F4, [3], 'has 1 bytes; it needs 1 and a part of one'",
        "F6_E2M3, [1], 'has 1 bytes; it needs 0 and a part of one'",
        "F6_E3M2, [4], 'has 1 bytes; it needs 3'",
        "F16, [1], 'has 1 bytes; it needs 2'",
        "C64, [1], 'has 1 bytes; it needs 8'",
        "f32, [1], 'has unknown dtype ''f32''; allowed are [BOOL, F4,'",
        "F33, [1], 'has unknown dtype ''F33''; allowed are [BOOL, F4,'",
        "'', [1], 'has unknown dtype ''''; allowed are [BOOL, F4,'",
        "'F32 ', [1], 'has unknown dtype ''F32 ''; allowed are [BOOL, F4,'",
    })
    void types(String dtype, String shape, String fragment) throws IOException {
        refused(RawFile.of("{" + entry("a", dtype, shape, 0, 1) + "}", new byte[1]), fragment);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            "shape":[1],"data_offsets":[0,4]                                      | lacks dtype
            "dtype":"F32","data_offsets":[0,4]                                    | lacks shape
            "dtype":"F32","shape":[1]                                             | lacks data_offsets
                                                                                  | lacks dtype
            "dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]          | has dtype twice
            "dtype":"F32","d\\u0074ype":"F32","shape":[1],"data_offsets":[0,4]    | has dtype twice
            "dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]            | has shape twice
            "dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]   | has data_offsets twice
            "dtype":"F32","shape":[1],"data_offsets":[0,4],"note":"","note":1     | has key 'note' twice
            "note":"","dtype":"F32","n\\u006fte":1,"shape":[1]                    | has key 'note' twice
            "dtype":"F32","shape":[1],"data_offsets":[0,4],"":{},"":{}            | has key '' twice
            "Dtype":"F32","shape":[1],"data_offsets":[0,4]                        | lacks dtype
            "dtype":32,"shape":[1],"data_offsets":[0,4]                           | expected '"', found '3'
            "dtype":null,"shape":[1],"data_offsets":[0,4]                         | expected '"', found 'n'
            "dtype":"F32","shape":[1],"data_offsets":[]                           | has data_offsets []; allowed are
            "dtype":"F32","shape":[1],"data_offsets":[4]                          | has data_offsets [4]; allowed are
            "dtype":"F32","shape":[1],"data_offsets":[4,0]                        | has data_offsets [4, 0]; allowed
            "dtype":"F32","shape":[1],"data_offsets":[0,4,4]                      | a list has more than 2 numbers
            "dtype":"F32","shape":[1],"data_offsets":[0,5]                        | has 5 bytes; it needs 4
            "dtype":"F32","shape":[1],"data_offsets":[0,3]                        | has 3 bytes; it needs 4
            "dtype":"F32","shape":[1],"data_offsets":[1,5]                        | begins at byte 1 of the data
            "dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807] | begins at byte 922337
            """)
    void entries(String members, String fragment) throws IOException {
        refused(RawFile.of("{\"a\":{" + (members == null ? "" : members) + "}}", new byte[4]), fragment);
    }

    /** What stands under a key that the format does not know is still JSON. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                       | expected a value, found '}'
            ,          | expected a value, found ','
            nul        | expected null, found '}'
            nulll      | expected '}' or ',', found 'l'
            True       | expected a value, found 'T'
            tru        | expected true, found '}'
            falsE      | expected false, found 'E'
            NaN        | expected a value, found 'N'
            Infinity   | expected a value, found 'I'
            +1         | expected a value, found '+'
            .5         | expected a value, found '.'
            -          | a number lacks a digit, found '}'
            -x         | a number lacks a digit, found 'x'
            01         | expected '}' or ',', found '1'
            1.         | a number lacks a digit, found '}'
            1.e5       | a number lacks a digit, found 'e'
            1e         | a number lacks a digit, found '}'
            1e+        | a number lacks a digit, found '}'
            0x1        | expected '}' or ',', found 'x'
            1 2        | expected '}' or ',', found '2'
            'a'        | expected a value, found '''
            "a         | a string has a control character or does not end
            "\\x"      | a string has an unknown escape
            "\\ud800"  | half a surrogate pair
            [1,]       | expected a value, found ']'
            [,1]       | expected a value, found ','
            [1 2]      | expected ']' or ',', found '2'
            [1}        | expected ']' or ',', found '}'
            [[1]       | expected ']' or ',', found '}'
            {"b"}      | expected ':', found '}'
            {"b":}     | expected a value, found '}'
            {"b":1,}   | expected '"', found '}'
            {b:1}      | expected '"', found 'b'
            {1:1}      | expected '"', found '1'
            {"b":1]    | expected '}' or ',', found ']'
            {"b":[}    | expected a value, found '}'
            """)
    void unknownKeys(String value, String fragment) throws IOException {
        String entry = GOOD.substring(0, GOOD.length() - 1);
        refused(RawFile.of("{" + entry + ",\"x\":" + (value == null ? "" : value) + "}}", new byte[4]), fragment);
    }

    static final List<String[]> NAMES = List.of(
            new String[] {"", "tensor name '' is empty or has a control character"},
            new String[] {"\\u0000", "tensor name '?' is empty or has a control character"},
            new String[] {"a\\u0000", "tensor name 'a?' is empty or has a control character"},
            new String[] {"a\\nb", "tensor name 'a?b' is empty or has a control character"},
            new String[] {"\\u001b[2J", "tensor name '?[2J' is empty or has a control character"},
            new String[] {"\u007f", "tensor name '?' is empty or has a control character"},
            new String[] {"\u0085", "tensor name '?' is empty or has a control character"},
            new String[] {"\u009b2J", "tensor name '?2J' is empty or has a control character"});

    @ParameterizedTest(name = "{1}")
    @FieldSource("NAMES")
    void names(String name, String fragment) throws IOException {
        refused(RawFile.of("{" + entry(name, "F32", "[1]", 0, 4) + "}", new byte[4]), fragment);
    }

    @Test
    void namesInMessagesAreShortAndOnOneLine() throws IOException {
        String name = "\u2028\u202e😀" + "é".repeat(100_000);
        refused(RawFile.of("{" + entry(name, "F32", "[2]", 0, 4) + "}", new byte[4]), "'??😀ééé");
    }

    static Stream<String[]> duplicates() {
        return Stream.of(
                new String[] {GOOD + "," + GOOD, "tensor 'a' stands twice"},
                new String[] {GOOD + "," + entry("\\u0061", "F32", "[0]", 4, 4), "tensor 'a' stands twice"},
                new String[] {"\"__metadata__\":{}," + GOOD + ",\"__metadata__\":{}", "__metadata__ stands twice"},
                new String[] {"\"__metadata__\":null,\"__metadata__\":null," + GOOD, "__metadata__ stands twice"},
                new String[] {"\"__metadata__\":{\"k\":\"\",\"\\u006b\":\"\"}," + GOOD, "key 'k' stands twice"},
                new String[] {"\"__metadata__\":{\"\":\"\",\"\":\"\"}," + GOOD, "key '' stands twice"});
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource
    void duplicates(String members, String fragment) throws IOException {
        refused(RawFile.of("{" + members + "}", new byte[4]), fragment);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            nul                    | expected null, found ','
            true                   | expected '{', found 't'
            "text"                 | expected '{', found '"'
            []                     | expected '{', found '['
            {"k":1}                | expected '"', found '1'
            {"k":null}             | expected '"', found 'n'
            {"k":true}             | expected '"', found 't'
            {"k":{}}               | expected '"', found '{'
            {"k":["v"]}            | expected '"', found '['
            {"k"}                  | expected ':', found '}'
            {"k":"v",}             | expected '"', found '}'
            {"k":"\\ud83d"}        | half a surrogate pair
            {"dtype":"F32","shape":[0],"data_offsets":[4,4]} | expected '"', found '['
            """)
    void metadata(String json, String fragment) throws IOException {
        refused(RawFile.of("{\"__metadata__\":" + json + "," + GOOD + "}", new byte[4]), fragment);
    }

    static Stream<Object[]> layouts() {
        return Stream.of(
                new Object[] {8, "", "the tensors take 0 bytes; the file has"},
                new Object[] {1, "\"__metadata__\":{}", "the tensors take 0 bytes; the file has 1"},
                new Object[] {3, entry("a", "F32", "[1]", 0, 4), "the tensors take 4 bytes; the file has 3"},
                new Object[] {5, entry("a", "F32", "[1]", 0, 4), "the tensors take 4 bytes; the file has 5"},
                new Object[] {0, entry("a", "F32", "[1]", 0, 4), "the tensors take 4 bytes; the file has 0"},
                new Object[] {8, entry("a", "U8", "[4]", 4, 8), "'a' begins at byte 4 of the data; the one before it"},
                new Object[] {12, entry("a", "U8", "[4]", 0, 4) + "," + entry("b", "U8", "[4]", 8, 12),
                    "'b' begins at byte 8 of the data; the one before it ends at 4"},
                new Object[] {8, entry("a", "U8", "[6]", 0, 6) + "," + entry("b", "U8", "[4]", 4, 8),
                    "'b' begins at byte 4 of the data; the one before it ends at 6"},
                new Object[] {4, entry("a", "U8", "[4]", 0, 4) + "," + entry("b", "U8", "[4]", 0, 4),
                    "begins at byte 0 of the data; the one before it ends at 4"},
                new Object[] {8, entry("a", "U8", "[8]", 0, 8) + "," + entry("b", "U8", "[4]", 2, 6),
                    "'b' begins at byte 2 of the data; the one before it ends at 8"},
                new Object[] {4, entry("a", "U8", "[4]", 0, 4) + "," + entry("b", "U8", "[0]", 2, 2),
                    "'b' begins at byte 2 of the data; the one before it ends at 4"},
                new Object[] {4, entry("a", "U8", "[4]", 0, 4) + "," + entry("b", "U8", "[0]", 5, 5),
                    "'b' begins at byte 5 of the data; the one before it ends at 4"},
                new Object[] {0, entry("a", "U8", "[4611686018427387904]", 0, 1L << 62),
                    "of shape [4611686018427387904] is too large"},
                new Object[] {0, entry("a", "U8", "[1125899906842624]", 0, 1L << 50), "1125899906842624 bytes"});
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource
    void layouts(int dataLength, String members, String fragment) throws IOException {
        refused(RawFile.of("{" + members + "}", new byte[dataLength]), fragment);
    }

    /** A download that broke off, wherever it did, and one that went on. */
    @ParameterizedTest
    @EnumSource(names = {"BYTES", "STREAM"})
    void everyOtherLengthIsRefused(Door door) throws IOException {
        byte[] file = RawFile.of("{" + GOOD + "," + entry("b", "I64", "[2]", 4, 20) + "} ", new byte[20]);
        assertThat(door.refusal(file, folder)).isNull();
        for (int length = 0; length < file.length; length++) {
            assertThat(door.refusal(Arrays.copyOf(file, length), folder)).as("length %d", length).isNotNull();
        }
        assertThat(door.refusal(Arrays.copyOf(file, file.length + 1), folder)).isNotNull();
    }

    @Test
    void whatIsNoFile() throws IOException {
        assertThatThrownBy(() -> SafetensorsFile.read(folder))
                .isInstanceOf(SafetensorsException.class)
                .hasMessage(folder + " is a folder; a safetensors file is needed");
        assertThatThrownBy(() -> SafetensorsFile.read(folder.resolve("none")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("none");
    }
}
