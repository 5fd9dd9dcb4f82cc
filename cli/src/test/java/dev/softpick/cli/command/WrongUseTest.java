package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import dev.softpick.cli.io.Samples;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong use: the exit code, one line on standard error that says what would be right, nothing left behind. */
class WrongUseTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void files() throws IOException {
        Samples.model(folder);
        Samples.npy(folder.resolve("x.npy"), Samples.images(2), 2, Samples.STEPS, Samples.EMBED);
        Samples.npy(folder.resolve("narrow.npy"), new float[2 * 8 * 15], 2, 8, 15);
        Samples.npy(folder.resolve("flat.npy"), new float[16], 16);
        Samples.npy(folder.resolve("empty.npy"), new float[0], 0, 8, 16);
        Files.writeString(folder.resolve("header.csv"), "time,value\n1,2\n");
        Files.writeString(folder.resolve("noise.safetensors"), "this is no model at all");
        Files.writeString(folder.resolve("x.txt"), "1,2\n");
        Samples.safetensors(
                folder.resolve("other.safetensors"),
                new String[] {"x"}, new String[] {"\"dtype\":\"F32\",\"shape\":[1,1,1]"}, new byte[4]);
        Samples.safetensors(
                folder.resolve("integers.safetensors"),
                new String[] {"input"}, new String[] {"\"dtype\":\"I64\",\"shape\":[1,16]"}, new byte[16 * 8]);
        Samples.safetensors(
                folder.resolve("huge.safetensors"),
                new String[] {"input"}, new String[] {"\"dtype\":\"F64\",\"shape\":[1,1]"},
                new byte[] {0, 0, 0, 0, 0, 0, (byte) 0xe0, 0x7f});
        Files.createDirectory(folder.resolve("sub.npy"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 |                                                    | run, stream, info, init, quantize, compare, bench
            2 | fly                                                | 'fly'
            2 | run --modle m                                      | did you mean --model
            2 | run @/x.npy                                        | x.npy
            2 | run --threads 0                                    | '0' is not a whole number from 1 to 1024
            2 | run --threads -3                                   | '-3' is not a whole number from 1 to 1024
            2 | run --threads many                                 | 'many' is not a whole number from 1 to 1024
            2 | compare --threads 0                                | '0' is not a whole number from 1 to 1024
            2 | run --threads                                      | --threads
            2 | run --backend gpu                                  | allowed are vector and scalar
            2 | run --normalizer sigmoid                           | allowed are softpick, softmax, ssmax, rectified
            2 | run --num-heads 0                                  | '0' is not a whole number from 1 to 16384
            2 | run --num-heads 3                                  | 3; it must divide the model's hidden_size 64
            2 | info --num-heads 48                                | 48; it must divide the model's hidden_size 64
            2 | info --model @/digits-softpick.safetensors --num-heads 3 | --num-heads is 3; it must divide
            2 | stream --model @/digits-softpick.safetensors --num-heads 3 | --num-heads is 3; it must divide
            2 | run --output-mode first                            | allowed are last, all, mean
            2 | run --model @/digits-softpick.safetensors          | needs --input
            2 | run --input @/x.txt                                | .npy, .safetensors or .csv
            2 | run --input @/x.npy --output @/y                   | .npy, .safetensors or .csv
            2 | run --input @/x.npy --output @/y.txt               | .npy, .safetensors or .csv
            2 | run --input @/x.npy --output @/x.npy               | the file that --input names
            2 | run --model MODEL --input @/x.npy --output MODEL   | the file that --model names
            2 | run --threads 1025                                 | '1025' is not a whole number from 1 to 1024
            1 | run --input @/none.npy                             | none.npy: no such file
            1 | run --input @/none.csv                             | none.csv: no such file
            1 | run --input @/none.safetensors                     | none.safetensors: no such file
            1 | run --input @/sub.npy                              | is a folder
            1 | run --input @                                      | is a folder
            1 | run --input @/x.npy --output @/sub.npy             | is a folder
            1 | run --input @/x.npy --output @/none/y.npy          | does not exist
            1 | run --input @/x.npy --output @/x.txt/y.npy         | is not a folder
            1 | run --input @/narrow.npy --output @/y.npy          | [2, 8, 15]; the model takes [batch, steps, 16]
            1 | run --input @/flat.npy --output @/y.npy            | [batch, steps, embed]
            1 | run --input @/empty.npy --output @/y.npy           | [0, 8, 16]
            1 | run --input @/header.csv --output @/y.npy          | line 1 is a header, 'time,value'; leave it out
            1 | run --input @/other.safetensors                    | no tensor named input
            1 | run --input @/integers.safetensors                 | type I64; allowed are F32, F64, F16 and BF16
            1 | run --input @/huge.safetensors                     | which no float32 can hold
            1 | run --input @/noise.safetensors                    | noise.safetensors
            1 | run --model @/none.safetensors --input @/x.npy     | none.safetensors: no such file
            1 | run --model @ --input @/x.npy                      | is a folder
            1 | run --model @/noise.safetensors --input @/x.npy    | noise.safetensors
            1 | run --model @/other.safetensors --input @/x.npy    | softpick_block_1
            1 | info --model @/none.safetensors                    | none.safetensors: no such file
            1 | bench Forward -f 1                                 | ./softpick bench
            2 | init                                               | --embed-dim
            2 | init --embed-dim 4 --output @/m.safetensors        | --seed
            2 | init --embed-dim 4 --seed 1                        | --output
            2 | init --embed-dim 0 --seed 1 --output @/m.safetensors                    | --embed-dim
            2 | init --embed-dim 4 --seed x --output @/m.safetensors                    | --seed
            2 | init --embed-dim 4 --seed 1 --output @/m.npy                            | .safetensors
            2 | init --embed-dim 4 --num-heads 3 --seed 1 --output @/m.safetensors      | --num-heads is 3
            2 | init --embed-dim 4 --num-layers 0 --seed 1 --output @/m.safetensors     | --num-layers
            2 | init --embed-dim 4 --dropout 1 --seed 1 --output @/m.safetensors        | --dropout is 1.0
            2 | init --embed-dim 4 --hidden-size 4097 --seed 1 --output @/m.safetensors | number from 1 to 4096
            2 | init --embed-dim 16385 --seed 1 --output @/m.safetensors | '16385' is not a whole number from 1 to 16384
            2 | init --embed-dim 4 --hidden-size 4096 --num-layers 999 --seed 1 --output @/m.safetensors | 4096
            1 | init --embed-dim 4 --seed 1 --output @/none/m.safetensors               | does not exist
            """)
    void isOneLine(int code, String words, String fragment) throws IOException {
        String before = listing();
        Object[] args = words == null ? new Object[0] : words.replace("MODEL", "@/digits-softpick.safetensors")
                .replace("@", folder.toString()).split(" +");
        Invocation wrong = Invocation.of(args);
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).startsWith("softpick").contains(fragment).doesNotContain("Exception");
        assertThat(wrong.code()).as(wrong.err()).isEqualTo(code);
        assertThat(wrong.out()).isEmpty();
        assertThat(listing()).isEqualTo(before);
    }

    private String listing() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return String.join("\n", files.map(Path::toString).sorted().toList());
        }
    }

    @Test
    void aFailureHalfWayLeavesTheOldOutput() throws IOException {
        Path doubles = folder.resolve("doubles.npy");
        byte[] values = ByteBuffer.allocate(2 * 8 * 16 * 8).order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(255 * 8, 1e300).array();
        String header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 8, 16), }\n";
        Files.write(doubles, Samples.npy(1, header, values));
        Path output = Files.writeString(folder.resolve("y.npy"), "old");
        String before = listing();
        Invocation wrong = Invocation.of("run", "--input", doubles, "--output", output);
        assertThat(wrong.code()).isOne();
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).contains("value 255 is 1.0E300");
        assertThat(output).hasContent("old");
        assertThat(listing()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"num_heads, --num-heads, 4", "normalizer, --normalizer, softpick"})
    void whatTheMetadataLacksIsAskedFor(String key, String option, String value) throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve("digits-softpick.safetensors"));
        byte[] wanted = ('"' + key + "\":").getBytes(StandardCharsets.US_ASCII);
        int at = 0;
        while (!Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
            at++;
        }
        bytes[at + 1] = 'x';
        Path model = Files.write(folder.resolve("lacking.safetensors"), bytes);
        Path input = folder.resolve("x.npy");
        Invocation wrong = Invocation.of("run", "--model", model, "--input", input);
        assertThat(wrong.code()).isOne();
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).contains("lacking.safetensors", key, option);
        Invocation right = Invocation.of("run", "--model", model, "--input", input, option, value);
        assertThat(right.code()).as(right.err()).isZero();
    }

    @Test
    void theStackTraceIsThereForThoseWhoWantIt() {
        Invocation wrong = Invocation.of("run", "--stacktrace", "--input", folder.resolve("none.npy"));
        assertThat(wrong.code()).isOne();
        assertThat(wrong.err()).contains("NoSuchFileException", "at dev.softpick.cli");
        assertThat(Invocation.of("run", "--stacktrace", "--input", "x.txt").code()).isEqualTo(2);
    }

    @Test
    void aNameWithALineBreakStaysOnOneLine() {
        Invocation wrong = Invocation.of("run", "--input", folder.resolve("a\nb\u001b[31m.npy"));
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).contains("a b?[31m.npy: no such file");
    }
}
