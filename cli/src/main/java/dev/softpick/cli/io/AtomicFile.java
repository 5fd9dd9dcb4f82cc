package dev.softpick.cli.io;

import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.UsageException;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears under its name only when it is complete: it is written beside, and renamed. Where that does not
 * come to pass, nothing is left, also when the program is interrupted.
 */
public final class AtomicFile implements Closeable {

    private final Path file;
    private final Path temporary;
    private final OutputStream out;
    private final Thread atExit;

    private AtomicFile(Path file, Path temporary, OutputStream out) {
        this.file = file;
        this.temporary = temporary;
        this.out = out;
        atExit = new Thread(() -> {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException gone) {
                // the JVM is going down, and there is nobody left to tell
            }
        });
    }

    /**
     * Whether a file could be written there, asked before the work that it is to hold is done.
     *
     * @throws IOException saying why not
     */
    public static void check(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder; --output takes the name of a file");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + " is a pipe or a device; --output takes the name of a file");
        }
        if (folder == null || !Files.exists(folder)) {
            throw new IOException("cannot write " + file + ": the folder " + folder + " does not exist");
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException("cannot write " + file + ": " + folder + " is not a folder");
        }
        if (!Files.isWritable(folder)) {
            throw new IOException("cannot write " + file + ": the folder " + folder + " is not writable");
        }
    }

    /** Refuses to put the output in the place of a file that it is made from; null is none. */
    public static void checkApart(Path output, String option, Path source) throws IOException {
        if (source != null && Files.exists(output) && Files.exists(source) && Files.isSameFile(output, source)) {
            throw new UsageException(
                    "--output is " + output + ", the file that " + option + " names; give another one");
        }
    }

    /** Starts to write what will be {@code file}; a link is followed, not replaced. */
    public static AtomicFile create(Path file) throws IOException {
        check(file);
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-"
                + Long.toHexString(System.nanoTime()) + ".tmp");
        // not createTempFile, whose files only the owner may read
        OutputStream out;
        try {
            out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + Failures.message(e), e);
        }
        AtomicFile created = new AtomicFile(target, temporary, out);
        Runtime.getRuntime().addShutdownHook(created.atExit);
        return created;
    }

    /** Where to write. */
    public OutputStream out() {
        return out;
    }

    /** All is written: the file takes its name. */
    public void commit() throws IOException {
        out.close();
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Takes away what was not committed. */
    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            if (Files.exists(temporary, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(temporary);
            }
            removeHook();
        }
    }

    private void removeHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // then the hook runs, and finds nothing to delete
        }
    }
}
