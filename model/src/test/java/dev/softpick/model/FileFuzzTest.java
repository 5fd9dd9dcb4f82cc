package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsException;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A damaged file loads or is refused with one line; nothing else happens. */
@Tag("once")
class FileFuzzTest {

    private static final int MUTATIONS = 3000;

    private static final String[] TOKENS = {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "-1", "0", "1e9", "99999999999999999999", "null", "true",
        "2147483648", "9223372036854775807", "F16", "F4", "I64", "BF16", "I8", "_scale", "__metadata__",
        "softpick_block_9_", "é", "\0", "\n"
    };

    @ParameterizedTest
    @EnumSource
    void everyMutationLoadsOrIsRefusedInOneLine(WeightFormat format) {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(2).hiddenSize(4).numHeads(2).numLayers(2).build();
        ModelBytes file = ModelBytes.of(config, 3)
                .metadata("num_layers", "2").metadata("hidden_size", "4").metadata("window_size", "9")
                .zeros("label", DType.I64, 2);
        byte[] good = switch (format) {
            case FLOAT32 -> file.bytes();
            case BFLOAT16 -> file.as(DType.BF16).metadata("weight_format", format.id()).bytes();
            case INT8 -> file.int8(config, 3).metadata("weight_format", format.id()).bytes();
        };
        int loaded = 0;
        for (int seed = 0; seed < MUTATIONS; seed++) {
            byte[] bad = mutate(good, new Random(seed));
            String refused = null;
            try {
                refused = refusal(bad);
                SoftpickTransformer.load(bad);
                assertThat(refused).as("seed " + seed).isNull();
                loaded++;
            } catch (ModelFormatException e) {
                assertThat(e.getMessage()).as("seed " + seed).isNotBlank().doesNotContain("\n", "\r", "\0")
                        .hasSizeLessThan(5000);
                assertThat(refused == null || refused.equals(e.getMessage())).as("seed " + seed).isTrue();
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(loaded).as("mutations that load").isBetween(MUTATIONS / 100, MUTATIONS * 3 / 4);
    }

    /** What the reader of the format alone says. */
    private static String refusal(byte[] bytes) throws IOException {
        try {
            readAll(bytes);
            return null;
        } catch (SafetensorsException e) {
            return e.getMessage();
        }
    }

    private static void readAll(byte[] bytes) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(bytes);
        long total = 0;
        for (TensorInfo tensor : file.tensors().values()) {
            total += tensor.end() - tensor.begin();
            if (tensor.dtype().isFloat()) {
                assertThat((long) file.floats(tensor.name()).length).isEqualTo(tensor.elements());
            } else if (tensor.dtype().isInteger()) {
                assertThat((long) file.longs(tensor.name()).length).isEqualTo(tensor.elements());
            }
        }
        assertThat(total).isLessThanOrEqualTo(bytes.length);
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good;
        for (int count = 1 + random.nextInt(3); count > 0; count--) {
            bytes = once(bytes, random);
        }
        return bytes;
    }

    private static byte[] once(byte[] bytes, Random random) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long length = bytes.length < 8 ? 0 : buffer.getLong(0);
        int header = Math.clamp(length, 1, Math.max(1, bytes.length - 9));
        if (bytes.length < 16) {
            return bytes;
        }
        int at = 8 + random.nextInt(header);
        byte[] token = TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.UTF_8);
        return switch (random.nextInt(8)) {
            case 0 -> changed(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 1 -> changed(bytes, at, (byte) (' ' + random.nextInt(95)));
            case 2 -> changed(bytes, random.nextInt(8), (byte) random.nextInt(256));
            case 3 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 4 -> changed(bytes, random.nextInt(bytes.length), (byte) random.nextInt(256));
            case 5 -> spliced(bytes, at, 0, token);
            case 6 -> spliced(bytes, at, Math.min(token.length, header + 8 - at), token);
            default -> spliced(bytes, at, Math.min(1 + random.nextInt(4), header + 8 - at), new byte[0]);
        };
    }

    private static byte[] changed(byte[] bytes, int at, byte value) {
        byte[] copy = bytes.clone();
        copy[at] = value;
        return copy;
    }

    /** Replaces a piece of the header and tells its new length, so that the damage is reached. */
    private static byte[] spliced(byte[] bytes, int at, int removed, byte[] inserted) {
        ByteBuffer out = ByteBuffer.allocate(bytes.length - removed + inserted.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(bytes, 0, at).put(inserted).put(bytes, at + removed, bytes.length - at - removed);
        long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        return out.putLong(0, length - removed + inserted.length).array();
    }
}
