package dev.softpick.cli.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvInputTest {

    @TempDir
    private Path folder;

    private float[] read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    private float[] read(byte[] text) throws IOException {
        try (Sequences input = Sequences.open(Files.write(folder.resolve("x.csv"), text))) {
            assertThat(input.shape().batch()).isOne();
            float[] values = new float[input.shape().sequence()];
            input.read(0, 1, values);
            return values;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "1,-2.5\n3e-3,.5\n", "1,-2.5\n3e-3,.5", "1,-2.5\r\n3E-3,0.5\r\n", " 1 ,\t-2.5\n+3e-3, 5e-1\n",
        "\ufeff1,-2.5\n0.003,0.5\n"
    })
    void aLineIsAStep(String text) throws IOException {
        assertThat(read(text)).containsExactly(1, -2.5f, 3e-3f, 0.5f);
    }

    @Test
    void blankLinesAtTheEndDoNotCount() throws IOException {
        assertThat(read("1,2\n\n")).containsExactly(1, 2);
        assertThat(read("1,2\r\n\r\n \t\r\n\n  ")).containsExactly(1, 2);
    }

    @Test
    void whatIsNoNumberIsReadInAnyCaseAndSign() throws IOException {
        for (String name : List.of("nan", "NaN", "NAN", "Nan", "-nan", "+NaN", "-NAN")) {
            assertThat(read(name + "," + name + "\n")).as(name).containsExactly(Float.NaN, Float.NaN);
        }
        for (String name : List.of("inf", "Inf", "INF", "Infinity", "infinity", "INFINITY")) {
            assertThat(read(name + ",-" + name + ",+" + name + "\n")).as(name).containsExactly(
                    Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            1,2\\n3,x\\n                | line 2, column 2: 'x' is not a number
            1,2\\n3,4,5\\n              | line 2 has 3 values; line 1 has 2
            1,2\\n3\\n                  | line 2 has 1 values; line 1 has 2
            1,2\\n\\n3,4\\n             | line 2 is empty
            1,2\\n\\n\\n3,4            | line 2 is empty
            \\n1,2\\n                   | line 1 is empty
            1,\\n                       | line 1, column 2: '' is not a number
            1,,2\\n                     | line 1, column 2: '' is not a number
            "1",2\\n                    | line 1, column 1: '"1"' is not a number
            1,2\\n3,1e39\\n             | line 2, column 2: '1e39' is more than a float32 can hold
            0x1p3\\n                    | '0x1p3' is not a number
            1f\\n                       | '1f' is not a number
            1e\\n                       | '1e' is not a number
            --1\\n                      | '--1' is not a number
            1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | 'aaaaaaaaaaaaaaaaaaaaaaaa...' is not a number
            """)
    void aBadLineIsNamed(String text, String message) {
        assertThatThrownBy(() -> read(text.replace("\\n", "\n"))).isInstanceOf(MalformedException.class)
                .hasMessageContaining("x.csv").hasMessageContaining(message);
    }

    /** As the first Macs wrote lines. */
    @Test
    void whatIsQuotedStaysOnOneLine() {
        assertThatThrownBy(() -> read("1,2\r3,4\r")).hasMessageContaining("line 1, column 2: '2\\r3' is not a number")
                .hasMessageNotContainingAny("\n", "\r");
    }

    @Test
    void anEmptyFileIsRefused() {
        assertThatThrownBy(() -> read("")).hasMessageContaining("is empty; a line a step is needed");
        assertThatThrownBy(() -> read("\n")).hasMessageContaining("is empty; a line a step is needed");
        assertThatThrownBy(() -> read("\ufeff")).hasMessageContaining("is empty");
    }

    @Test
    void bytesThatAreNoTextAreRefusedInWords() {
        assertThatThrownBy(() -> read(new byte[] {(byte) 0xff, 0, 1, ',', '\n'}))
                .hasMessageContaining("line 1, column 1");
    }

    @Test
    void theShortestFormReadsBackToTheSameFloat() throws IOException {
        float[] values = {
            Float.MIN_VALUE, Float.MAX_VALUE, -0f, 0.1f, 1 / 3f, 16777217, 1e10f, Float.NaN, Float.NEGATIVE_INFINITY
        };
        Samples.csv(folder.resolve("y.csv"), values, values.length);
        assertThat(read(Files.readAllBytes(folder.resolve("y.csv")))).containsExactly(values);
    }
}
