package dev.softpick.cli;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any bytes in an input file either are sequences, all of which can be read, or give an exception of one line. */
final class InputFuzz {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long LONGEST_NANOS = 1_000_000_000L;
    private static final long FIXED_BYTES = 1 << 20;

    /** A file's own bytes, its values, and for text as many objects as it has fields. */
    private static final int BYTES_FOR_BYTE = 100;

    /** What the first run loads and the collector interrupts is not the file's doing. */
    private static final int TRIES = 4;

    private InputFuzz() {}

    static void check(byte[] bytes, String extension) throws IOException {
        Path file = Files.createTempFile("fuzz", extension);
        try {
            Files.write(file, bytes);
            long allowed = FIXED_BYTES + (extension.equals(".csv") ? BYTES_FOR_BYTE : 3L) * bytes.length;
            long nanos = Long.MAX_VALUE;
            long allocated = Long.MAX_VALUE;
            for (int i = 0; i < TRIES && (nanos > LONGEST_NANOS || allocated > allowed); i++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                long start = System.nanoTime();
                load(file, bytes.length);
                nanos = System.nanoTime() - start;
                allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            }
            if (nanos > LONGEST_NANOS) {
                throw new AssertionError("took " + nanos / 1_000_000 + " ms");
            }
            if (allocated > allowed) {
                throw new AssertionError("allocated " + allocated + " bytes for a file of " + bytes.length);
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void load(Path file, int length) {
        try (Sequences sequences = Sequences.open(file)) {
            readAll(sequences, length);
        } catch (IOException refused) {
            if (refused.getMessage() == null || Failures.oneLine(refused.getMessage()).isBlank()) {
                throw new AssertionError("no message", refused);
            }
        }
    }

    private static void readAll(Sequences sequences, int fileLength) throws IOException {
        BatchShape shape = sequences.shape();
        long values = (long) shape.batch() * shape.sequence();
        // Each value takes a byte of the file at least.
        if (shape.batch() < 1 || shape.sequence() < 1 || values > fileLength) {
            throw new AssertionError(shape + " from a file of " + fileLength + " bytes");
        }
        float[] one = new float[shape.sequence()];
        for (int i = 0; i < shape.batch(); i++) {
            sequences.read(i, 1, one);
        }
    }
}
