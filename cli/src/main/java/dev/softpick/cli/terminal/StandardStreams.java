package dev.softpick.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What Java does not say of standard input and output. */
public final class StandardStreams {

    private static final Path LINUX_INPUT = Path.of("/proc/self/fd/0");
    private static final Path OWN_FILE = Path.of(System.getProperty("java.home"), "lib", "modules");

    private StandardStreams() {}

    /**
     * Standard input.
     *
     * @throws IOException if the caller has closed it: then the JVM has opened its own classes in its place
     */
    public static InputStream in() throws IOException {
        if (Files.exists(LINUX_INPUT) && Files.exists(OWN_FILE) && Files.isSameFile(LINUX_INPUT, OWN_FILE)) {
            throw new IOException("standard input is closed");
        }
        return System.in;
    }

    /**
     * Whether a write failed because nobody reads any more, which is no failure. The system only says so in words, in
     * its user's language; so they are compared with its words for a pipe whose reader is certainly gone.
     */
    public static boolean isReaderGone(IOException failed) {
        return failed.getMessage() != null && failed.getMessage().equals(readerGone());
    }

    private static @Nullable String readerGone() {
        try {
            Pipe pipe = Pipe.open();
            pipe.source().close();
            try (Pipe.SinkChannel sink = pipe.sink()) {
                sink.write(ByteBuffer.allocate(1));
                return null;
            }
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
