package dev.softpick.cli.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and streams have one scanner: the same lines, the same numbers, the same words for what is wrong. */
class CsvScannerTest {

    private static final int LONGEST_LINE = (1 << 16) + 2 * 64;

    @TempDir
    private Path folder;

    /** What a stream that is cut into pieces of {@code piece} bytes says, line by line. */
    private static List<String> frames(byte[] text, int piece) throws IOException {
        InputStream pieces = new ByteArrayInputStream(text) {
            @Override
            public synchronized int read(byte[] to, int offset, int length) {
                return super.read(to, offset, Math.min(length, piece));
            }
        };
        Frames frames = new Frames.Csv(pieces, 2);
        List<String> said = new ArrayList<>();
        float[] frame = new float[2];
        while (true) {
            try {
                if (!frames.next(frame)) {
                    return said;
                }
                said.add(Arrays.toString(frame));
            } catch (MalformedException e) {
                said.add(e.getMessage());
            }
        }
    }

    private String fileError(byte[] text) throws IOException {
        Path file = Files.write(folder.resolve("x.csv"), text);
        try (Sequences _ = Sequences.open(file)) {
            return null;
        } catch (IOException e) {
            return e.getMessage().replace(file.toString(), "standard input");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '`', textBlock = """
            1;2\\n3;4               ! has ';' between its values; commas are needed
            1.5\\t-2e3              ! has '\\t' between its values; commas are needed
            1.5 -2e3                ! has ' ' between its values; commas are needed
            ` 1   2 `               ! has ' ' between its values; commas are needed
            1|2                     ! has '|' between its values; commas are needed
            1,5;2,5                 ! has ';' between its values and ',' within them; commas between values and
            time,value\\n1,2        ! is a header, 'time,value'; leave it out
            "t (s)","x"\\n1,2       ! is a header, '"t (s)","x"'; leave it out
            time;value\\n1,2        ! is a header, 'time;value'; leave it out
            """)
    void whatPeopleHaveInsteadIsNamedInFilesAndStreamsAlike(String line, String message) throws IOException {
        byte[] text = line.replace("\\n", "\n").replace("\\t", "\t").getBytes(StandardCharsets.UTF_8);
        String said = frames(text, 1000).getFirst();
        assertThat(said).startsWith("standard input, line 1 " + message);
        assertThat(fileError(text)).isEqualTo(said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
    void wideTextIsNamedWithAndWithoutAMark(String charset) throws IOException {
        for (String mark : List.of("\ufeff", "")) {
            byte[] text = (mark + "1,2\n3,4\n").getBytes(Charset.forName(charset));
            assertThat(fileError(text)).isEqualTo("standard input, line 1 is UTF-16 text; UTF-8 is needed");
            assertThat(frames(text, 1000)).hasSizeGreaterThanOrEqualTo(2).allMatch(said -> said.contains("UTF-16"));
        }
    }

    @Test
    void laterLinesAreNoHeaders() throws IOException {
        assertThat(frames("1,2\na,b\n1;2\n".getBytes(), 1000)).containsExactly(
                "[1.0, 2.0]", "standard input, line 2, column 1: 'a' is not a number",
                "standard input, line 3 has ';' between its values; commas are needed");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '`', textBlock = """
            1,\u22122       ! '\u22122'
            1,2\u00a0       ! '2\\u00a0'
            1,\u200b2       ! '\\u200b2'
            1,2NUL          ! '2\\u0000'
            1,2\u001b[31m   ! '2\\u001b[31m'
            """)
    void everyCharacterOfWhatIsWrongIsSeen(String line, String quote) throws IOException {
        byte[] text = line.replace("NUL", "\0").getBytes(StandardCharsets.UTF_8);
        String said = "standard input, line 1, column 2: " + quote + " is not a number";
        assertThat(frames(text, 1000)).containsExactly(said);
        assertThat(fileError(text)).isEqualTo(said);
    }

    @Test
    void blankLinesCountWhereOthersFollow() throws IOException {
        byte[] text = "1,2\n\n \r\n3,4\n\n\n".getBytes(StandardCharsets.UTF_8);
        assertThat(frames(text, 1000)).containsExactly(
                "[1.0, 2.0]", "standard input, line 2 is empty; each line must hold values",
                "standard input, line 3 is empty; each line must hold values", "[3.0, 4.0]");
        assertThat(frames("\n\n".getBytes(), 1000)).isEmpty();
        assertThat(fileError(text)).isEqualTo("standard input, line 2 is empty; each line must hold values");
    }

    /** Lengths around the limit and around buffers, each cut in several ways. */
    @ParameterizedTest
    @ValueSource(ints = {
        LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 66_600, 80_000, 100_000, 131_000, 131_072, 131_200, 200_000
    })
    void whetherALineIsTooLongDoesNotDependOnHowItComes(int length) throws IOException {
        for (String end : List.of("\n5,6\n", "\n", "")) {
            byte[] text = ("3,4\n1," + " ".repeat(length - 3) + "2" + end).getBytes(StandardCharsets.UTF_8);
            List<String> expected = new ArrayList<>(List.of("[3.0, 4.0]", length > LONGEST_LINE
                    ? "standard input, line 2 is longer than " + LONGEST_LINE + " bytes" : "[1.0, 2.0]"));
            if (end.length() > 1) {
                expected.add("[5.0, 6.0]");
            }
            for (int piece : new int[] {4096, 65_535, 65_536, 65_537, 1 << 20, 999}) {
                assertThat(frames(text, piece)).as("pieces of %d", piece).isEqualTo(expected);
            }
        }
    }

    @Test
    void filesMayHaveLongLines() throws IOException {
        assertThat(fileError(("1" + " ".repeat(3_000_000) + ",2\n3,4").getBytes())).isNull();
    }

    @Test
    void whatCannotBeReadIsNamed() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Is a directory");
            }
        };
        assertThatThrownBy(() -> new Frames.Csv(broken, 2).next(new float[2]))
                .hasMessage("standard input: Is a directory");
        assertThatThrownBy(() -> new Frames.Raw(broken, 2).next(new float[2]))
                .hasMessage("standard input: Is a directory");
    }
}
