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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunCommandTest {

    private static final int HIDDEN = 64;
    private static final int CLASSES = 10;

    @TempDir
    private Path folder;

    @Test
    void withoutOptionsItClassifiesTheBundledImages() {
        Invocation run = Invocation.of("run");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.outLines()).contains("accuracy 0.9806 (353 of 360)");
        assertThat(run.out()).containsPattern("(?m)^image +predicted +label +confidence$");
        assertThat(run.out()).containsPattern("(?m)^ +0 +6 +6 +0\\.9\\d\\d$");
        assertThat(run.out()).contains("mistaken: image 55 (8 as 1), ");
        assertThat(run.out()).containsPattern(
                "(?m)^[0-9,]+ sequences per second \\(5 passes, (not yet steady )?after ");
    }

    @Test
    void labelsInTheInputGiveTheAccuracyInEveryOutputMode() throws IOException {
        Path input = Samples.labelledImages(folder);
        for (String mode : new String[] {"last", "all", "mean"}) {
            Invocation run = Invocation.of("run", "--input", input, "--output-mode", mode);
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.outLines()).as(mode).contains("accuracy 0.9806 (353 of 360)");
        }
    }

    @Test
    void outputModesGoByTheFilesNamesToo() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(3), 3, Samples.STEPS, Samples.EMBED);
        assertThat(run(npy, "a.npy", "last_timestep")).hasSameBinaryContentAs(run(npy, "b.npy", "last"));
        assertThat(run(npy, "c.npy", "mean_pool")).hasSameBinaryContentAs(run(npy, "d.npy", "mean"));
    }

    @Test
    void floatLabelsGiveR2() throws IOException {
        float[] images = Samples.images(5);
        Path logits = folder.resolve("logits.npy");
        Path npy = Samples.npy(folder.resolve("x.npy"), images, 5, Samples.STEPS, Samples.EMBED);
        assertThat(Invocation.of("run", "--input", npy, "--output", logits).code()).isZero();
        float[] labels = Samples.readNpy(logits, 5, CLASSES);
        Path labelled = Samples.safetensors(
                folder.resolve("labelled.safetensors"),
                new String[] {"label", "input"},
                new String[] {"\"dtype\":\"F32\",\"shape\":[5,10]", "\"dtype\":\"F32\",\"shape\":[5,8,16]"},
                Samples.littleEndian(labels), Samples.littleEndian(images));
        assertThat(Invocation.of("run", "--input", labelled).outLines()).contains("r2 1.0000");
    }

    @Test
    void labelsThatAreNoClassAreCountedWrongAndSaidSo() throws IOException {
        byte[] labels = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(6).putLong(10).array();
        Path input = Samples.safetensors(
                folder.resolve("x.safetensors"),
                new String[] {"label", "input"},
                new String[] {"\"dtype\":\"I64\",\"shape\":[2]", "\"dtype\":\"F32\",\"shape\":[2,8,16]"},
                labels, Samples.littleEndian(Samples.images(2)));
        Invocation run = Invocation.of("run", "--input", input);
        assertThat(run.outLines()).contains("accuracy 0.5000 (1 of 2)");
        assertThat(run.errLines()).containsExactly(
                "softpick run: the model has the classes 0 to 9; 1 of 2 labels are others, and count as wrong");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "dtype":"F32","shape":[2]   | 8  | the tensor label has 1 numbers for each sequence; the model has 10
            "dtype":"F32","shape":[1,2] | 8  | the tensor label has shape [1, 2]; it would be scored as [2] or
            "dtype":"I64","shape":[2,2] | 32 | the tensor label has type I64 and shape [2, 2]; it would be scored as
            "dtype":"C64","shape":[2]   | 16 | the tensor label has type C64
            """)
    void labelsOfOtherFormsAreLeftAlone(String form, int bytes, String reason) throws IOException {
        Path input = Samples.safetensors(
                folder.resolve("x.safetensors"),
                new String[] {"label", "input"},
                new String[] {form, "\"dtype\":\"F32\",\"shape\":[2,8,16]"},
                new byte[bytes], Samples.littleEndian(Samples.images(2)));
        Invocation run = Invocation.of("run", "--input", input);
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("output [2, 10]").doesNotContain("accuracy", "r2");
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).startsWith("softpick run: no score: " + reason);
    }

    @ParameterizedTest
    @CsvSource({"F64, 8", "F16, 2", "BF16, 2"})
    void otherFloatTypesOfSafetensorsAreRead(String type, int bytes) throws IOException {
        Path input = Samples.safetensors(
                folder.resolve("x.safetensors"),
                new String[] {"input"},
                new String[] {"\"dtype\":\"" + type + "\",\"shape\":[8,16]"},
                new byte[8 * 16 * bytes]);
        assertThat(Invocation.of("run", "--input", input).out()).startsWith("output [1, 10]");
    }

    @ParameterizedTest
    @CsvSource({"last, false, 10", "last, true, 64", "mean, false, 64"})
    void everyFormatHoldsTheSameBits(String mode, boolean hidden, int width) throws IOException {
        int batch = 7;
        float[] images = Samples.images(batch);
        Path npy = Samples.npy(folder.resolve("x.npy"), images, batch, Samples.STEPS, Samples.EMBED);
        Path safetensors = Samples.safetensors(
                folder.resolve("x.safetensors"),
                new String[] {"input"},
                new String[] {"\"dtype\":\"F32\",\"shape\":[7,8,16]"},
                Samples.littleEndian(images));
        Object[] options = hidden ? new Object[] {"--hidden"} : new Object[0];
        float[] expected = Samples.readNpy(run(npy, "y.npy", mode, options), batch, width);
        assertThat(Samples.readNpy(run(safetensors, "z.npy", mode, options), batch, width)).containsExactly(expected);
        assertThat(Samples.readCsv(run(npy, "y.csv", mode, options), width)).containsExactly(expected);
        Path output = run(npy, "y.safetensors", mode, options);
        assertThat(safetensorsValues(output, "[7," + width + "]")).containsExactly(expected);
    }

    private Path run(Path input, String output, String mode, Object... options) {
        Path file = folder.resolve(output);
        Object[] args = Stream.concat(
                        Stream.of("run", "--input", input, "--output", file, "--output-mode", mode), Stream.of(options))
                .toArray();
        Invocation run = Invocation.of(args);
        assertThat(run.code()).as(run.err()).isZero();
        return file;
    }

    private static float[] safetensorsValues(Path file, String shape) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong()];
        bytes.get(header);
        assertThat(new String(header, StandardCharsets.UTF_8).replace(" ", ""))
                .contains("\"output\":{", "\"dtype\":\"F32\"", "\"shape\":" + shape);
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @Test
    void csvInputIsABatchOfOne() throws IOException {
        float[] images = Samples.images(1);
        Path csv = Samples.csv(folder.resolve("x.csv"), images, Samples.EMBED);
        Path npy = Samples.npy(folder.resolve("x.npy"), images, Samples.STEPS, Samples.EMBED);
        float[] expected = Samples.readNpy(run(npy, "a.npy", "last"), 1, CLASSES);
        assertThat(Samples.readNpy(run(csv, "b.npy", "last"), 1, CLASSES)).containsExactly(expected);
    }

    @Test
    void allIsALineAStepAndItsLastRowIsLast() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(3), 3, Samples.STEPS, Samples.EMBED);
        float[] all = Samples.readNpy(run(npy, "all.npy", "all"), 3, Samples.STEPS, HIDDEN);
        float[] last = Samples.readNpy(run(npy, "last.npy", "last", "--hidden"), 3, HIDDEN);
        assertThat(Samples.readCsv(run(npy, "all.csv", "all"), HIDDEN)).containsExactly(all);
        for (int sequence = 0; sequence < 3; sequence++) {
            for (int i = 0; i < HIDDEN; i++) {
                assertThat(all[(sequence * Samples.STEPS + Samples.STEPS - 1) * HIDDEN + i])
                        .isEqualTo(last[sequence * HIDDEN + i]);
            }
        }
    }

    @Test
    void aBatchOfManyPiecesIsThatOfOne() throws IOException {
        int batch = 2500;
        Path many = Samples.npy(folder.resolve("x.npy"), Samples.images(batch), batch, Samples.STEPS, Samples.EMBED);
        float[] logits = Samples.readNpy(run(many, "y.npy", "last"), batch, CLASSES);
        for (int i = 360 * CLASSES; i < logits.length; i++) {
            assertThat(logits[i]).isEqualTo(logits[i % (360 * CLASSES)]);
        }
    }

    @Test
    void theFirstValuesAreShownWithTheShape() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(5), 5, Samples.STEPS, Samples.EMBED);
        Path output = folder.resolve("y.csv");
        Invocation run = Invocation.of("run", "--input", npy, "--output", output);
        String firstLine = Files.readAllLines(output).getFirst();
        String[] values = firstLine.split(",");
        assertThat(run.outLines().get(0)).isEqualTo("output [5, 10] float32, logits, written to " + output);
        assertThat(run.outLines().get(1)).isEqualTo(
                "[0] " + String.join(" ", Arrays.copyOf(values, 6)) + " ...");
        assertThat(run.outLines().get(5)).isEqualTo("...");
        assertThat(run.outLines().getLast()).containsPattern("^[0-9,]+ sequences per second \\(5 in ");
    }

    @Test
    void anExistingOutputIsReplacedAndNothingElseIsLeft() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(1), 1, Samples.STEPS, Samples.EMBED);
        Files.writeString(folder.resolve("y.npy"), "old");
        assertThat(Samples.readNpy(run(npy, "y.npy", "last"), 1, CLASSES)).hasSize(CLASSES);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("x.npy", "y.npy");
        }
    }

    @Test
    void aLinkToTheOutputIsFollowed() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(1), 1, Samples.STEPS, Samples.EMBED);
        Path target = Files.writeString(folder.resolve("target.npy"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.npy"), target);
        run(npy, "link.npy", "last");
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Samples.readNpy(target, 1, CLASSES)).hasSize(CLASSES);
    }

    @Test
    void threadsAndBackendsGiveTheSameBits() throws IOException {
        Path npy = Samples.npy(folder.resolve("x.npy"), Samples.images(40), 40, Samples.STEPS, Samples.EMBED);
        float[] one = Samples.readNpy(run(npy, "one.npy", "last"), 40, CLASSES);
        float[] two = Samples.readNpy(run(npy, "two.npy", "last", "--threads", "2"), 40, CLASSES);
        assertThat(two).containsExactly(one);
    }
}
