package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file that the real Edifice and PyTorch wrote, value by value. */
@Tag("once")
class RealFilesTest {

    @TempDir
    private Path folder;

    static List<Path> files() throws IOException, URISyntaxException {
        Path resources = Path.of(RealFilesTest.class.getResource("/golden").toURI()).getParent();
        try (Stream<Path> golden = Files.list(resources.resolve("golden"));
                Stream<Path> models = Files.list(resources.resolve("models"))) {
            List<Path> files = Stream.concat(golden, models)
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
            assertThat(files).hasSize(59);
            return files;
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isReadThroughEveryDoor(Path path) throws IOException {
        byte[] content = Files.readAllBytes(path);
        try (SafetensorsFile file = SafetensorsFile.read(path)) {
            check(file, content);
        }
        check(SafetensorsFile.read(content), content);
        check(SafetensorsFile.read(new ByteArrayInputStream(content)), content);
    }

    /** As Elixir's writer leaves it: without padding, data at any byte. */
    @ParameterizedTest
    @MethodSource("files")
    void isReadWithoutPadding(Path path) throws IOException {
        byte[] content = Files.readAllBytes(path);
        int end = dataStart(content);
        String header = new String(content, 8, end - 8, StandardCharsets.UTF_8).stripTrailing();
        byte[] data = Arrays.copyOfRange(content, end, content.length);
        for (String unpadded : List.of(header, header + " ")) {
            byte[] bytes = RawFile.of(unpadded, data);
            try (SafetensorsFile file = SafetensorsFile.read(Files.write(folder.resolve("unpadded"), bytes))) {
                check(file, bytes);
            }
        }
    }

    private static int dataStart(byte[] content) {
        return 8 + (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    private static void check(SafetensorsFile file, byte[] content) throws IOException {
        ByteBuffer raw = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int end = 0;
        for (TensorInfo tensor : file.tensors().values()) {
            int at = dataStart(content) + (int) tensor.begin();
            int n = Math.toIntExact(tensor.elements());
            assertThat(tensor.shape().stream().reduce(1L, Math::multiplyExact)).isEqualTo(n);
            end = Math.max(end, (int) tensor.end());
            long[] expected = new long[n];
            long[] actual = new long[n];
            switch (tensor.dtype()) {
                case F32 -> {
                    float[] values = file.floats(tensor.name());
                    for (int i = 0; i < n; i++) {
                        expected[i] = raw.getInt(at + 4 * i);
                        actual[i] = Float.floatToRawIntBits(values[i]);
                    }
                }
                case F64 -> {
                    double[] values = file.doubles(tensor.name());
                    for (int i = 0; i < n; i++) {
                        expected[i] = raw.getLong(at + 8 * i);
                        actual[i] = Double.doubleToRawLongBits(values[i]);
                    }
                }
                case I64, U32 -> {
                    actual = file.longs(tensor.name());
                    for (int i = 0; i < n; i++) {
                        expected[i] = tensor.dtype() == DType.I64
                                ? raw.getLong(at + 8 * i)
                                : raw.getInt(at + 4 * i) & 0xffff_ffffL;
                    }
                }
                default -> throw new AssertionError("no real file has had " + tensor);
            }
            assertThat(actual).as(tensor.name()).isEqualTo(expected);
        }
        assertThat(end).isEqualTo(content.length - dataStart(content));
    }
}
