package dev.softpick.cli.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A batch of sequences of one length, read in pieces. */
public interface Sequences extends Closeable {

    /** The file, for messages. */
    String name();

    /** The sizes. */
    BatchShape shape();

    /** Reads {@code count} sequences from {@code first} on, into the start of {@code to}. */
    void read(int first, int count, float[] to) throws IOException;

    /** What the outputs should be, or null where the file does not say. */
    default @Nullable Labels labels() {
        return null;
    }

    @Override
    default void close() throws IOException {}

    /** Opens what {@code --input} names. */
    static Sequences open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder; --input takes a file");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + " is a pipe or a device; --input takes a file");
        }
        return switch (FileFormat.of("--input", file)) {
            case NPY -> NpyInput.open(file);
            case SAFETENSORS -> SafetensorsInput.open(file);
            case CSV -> CsvInput.open(file);
        };
    }

    /**
     * Sequences that are in memory already.
     *
     * @param labels null where there are none
     */
    record InMemory(String name, BatchShape shape, float[] values, @Nullable Labels labels) implements Sequences {

        @Override
        public void read(int first, int count, float[] to) {
            int n = shape.sequence();
            System.arraycopy(values, first * n, to, 0, count * n);
        }
    }
}
