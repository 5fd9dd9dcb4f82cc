package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import dev.softpick.cli.io.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeCommandTest {

    @TempDir
    private Path folder;

    private Path model;
    private Path output;

    @BeforeEach
    void writeAModel() throws IOException {
        model = Samples.model(folder);
        output = folder.resolve("q.safetensors");
    }

    @ParameterizedTest
    @CsvSource({"int8, 0.2, 0.3", "bfloat16, 0.5, 0.55"})
    void writesASmallerFileThatAnswersAlike(String format, double least, double most) throws IOException {
        Path images = Samples.labelledImages(folder);
        Invocation quantize = Invocation.of(
                "quantize", "--model", model, "--weights", format, "--output", output, "--input", images);
        assertThat(quantize.code()).as(quantize.err()).isZero();
        assertThat(quantize.err()).isEmpty();
        double size = (double) Files.size(output) / Files.size(model);
        assertThat(size).isBetween(least, most);
        assertThat(quantize.outLines()).hasSize(5);
        assertThat(quantize.outLines().get(0)).matches(".*digits-softpick.safetensors: [0-9,]+ bytes, float32");
        assertThat(quantize.outLines().get(1)).matches(
                ".*q.safetensors: [0-9,]+ bytes, " + format + ", 0.\\d\\d of it");
        assertThat(quantize.outLines().get(2)).matches(
                "hidden states of 360 sequences: worst difference 0\\.\\d+, root mean square 0\\.\\d+");
        assertThat(quantize.outLines().get(3)).isEqualTo("before: accuracy 0.9806 (353 of 360)");
        assertThat(quantize.outLines().get(4)).matches("after:  accuracy 0\\.9[78]\\d\\d \\(35\\d of 360\\)");
        assertThat(Invocation.of("info", "--model", output).outLines()).contains("weights: " + format);
        assertThat(Invocation.of("info", "--model", model).outLines()).contains("weights: float32");
    }

    /** Rounding while loading gives what the rounded file gives, to the last bit. */
    @ParameterizedTest
    @CsvSource({"int8", "bfloat16"})
    void roundingWhileLoadingIsTheSame(String format) throws IOException {
        Invocation quantize = Invocation.of("quantize", "--model", model, "--weights", format, "--output", output);
        assertThat(quantize.code()).isZero();
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(9), 9, Samples.STEPS, Samples.EMBED);
        Path a = folder.resolve("a.npy");
        Path b = folder.resolve("b.npy");
        Path c = folder.resolve("c.npy");
        assertThat(Invocation.of("run", "--model", output, "--input", npy, "--output", a).code()).isZero();
        assertThat(Invocation.of("run", "--model", model, "--weights", format, "--input", npy, "--output", b).code())
                .isZero();
        assertThat(Invocation.of("run", "--model", model, "--input", npy, "--output", c).code()).isZero();
        assertThat(b).hasSameBinaryContentAs(a);
        assertThat(Files.readAllBytes(c)).isNotEqualTo(Files.readAllBytes(a));
        assertThat(Invocation.of("info", "--model", model, "--weights", format).outLines())
                .contains("weights: " + format);
    }

    @Test
    void withoutLabelsThereIsNoScore() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(9), 9, Samples.STEPS, Samples.EMBED);
        Invocation quantize = Invocation.of(
                "quantize", "--model", model, "--weights", "int8", "--output", output, "--input", npy);
        assertThat(quantize.outLines()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | --weights int8 --output @/x.safetensors                                  | --model is missing
            2 | --model @/m --output @/x.safetensors                                     | --weights
            2 | --model @/m --weights float32 --output @/x.safetensors                   | allowed are int8, bfloat16
            2 | --model @/m --weights int4 --output @/x.safetensors                      | allowed are float32, bfloat16
            2 | --model @/m --weights int8 --output @/x.npy                              | must end in .safetensors
            2 | --model @/m --weights int8 --output @/x                                  | must end in .safetensors
            2 | --model MODEL --weights int8 --output MODEL                              | --model names
            1 | --model @/none.safetensors --weights int8 --output @/x.safetensors       | none.safetensors: no such
            1 | --model MODEL --weights int8 --output @/none/x.safetensors               | does not exist
            2 | --model @/q8.safetensors --weights bfloat16 --output @/x.safetensors     | int8, which has no finer
            1 | --model MODEL --weights int8 --output @/x.safetensors --input @/narrow.npy | takes [batch, steps, 16]
            """)
    void wrongUseIsOneLineAndWritesNothing(int code, String words, String fragment) throws IOException {
        Samples.npy(folder.resolve("narrow.npy"), new float[15], 1, 1, 15);
        Invocation.of("quantize", "--model", model, "--weights", "int8", "--output", folder.resolve("q8.safetensors"));
        String args = "quantize " + words.replace("MODEL", model.toString()).replace("@", folder.toString());
        Invocation wrong = Invocation.of((Object[]) args.split(" +"));
        assertThat(wrong.code()).as(wrong.err()).isEqualTo(code);
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).startsWith("softpick quantize: ").contains(fragment);
        assertThat(folder.resolve("x.safetensors")).doesNotExist();
    }
}
