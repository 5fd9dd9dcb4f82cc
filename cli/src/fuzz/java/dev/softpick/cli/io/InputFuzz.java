package dev.softpick.cli.io;

import com.sun.management.ThreadMXBean;
import dev.softpick.cli.terminal.Failures;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any bytes in an input file either are sequences, which are read exactly, or give an exception of one line. */
final class InputFuzz {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long LONGEST_NANOS = 1_000_000_000L;
    private static final long FIXED_BYTES = 1 << 20;

    /** A file's own bytes, its values, and for text as many objects as it has fields. */
    private static final int BYTES_FOR_BYTE = 100;

    /** What the first run loads and the collector interrupts is not the file's doing. */
    private static final int TRIES = 4;

    private InputFuzz() {}

    /** What was read: {@code [batch, steps, embed]}. */
    record Content(BatchShape shape, float[] values) {}

    /** The content of a file, or null where it is refused. */
    static Content check(byte[] bytes, String extension) throws IOException {
        Path file = Files.createTempFile("fuzz", extension);
        try {
            Files.write(file, bytes);
            long allowed = FIXED_BYTES + (extension.equals(".csv") ? BYTES_FOR_BYTE : 3L) * bytes.length;
            long nanos = Long.MAX_VALUE;
            long allocated = Long.MAX_VALUE;
            Content content = null;
            for (int i = 0; i < TRIES && (nanos > LONGEST_NANOS || allocated > allowed); i++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                long start = System.nanoTime();
                content = load(file, bytes.length);
                nanos = System.nanoTime() - start;
                allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            }
            if (nanos > LONGEST_NANOS) {
                throw new AssertionError("took " + nanos / 1_000_000 + " ms");
            }
            if (allocated > allowed) {
                throw new AssertionError("allocated " + allocated + " bytes for a file of " + bytes.length);
            }
            return content;
        } finally {
            Files.delete(file);
        }
    }

    private static Content load(Path file, int length) {
        try (Sequences sequences = Sequences.open(file)) {
            return readAll(sequences, length);
        } catch (IOException refused) {
            String message = refused.getMessage();
            if (message == null || message.isBlank() || !message.equals(Failures.oneLine(message))) {
                throw new AssertionError("not one line: " + message, refused);
            }
            return null;
        }
    }

    private static Content readAll(Sequences sequences, int fileLength) throws IOException {
        BatchShape shape = sequences.shape();
        long values = (long) shape.batch() * shape.sequence();
        // Each value takes a byte of the file at least.
        if (shape.batch() < 1 || shape.sequence() < 1 || values > fileLength) {
            throw new AssertionError(shape + " from a file of " + fileLength + " bytes");
        }
        float[] all = new float[(int) values];
        float[] one = new float[shape.sequence()];
        for (int i = 0; i < shape.batch(); i++) {
            sequences.read(i, 1, one);
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return new Content(shape, all);
    }

    /** Any NaN is as good as another; zeros have signs. */
    static void same(float expected, float actual, String where) {
        if (Float.compare(expected, actual) != 0) {
            throw new AssertionError(where + " is " + actual + " and should be " + expected);
        }
    }
}
