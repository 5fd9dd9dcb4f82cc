package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files made by hand, and the three doors through which they come in. */
final class RawFile {

    private static final String NAME = "raw.safetensors";

    private RawFile() {}

    /** The header as it is given, its true length before it, the data behind it. */
    static byte[] of(String header, byte... data) {
        return of(header.getBytes(StandardCharsets.UTF_8), data);
    }

    static byte[] of(byte[] header, byte... data) {
        return ofLength(header.length, header, data);
    }

    static byte[] ofLength(long length, byte[] header, byte... data) {
        return ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(header)
                .put(data)
                .array();
    }

    /** An entry of a header; offsets follow from the data's place. */
    static String entry(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape
                + ",\"data_offsets\":[" + begin + "," + end + "]}";
    }

    /** Through every door, with a message that is one line, not endless, and has {@code fragment} in it. */
    static void assertRefused(byte[] file, Path folder, String fragment) throws IOException {
        for (Door door : Door.values()) {
            String message = door.refusal(file, folder);
            assertThat(message).as("%s", door).isNotNull().contains(fragment).hasSizeLessThan(1500);
            assertThat(message.chars()).as(message).noneMatch(Character::isISOControl);
            if (door == Door.PATH) {
                assertThat(message).startsWith(folder.resolve(NAME) + ": ");
            }
        }
    }

    /** A file's way into the reader. */
    enum Door {
        BYTES, STREAM, PATH;

        /** {@code folder} holds the file where it comes in by its path. */
        SafetensorsFile read(byte[] file, Path folder) throws IOException {
            return switch (this) {
                case BYTES -> SafetensorsFile.read(file);
                case STREAM -> SafetensorsFile.read(new ByteArrayInputStream(file));
                case PATH -> SafetensorsFile.read(Files.write(folder.resolve(NAME), file));
            };
        }

        /** The message with which the file is refused; null where it is not. */
        String refusal(byte[] file, Path folder) throws IOException {
            try (SafetensorsFile read = read(file, folder)) {
                return read.tensors() == null ? "unheard of" : null;
            } catch (SafetensorsException refused) {
                return refused.getMessage();
            }
        }
    }
}
