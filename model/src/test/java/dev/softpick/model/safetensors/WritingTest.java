package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read again, bit for bit, or refused before it is written. */
@Tag("once")
class WritingTest {

    @TempDir
    private Path folder;

    private static byte[] bytes(SafetensorsWriter writer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.write(out);
        return out.toByteArray();
    }

    @Test
    void theFormIsTheFormats() throws IOException {
        byte[] file = bytes(new SafetensorsWriter()
                .metadata("k", "v")
                .floats("f", new float[] {1, 2}, 1, 2)
                .longs("l", new long[] {3})
                .doubles("none", new double[0], 4, 0));
        ByteBuffer raw = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        String header = "{\"__metadata__\":{\"k\":\"v\"},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]},"
                + "\"l\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"none\":{\"dtype\":\"F64\",\"shape\":[4,0],\"data_offsets\":[8,8]}}";
        int start = (int) raw.getLong(0);
        assertThat(start % 8).isZero();
        assertThat(start - header.length()).isBetween(0, 7);
        assertThat(new String(file, 8, start, StandardCharsets.UTF_8).stripTrailing()).isEqualTo(header);
        assertThat(file).hasSize(8 + start + 16);
        assertThat(raw.getLong(8 + start)).isEqualTo(3);
        assertThat(raw.getFloat(16 + start)).isEqualTo(1);
        assertThat(raw.getFloat(20 + start)).isEqualTo(2);
    }

    @Test
    void anEmptyFile() throws IOException {
        byte[] file = bytes(new SafetensorsWriter());
        assertThat(new String(file, 8, 8, StandardCharsets.US_ASCII)).isEqualTo("{}      ");
        assertThat(SafetensorsFile.read(file).tensors()).isEmpty();
    }

    @Test
    void everyTensorIsAlignedToItsElements() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < 20; i++) {
            writer.floats("f" + i, new float[i], i).doubles("d" + i, new double[i], i).longs("l" + i, new long[i], i);
        }
        byte[] file = bytes(writer);
        long start = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        assertThat(SafetensorsFile.read(file).tensors().values()).hasSize(60).allSatisfy(tensor ->
                assertThat((8 + start + tensor.begin()) % (tensor.dtype().bits() / 8)).isZero());
    }

    /** Also signalling NaNs with payloads, which arithmetic would quiet. */
    @Test
    void everyBitComesBack() throws IOException {
        long seed = 20260101;
        Random random = new Random(seed);
        int n = 100_003;
        float[] floats = new float[n];
        double[] doubles = new double[n];
        long[] longs = random.longs(n).toArray();
        for (int i = 0; i < n; i++) {
            floats[i] = Float.intBitsToFloat(i % 3 == 0 ? random.nextInt() | 0x7f800000 : random.nextInt());
            doubles[i] = Double.longBitsToDouble(i % 3 == 0 ? random.nextLong() | 0x7ffL << 52 : random.nextLong());
        }
        Path path = folder.resolve("bits.safetensors");
        new SafetensorsWriter().longs("l", longs, n).doubles("d", doubles, n).floats("f", floats, n).write(path);
        try (SafetensorsFile file = SafetensorsFile.read(path)) {
            float[] readFloats = file.floats("f");
            double[] readDoubles = file.doubles("d");
            assertThat(file.longs("l")).isEqualTo(longs);
            for (int i = 0; i < n; i++) {
                assertThat(Float.floatToRawIntBits(readFloats[i])).as("%d, seed %d", i, seed)
                        .isEqualTo(Float.floatToRawIntBits(floats[i]));
                assertThat(Double.doubleToRawLongBits(readDoubles[i])).as("%d, seed %d", i, seed)
                        .isEqualTo(Double.doubleToRawLongBits(doubles[i]));
            }
        }
    }

    @Test
    void everyTextComesBack() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        StringBuilder all = new StringBuilder();
        for (int c = 0; c < 0x11000; c++) {
            if (c < 0xd800 || c > 0xdfff) {
                all.appendCodePoint(c);
            }
        }
        writer.metadata("all", all.toString()).metadata(all.toString(), "").metadata("", "{}").metadata("k", "old");
        writer.metadata("k", "new");
        String name = all.substring(0xa0) + "\"\\/";
        writer.floats(name, new float[1], 1, 1, 1);
        SafetensorsFile file = SafetensorsFile.read(bytes(writer));
        assertThat(file.metadata()).isEqualTo(Map.of("all", all.toString(), all.toString(), "", "", "{}", "k", "new"));
        assertThat(file.tensors().keySet()).containsExactly(name);
    }

    @Test
    void valuesAreTakenWhenTheFileIsWrittenShapesBefore() throws IOException {
        float[] values = {1, 2};
        long[] shape = {2, 1};
        SafetensorsWriter writer = new SafetensorsWriter().floats("a", values, shape);
        values[0] = 3;
        shape[1] = 7;
        SafetensorsFile file = SafetensorsFile.read(bytes(writer));
        assertThat(file.floats("a")).containsExactly(3, 2);
        assertThat(file.tensors().get("a").shape()).containsExactly(2L, 1L);
    }

    @Test
    void whatIsRefused() {
        SafetensorsWriter writer = new SafetensorsWriter().floats("taken", new float[1]);
        for (String name : List.of("", "__metadata__", "a\0", "a\nb", "\u007f", "\u0085")) {
            assertThatIllegalArgumentException().as(name).isThrownBy(() -> writer.floats(name, new float[1]))
                    .withMessageStartingWith("name is '").withMessageContaining("allowed is any text but __metadata__");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> writer.longs("taken", new long[1]))
                .withMessage("tensor 'taken' was added before");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("a", new float[3], 2, 2))
                .withMessage("tensor 'a' has 3 values; its shape needs 4");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("a", new float[0]))
                .withMessage("tensor 'a' has 0 values; its shape needs 1");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("a", new float[1], -1, -1))
                .withMessage("tensor 'a' has a size of -1; allowed is 0 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer.floats("a", new float[0], 1L << 32, 1L << 32))
                .withMessage("tensor 'a' has 0 values; its shape needs more than a file can hold");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("a", new float[1], new long[33]))
                .withMessage("tensor 'a' has 33 axes; allowed are 32 at most");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("a\ud83d", new float[1]))
                .withMessage("the name is 'a?', which has half a surrogate pair");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("\ude00", ""))
                .withMessageContaining("a metadata key is '?', which has half a surrogate pair");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("k", "\ude00\ud83d"))
                .withMessageContaining("the value of metadata key 'k' is '??', which has half a surrogate pair");
        assertThatNullPointerException().isThrownBy(() -> writer.metadata("k", null));
        assertThatNullPointerException().isThrownBy(() -> writer.floats(null, new float[1]));
        assertThatNullPointerException().isThrownBy(() -> writer.floats("a", null));
    }

    @Test
    void noMoreThanCanBeRead() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < Header.MOST_STRINGS; i++) {
            writer.metadata("k" + i, "");
        }
        writer.metadata("k0", "again");
        assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("k", ""));
        for (int i = 0; i < Header.MOST_TENSORS; i++) {
            writer.floats("t" + i, new float[1], new long[] {1});
        }
        assertThatIllegalArgumentException().isThrownBy(() -> writer.floats("t", new float[1]));
        assertThat(SafetensorsFile.read(bytes(writer)).tensors()).hasSize(Header.MOST_TENSORS);
    }

    private List<String> listing() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> folder.relativize(file).toString()).sorted().toList();
        }
    }

    @Test
    void aFileTakesItsNameWhenItIsComplete() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter().floats("a", new float[] {1});
        Path path = folder.resolve("m.safetensors");
        writer.write(path);
        assertThat(path).hasBinaryContent(bytes(writer));
        Files.writeString(path, "old");
        writer.write(path);
        assertThat(path).hasBinaryContent(bytes(writer));
        assertThat(listing()).containsExactly("", "m.safetensors");
    }

    @Test
    void aLinkIsFollowed() throws IOException {
        Path real = Files.createDirectory(folder.resolve("real")).resolve("m.safetensors");
        Files.writeString(real, "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), real);
        SafetensorsWriter writer = new SafetensorsWriter().floats("a", new float[] {1});
        writer.write(link);
        assertThat(link).isSymbolicLink();
        assertThat(real).hasBinaryContent(bytes(writer));
        assertThat(listing()).containsExactly("", "link.safetensors", "real", "real/m.safetensors");
    }

    @Test
    @Tag("long")
    void aFailureLeavesWhatWasThere() throws IOException {
        Path path = Files.writeString(folder.resolve("m.safetensors"), "old");
        SafetensorsWriter tooLong = new SafetensorsWriter().metadata("k", "v".repeat(100_000_000));
        assertThatThrownBy(() -> tooLong.write(path))
                .isInstanceOf(IOException.class)
                .hasMessage("the header has 100000032 bytes; allowed are 100000000 at most");
        assertThat(path).hasContent("old");
        SafetensorsWriter writer = new SafetensorsWriter().floats("a", new float[] {1});
        assertThatThrownBy(() -> writer.write(folder))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": it is a folder; a file is to stand there");
        assertThatThrownBy(() -> writer.write(folder.resolve("none/m.safetensors")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageEndingWith("m.safetensors: the folder " + folder.resolve("none") + " does not exist");
        assertThat(listing()).containsExactly("", "m.safetensors");
    }
}
