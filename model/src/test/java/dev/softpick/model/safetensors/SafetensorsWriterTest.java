package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class SafetensorsWriterTest {

    private static byte[] bytes(SafetensorsWriter writer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out);
        return out.toByteArray();
    }

    /** The chunks of the writer hold 8192 elements. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8191, 8192, 8193, 20_000})
    void everyElementComesBackBitForBit(int length) throws IOException {
        Random random = new Random(length);
        float[] floats = new float[length];
        double[] doubles = new double[length];
        long[] longs = new long[length];
        for (int i = 0; i < length; i++) {
            floats[i] = Float.intBitsToFloat(random.nextInt());
            floats[i] = Float.isNaN(floats[i]) ? -0f : floats[i];
            doubles[i] = random.nextGaussian() * Double.MIN_NORMAL;
            longs[i] = random.nextLong();
        }
        SafetensorsFile file = SafetensorsFile.read(bytes(new SafetensorsWriter()
                .floats("f", floats, length).doubles("d", doubles, 1, length).longs("l", longs, length, 1)));
        assertThat(file.floats("f")).isEqualTo(floats);
        assertThat(file.doubles("d")).isEqualTo(doubles);
        assertThat(file.longs("l")).isEqualTo(longs);
        assertThat(file.tensors().keySet()).containsExactly("f", "d", "l");
        assertThat(file.tensors().get("d").hasShape(1, length)).isTrue();
    }

    @Test
    void textOfAnyKindComesBack() throws IOException {
        String text = "\"\\/\b\f\n\r\t\u0000\u001f\u007fé😀{}[],:";
        SafetensorsFile file = SafetensorsFile.read(bytes(new SafetensorsWriter()
                .metadata(text, text).metadata("twice", "1").metadata("twice", "2")
                .floats("a\"b\\c é😀", new float[] {1})));
        assertThat(file.metadata()).hasSize(2).containsEntry(text, text).containsEntry("twice", "2");
        assertThat(file.floats("a\"b\\c é😀")).containsExactly(1);
        assertThat(file.tensors().get("a\"b\\c é😀").shape()).isEmpty();
    }

    @Test
    void dataIsAligned() throws IOException {
        for (int i = 0; i < 8; i++) {
            byte[] bytes = bytes(new SafetensorsWriter().metadata("k", "x".repeat(i)).floats("a", new float[3], 3));
            assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
            assertThat(SafetensorsFile.read(bytes).floats("a")).hasSize(3);
        }
    }

    @Test
    void wrongTensorsAreRefused() {
        SafetensorsWriter writer = new SafetensorsWriter().floats("a", new float[1], 1);
        refuses(() -> writer.floats("", new float[1], 1),
                "name is ''; allowed is any text but __metadata__, without control characters");
        refuses(() -> writer.floats("__metadata__", new float[1], 1),
                "name is '__metadata__'; allowed is any text but __metadata__, without control characters");
        refuses(() -> writer.longs("a\n", new long[1], 1),
                "name is 'a?'; allowed is any text but __metadata__, without control characters");
        refuses(() -> writer.floats("a", new float[1], 1), "tensor 'a' was added before");
        refuses(() -> writer.floats("b", new float[5], 2, 3), "tensor 'b' has 5 values; its shape needs 6");
        refuses(() -> writer.doubles("b", new double[1], -1, -1), "tensor 'b' has a size of -1; allowed is 0 or more");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void aFailureLeavesWhatWasThere(@TempDir Path folder) throws IOException {
        Path path = Files.write(folder.resolve("a.safetensors"), new byte[] {1, 2, 3});
        new SafetensorsWriter().floats("a", new float[3], 3).write(path);
        assertThat(SafetensorsFile.read(path).floats("a")).hasSize(3);

        Path taken = Files.createDirectories(folder.resolve("folder").resolve("inner")).getParent();
        assertThatThrownBy(() -> new SafetensorsWriter().write(taken)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new SafetensorsWriter().write(folder.resolve("none").resolve("a")))
                .isInstanceOf(NoSuchFileException.class);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(path, taken);
        }
    }

    @Test
    void aStreamIsLeftOpen() throws IOException {
        boolean[] closed = {false};
        new SafetensorsWriter().floats("a", new float[3], 3).write(new OutputStream() {
            @Override
            public void write(int b) {}

            @Override
            public void close() {
                closed[0] = true;
            }
        });
        assertThat(closed[0]).isFalse();
    }

    @Test
    void theSameTensorsMakeTheSameBytes() throws IOException {
        float[] values = {1, 2, 3};
        byte[] first = bytes(new SafetensorsWriter().metadata("a", "b").floats("x", values, 3));
        byte[] second = bytes(new SafetensorsWriter().metadata("a", "b").floats("x", values.clone(), 3));
        assertThat(Arrays.equals(first, second)).isTrue();
    }
}
