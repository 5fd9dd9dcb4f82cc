package dev.softpick.model.safetensors;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A file that is there whole or not at all: it is written beside its place, and takes it when it is complete. Until
 * then, what was there stays; where it does not come to pass, nothing is left, also when the program is interrupted.
 *
 * <pre>{@code
 * try (WholeFile file = WholeFile.create(path)) {
 *     file.out().write(bytes);
 *     file.commit();
 * }
 * }</pre>
 *
 * <p>What is replaced:
 * <ul>
 * <li>A file keeps its mode and its owner and group.
 * <li>A link is followed; the target of a dangling link is made.
 * <li>A file that has several hard links, is mounted, whose owner cannot be kept or whose folder cannot be written is
 *     not renamed over: the complete file is copied into it. Only while that lasts can an interruption do harm.
 * <li>Folders, pipes and devices are refused.
 * </ul>
 *
 * <p>Not thread-safe.
 */
public final class WholeFile implements Closeable {

    private static final Path LINUX_MOUNTS = Path.of("/proc/self/mountinfo");
    private static final int MOUNT_POINT = 4;
    private static final int MOST_LINKS = 40;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;
    private final Path target;
    private final Path beside;
    private final boolean inPlace;
    private final OutputStream out;
    private final Thread atExit;

    private WholeFile(Path file, Path target, Path beside, boolean inPlace, OutputStream out) {
        this.file = file;
        this.target = target;
        this.beside = beside;
        this.inPlace = inPlace;
        this.out = out;
        atExit = new Thread(() -> {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException gone) {
                // the JVM is going down, and there is nobody left to tell
            }
        });
    }

    /**
     * Starts to write what will be {@code file}. All that can be told beforehand is: created and closed without a
     * commit, it says whether a file can be written there.
     *
     * @param file to read
     * @return the file
     * @throws FileSystemException that names {@code file} and what is wrong with it, if it cannot be written
     */
    public static WholeFile create(Path file) throws IOException {
        Path target = followed(file);
        Path folder = folder(file, target);
        boolean there = isFile(file, target);
        boolean writable = there && isWritable(file, target);
        boolean folderWritable = Files.isWritable(folder);
        if (!folderWritable && !writable) {
            throw refused(file, "the folder " + folder + " is not writable");
        }
        // a name of its own, because one made from the file's could be too long
        Path beside = (folderWritable ? folder : Path.of(System.getProperty("java.io.tmpdir"))).resolve(
                ".softpick-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()) + ".part");
        OutputStream out;
        try {
            out = open(beside, there);
        } catch (IOException e) {
            throw failed(file, e);
        }
        try {
            boolean kept = !there || takeOver(target, beside);
            boolean shared = there && (links(target) > 1 || isMounted(target));
            if (shared && !writable) {
                throw refused(file, "permission denied; it has other names or is mounted, so it cannot be replaced");
            }
            boolean inPlace = shared || writable && (!folderWritable || !kept);
            WholeFile created = new WholeFile(file, target, beside, inPlace, new Named(file, out));
            Runtime.getRuntime().addShutdownHook(created.atExit);
            return created;
        } catch (IOException | RuntimeException e) {
            out.close();
            Files.delete(beside);
            throw e;
        }
    }

    /** Where links lead, also if nothing is there. */
    private static Path followed(Path file) throws IOException {
        Path at = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) {
                throw refused(file, "too many symbolic links");
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at;
    }

    private static Path folder(Path file, Path target) throws IOException {
        Path folder = target.getParent();
        // a root, also that of a drive that is not there
        if (folder == null || Files.isDirectory(target)) {
            throw refused(file, "it is a folder; a file is to stand there");
        }
        if (!Files.exists(folder)) {
            throw new NoSuchFileException(file.toString(), null, "the folder " + folder + " does not exist");
        }
        if (!Files.isDirectory(folder)) {
            throw refused(file, folder + " is not a folder");
        }
        return folder;
    }

    private static boolean isFile(Path file, Path target) throws IOException {
        BasicFileAttributes found;
        try {
            found = Files.readAttributes(target, BasicFileAttributes.class);
        } catch (NoSuchFileException absent) {
            return false;
        } catch (IOException e) {
            // a name that is too long, for instance
            throw failed(file, e);
        }
        if (!found.isRegularFile()) {
            throw refused(file, "it is a pipe or a device; a file is to stand there");
        }
        return true;
    }

    /** A file that must not be written may still be replaced; one that its file system will not change may not. */
    private static boolean isWritable(Path file, Path target) throws IOException {
        try {
            Files.newByteChannel(target, StandardOpenOption.WRITE).close();
            return true;
        } catch (AccessDeniedException readOnly) {
            return false;
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** Not createTempFile, whose files only the owner may read; what replaces a secret is one from the start. */
    private static OutputStream open(Path beside, boolean secret) throws IOException {
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return Channels.newOutputStream(secret && isPosix(beside)
                ? Files.newByteChannel(beside, options, PosixFilePermissions.asFileAttribute(OWNER_ONLY))
                : Files.newByteChannel(beside, options));
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /** Gives the new file what the old one has; false if its owner or group is not ours to give. */
    private static boolean takeOver(Path old, Path beside) throws IOException {
        if (!isPosix(beside)) {
            return true;
        }
        PosixFileAttributes from = Files.readAttributes(old, PosixFileAttributes.class);
        PosixFileAttributeView to = Files.getFileAttributeView(beside, PosixFileAttributeView.class);
        boolean kept = true;
        try {
            PosixFileAttributes now = to.readAttributes();
            if (!now.owner().equals(from.owner())) {
                to.setOwner(from.owner());
            }
            if (!now.group().equals(from.group())) {
                to.setGroup(from.group());
            }
        } catch (FileSystemException notOurs) {
            kept = false;
        }
        to.setPermissions(from.permissions());
        return kept;
    }

    private static int links(Path target) throws IOException {
        return target.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? (int) Files.getAttribute(target, "unix:nlink") : 1;
    }

    /** A file can be a mount of its own, as containers have them, which no file system renames over. */
    private static boolean isMounted(Path target) throws IOException {
        if (target.getFileSystem() != FileSystems.getDefault() || !Files.isReadable(LINUX_MOUNTS)) {
            return false;
        }
        String real = target.toRealPath().toString();
        try (Stream<String> mounts = Files.lines(LINUX_MOUNTS, StandardCharsets.ISO_8859_1)) {
            return mounts.anyMatch(mount -> unescaped(mount.split(" ", MOUNT_POINT + 2)[MOUNT_POINT]).equals(real));
        }
    }

    /** Blanks, tabs, line feeds and backslashes are three octal digits behind a backslash; names are UTF-8. */
    private static String unescaped(String field) {
        StringBuilder text = new StringBuilder(field.length());
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\') {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(field.charAt(i));
            }
        }
        return new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /**
     * Where to write; what fails names the file. Closed by {@link #commit} and {@link #close}.
     *
     * @return a stream that the file is written to
     */
    public OutputStream out() {
        return out;
    }

    /**
     * All is written: it takes its place.
     *
     * @throws FileSystemException that names the file
     */
    public void commit() throws IOException {
        out.close();
        try {
            if (!inPlace && moved()) {
                return;
            }
            try (OutputStream to = Files.newOutputStream(
                    target, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                Files.copy(beside, to);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** False where that cannot be, for a reason that only shows now, and there is a file to write into. */
    private boolean moved() throws IOException {
        try {
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (FileSystemException e) {
            if (!Files.isWritable(target)) {
                throw e;
            }
            return false;
        }
    }

    /** Takes away what was not committed. */
    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(beside);
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException shuttingDown) {
                // then the hook runs, and finds nothing to delete
            }
        }
    }

    private static FileSystemException refused(Path file, String reason) {
        return new FileSystemException(file.toString(), null, reason);
    }

    /** The system's reason with the name that the caller knows: what it says itself has another name, or none. */
    private static FileSystemException failed(Path file, IOException e) {
        String reason = e instanceof AccessDeniedException ? "permission denied"
                : e instanceof FileSystemException system && system.getReason() != null ? system.getReason()
                : e.getMessage();
        FileSystemException failed = refused(file, "cannot be written: " + reason);
        failed.initCause(e);
        return failed;
    }

    /** A full disk's exception does not say which file it was. */
    private static final class Named extends OutputStream {

        private final Path file;
        private final OutputStream out;

        Named(Path file, OutputStream out) {
            this.file = file;
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                throw failed(file, e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                out.close();
            } catch (IOException e) {
                throw failed(file, e);
            }
        }
    }
}
