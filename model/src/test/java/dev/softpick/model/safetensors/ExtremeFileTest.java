package dev.softpick.model.safetensors;

import static dev.softpick.model.safetensors.RawFile.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.softpick.model.safetensors.RawFile.Door;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that would take time or memory out of proportion from a reader that let them. */
@Timeout(60)
@Tag("once")
class ExtremeFileTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private void refused(byte[] file, String fragment) throws IOException {
        RawFile.assertRefused(file, folder, fragment);
    }

    @Test
    void tooManyTensors() throws IOException {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i <= Header.MOST_TENSORS; i++) {
            entries.add(entry("t" + i, "U8", "[0]", 0, 0));
        }
        refused(RawFile.of("{" + String.join(",", entries) + "}"), "more than 100000 tensors");
        entries.removeLast();
        byte[] most = RawFile.of("{" + String.join(",", entries) + "}");
        assertThat(SafetensorsFile.read(most).tensors()).hasSize(Header.MOST_TENSORS);
    }

    @Test
    void tooManyStrings() throws IOException {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i <= Header.MOST_STRINGS; i++) {
            strings.add("\"" + i + "\":\"\"");
        }
        refused(RawFile.of("{\"__metadata__\":{" + String.join(",", strings) + "}}"), "more than 10000 strings");
        strings.removeLast();
        byte[] most = RawFile.of("{\"__metadata__\":{" + String.join(",", strings) + "}}");
        assertThat(SafetensorsFile.read(most).metadata()).hasSize(Header.MOST_STRINGS);
    }

    /** None of these may recurse. */
    @Test
    void depthAndLength() throws IOException {
        int n = 1_000_000;
        refused(RawFile.of("{".repeat(n)), "expected '\"'");
        refused(RawFile.of("{\"a\":".repeat(n)), "a value is nested more than 127 levels deep");
        refused(RawFile.of("{\"a\":{\"b\":" + "[".repeat(n)), "a value is nested more than 127 levels deep");
        refused(RawFile.of("{\"a\":{\"b\":[" + "[[],{}],".repeat(n / 8)), "expected a value, found the end");
        refused(RawFile.of("{\"a\":{\"shape\":" + "[".repeat(n)), "not a plain non-negative");
        refused(RawFile.of("{\"a\":{\"shape\":[" + "9".repeat(n)), "a number is too large");
        refused(RawFile.of("{\"a\":{\"shape\":[" + "0".repeat(n) + "]}}"), "not a plain non-negative");
        refused(RawFile.of("{\"a\":{\"dtype\":\"" + "F".repeat(n) + "\"}}"), "has unknown dtype 'FFF");
        refused(RawFile.of("{\"a\":{\"" + "k".repeat(n) + "\":\"\"}}"), "tensor 'a' lacks dtype");
        refused(RawFile.of("{\"" + "\\n".repeat(n) + "\":{}}"), "has a control character");
        refused(RawFile.of("{\"" + "\\".repeat(n)), "a string has a control character or does not end");
        refused(RawFile.of("{}" + " ".repeat(n) + "x"), "not padding: 'x'");
        refused(RawFile.of("{" + " ".repeat(n) + "]"), "found ']'");
    }

    /** Their names are kept while the tensor is read, so that one that stands twice is found. */
    @Test
    void tooManyUnknownKeys() throws IOException {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i <= Header.MOST_OTHER_KEYS; i++) {
            keys.add("\"" + i + "\":0");
        }
        String tail = ",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        refused(RawFile.of("{\"a\":{" + String.join(",", keys) + tail + "}"), "has more than 10000 keys besides");
        keys.removeLast();
        String most = "{" + String.join(",", keys) + tail;
        assertThat(SafetensorsFile.read(RawFile.of("{\"a\":" + most + ",\"b\":" + most + "}")).tensors()).hasSize(2);
    }

    /** All of these names have the same hash. */
    @Test
    void namesThatCollide() throws IOException {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < 1 << 15; i++) {
            StringBuilder name = new StringBuilder();
            for (int bit = 0; bit < 15; bit++) {
                name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            entries.add(entry(name.toString(), "U8", "[0]", 0, 0));
        }
        byte[] file = RawFile.of("{" + String.join(",", entries) + "}");
        assertThat(SafetensorsFile.read(file).tensors()).hasSize(1 << 15);
    }

    /** Memory follows what is there, not what the file says is there. */
    @ParameterizedTest
    @EnumSource
    void promisesTakeNoMemory(Door door) throws IOException {
        List<byte[]> files = List.of(
                RawFile.ofLength(100_000_000, "{}".getBytes(StandardCharsets.US_ASCII)),
                RawFile.of("{" + entry("a", "U8", "[2000000000]", 0, 2_000_000_000) + "}"),
                RawFile.of("{" + entry("a", "F32", "[500000000]", 0, 2_000_000_000) + "}", new byte[1000]));
        for (byte[] file : files) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            assertThat(door.refusal(file, folder)).isNotNull();
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000_000);
        }
    }

    /** The bytes of a stream or a path are taken once or twice, those handed over not again. */
    @ParameterizedTest
    @EnumSource
    void memoryIsWhatTheFileTakes(Door door) throws IOException {
        Path path = folder.resolve("large.safetensors");
        int size = 1 << 24;
        byte[] content = RawFile.of("{" + entry("a", "F32", "[" + size / 4 + "]", 0, size) + "}", new byte[size]);
        Files.write(path, content);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try (InputStream stream = Files.newInputStream(path);
                SafetensorsFile file = switch (door) {
                    case BYTES -> SafetensorsFile.read(content);
                    case STREAM -> SafetensorsFile.read(stream);
                    case PATH -> SafetensorsFile.read(path);
                }) {
            assertThat(file.floats("a")).hasSize(size / 4);
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).isLessThan((door == Door.STREAM ? 3L : 1L) * size + 1_000_000);
    }
}
