package dev.softpick.model.safetensors;

import static dev.softpick.model.safetensors.RawFile.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.softpick.model.safetensors.RawFile.Door;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A good file with faults put in by chance: it is refused, or all that is said of it is true. */
@Timeout(120)
@Tag("once")
class MutatedFileTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\",\"\\u00e9\\n\":\"ü\\ud83d\\ude00\"},"
            + String.join(",",
                    entry("w", "F32", "[2,3]", 0, 24), entry("日本", "F16", "[4]", 24, 32),
                    entry("n", "I64", "[]", 40, 48), entry("z", "U8", "[0,7]", 32, 32),
                    entry("d", "F64", "[1]", 32, 40), entry("q", "F4", "[2]", 48, 49),
                    entry("b", "BOOL", "[3]", 49, 52))
            + "}  ";
    private static final byte[] GOOD = RawFile.of(HEADER, new byte[52]);

    private static final List<String> SCRAPS = List.of(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udfff", "0", "1", "-", ".", "e", " ",
            "\n", "\0", "null", "true", "{}", "[]", "\"\"", "9223372036854775807", "9223372036854775808", "4294967296",
            "[0]", "\"__metadata__\":{},", "\"dtype\":\"F32\",", "\"shape\":[1],", "\"data_offsets\":[0,0],",
            "\"x\":{},", "U8", "F64", "é", "😀", "32", "48", "52", "[2,2]", "[32,32]");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void chance(long seed) throws IOException {
        Random random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 2_500; round++) {
            byte[] file = mutated(random);
            accepted += check(file, round % 100 == 0, "seed " + seed + ", round " + round) ? 1 : 0;
        }
        assertThat(accepted).as("accepted of 2500, seed %d", seed).isBetween(25, 2_250);
    }

    @Test
    void everyByteReplacedByWhatMatters() throws IOException {
        byte[] values = "{}[]:,\"\\ \n\t\0019-+.eEunaF\u007f\u0080\u00c0\u00c3\u00ed\u00f0\u00f5\u00ff"
                .getBytes(StandardCharsets.ISO_8859_1);
        for (int at = 0; at < GOOD.length - 52; at++) {
            byte[] file = GOOD.clone();
            for (byte value : values) {
                file[at] = value;
                check(file, false, "byte " + at + " is " + value);
            }
        }
    }

    /** One to four faults; the length word mostly made to fit again, so that the fault is found where it is. */
    private static byte[] mutated(Random random) {
        byte[] header = HEADER.getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[52];
        for (int faults = 1 + random.nextInt(4); faults > 0; faults--) {
            int from = random.nextInt(header.length + 1);
            int to = Math.min(header.length, from + random.nextInt(1 + random.nextInt(20)));
            byte[] middle = switch (random.nextInt(6)) {
                case 0 -> new byte[0];
                case 1 -> new byte[] {(byte) random.nextInt(256)};
                case 2 -> Arrays.copyOfRange(header, from, Math.min(header.length, from + random.nextInt(100)));
                default -> SCRAPS.get(random.nextInt(SCRAPS.size())).getBytes(StandardCharsets.UTF_8);
            };
            if (random.nextInt(3) == 0) {
                to = from;
            }
            ByteBuffer joined = ByteBuffer.allocate(from + middle.length + header.length - to);
            header = joined.put(header, 0, from).put(middle).put(header, to, header.length - to).array();
        }
        if (random.nextInt(10) == 0) {
            data = new byte[random.nextInt(100)];
        }
        long length = random.nextInt(20) == 0 ? header.length + random.nextInt(9) - 4 : header.length;
        return RawFile.ofLength(random.nextInt(100) == 0 ? random.nextLong() : length, header, data);
    }

    private boolean check(byte[] content, boolean alsoByPath, String when) throws IOException {
        try {
            String message = Door.BYTES.refusal(content, folder);
            // a second time: the first message of its kind allocates what puts it together
            long before = THREADS.getCurrentThreadAllocatedBytes();
            Door.BYTES.refusal(content, folder);
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertThat(allocated).isLessThan(3L * content.length + 16_000);
            assertThat(Door.STREAM.refusal(content, folder) == null).isEqualTo(message == null);
            if (alsoByPath) {
                assertThat(Door.PATH.refusal(content, folder) == null).isEqualTo(message == null);
            }
            if (message != null) {
                assertThat(message).isNotBlank().hasSizeLessThan(1500).doesNotContainPattern("\\p{Cntrl}");
                return false;
            }
            checkTruth(SafetensorsFile.read(content), content);
            return true;
        } catch (RuntimeException | AssertionError failed) {
            throw new AssertionError(when + ": " + HexFormat.of().formatHex(content), failed);
        }
    }

    private static void checkTruth(SafetensorsFile file, byte[] content) throws IOException {
        long header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        long end = 0;
        List<TensorInfo> sorted = file.tensors().values().stream()
                .sorted(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end))
                .toList();
        for (TensorInfo tensor : sorted) {
            assertThat(tensor.begin()).isEqualTo(end);
            end = tensor.end();
            long elements = tensor.shape().stream().reduce(1L, Math::multiplyExact);
            assertThat(elements).isEqualTo(tensor.elements()).isNotNegative();
            assertThat(elements * tensor.dtype().bits()).isEqualTo(8 * (tensor.end() - tensor.begin()));
            assertThat(tensor.name()).isNotEmpty().isNotEqualTo("__metadata__").doesNotContainPattern("\\p{Cntrl}");
            if (tensor.dtype().isFloat()) {
                assertThat(file.floats(tensor.name())).hasSize((int) elements);
            } else if (tensor.dtype().isInteger()) {
                assertThat(file.longs(tensor.name())).hasSize((int) elements);
            }
        }
        assertThat(8 + header + end).isEqualTo(content.length);
        assertThat(file.tensors()).allSatisfy((name, tensor) -> assertThat(name).isEqualTo(tensor.name()));
    }
}
