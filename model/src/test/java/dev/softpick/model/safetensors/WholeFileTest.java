package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was there stays until the file is complete, and then the file is all that has changed. */
@Tag("once")
class WholeFileTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameAFile() {
        file = folder.resolve("m.safetensors");
    }

    private static void write(Path file, String text) throws IOException {
        try (WholeFile whole = WholeFile.create(file)) {
            whole.out().write(text.getBytes());
            whole.commit();
        }
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    private static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    private void assumePosix() {
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("unix"), "no unix file system");
    }

    @Test
    void aNewFileHasTheModeThatNewFilesHave() throws IOException {
        assumePosix();
        write(file, "new");
        Path other = Files.writeString(folder.resolve("other"), "new");
        assertThat(file).hasContent("new");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rw-r-----", "rw-rw-rw-", "rwxr-x--x", "r--r--r--"})
    void theModeStays(String mode) throws IOException {
        assumePosix();
        Files.setPosixFilePermissions(Files.writeString(file, "old"), PosixFilePermissions.fromString(mode));
        write(file, "new");
        assertThat(file).hasContent("new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo(mode);
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void whatReplacesASecretIsNeverReadableByOthers() throws IOException {
        assumePosix();
        Files.setPosixFilePermissions(Files.writeString(file, "old"), PosixFilePermissions.fromString("rw-------"));
        try (WholeFile whole = WholeFile.create(file)) {
            whole.out().write(1);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.toList()).hasSize(2).allSatisfy(one ->
                        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
                                .isEqualTo("rw-------"));
            }
        }
        assertThat(file).hasContent("old");
    }

    @Test
    void ownerAndGroupStay() throws IOException {
        assumePosix();
        assumeTrue(root(), "only root can give files away");
        Files.writeString(file, "old");
        Files.setAttribute(file, "unix:uid", 12345);
        Files.setAttribute(file, "unix:gid", 54321);
        write(file, "new");
        assertThat(file).hasContent("new");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(12345);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(54321);
    }

    @Test
    void hardLinksStay() throws IOException {
        assumePosix();
        Files.writeString(file, "older and longer");
        Path other = Files.createLink(folder.resolve("other"), file);
        write(file, "new");
        assertThat(file).hasContent("new");
        assertThat(other).hasContent("new");
        assertThat(files()).isEqualTo(2);
    }

    @Test
    void theTargetOfADanglingLinkIsMade() throws IOException {
        Files.createDirectory(folder.resolve("sub"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("sub", "first"));
        Files.createSymbolicLink(folder.resolve("sub/first"), Path.of("..", "m.safetensors"));
        write(link, "new");
        assertThat(file).hasContent("new");
        assertThat(link).isSymbolicLink();
        assertThat(folder.resolve("sub/first")).isSymbolicLink();
        write(link, "newer");
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(file).hasContent("newer");
    }

    @Test
    void aCircleOfLinksIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("other"));
        Files.createSymbolicLink(folder.resolve("other"), Path.of("link"));
        assertThatThrownBy(() -> WholeFile.create(link))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(link + ": too many symbolic links");
    }

    @Test
    void aNameMayHaveAllTheBytesThatTheFileSystemAllows() throws IOException {
        Path longest = folder.resolve("x".repeat(255));
        write(longest, "new");
        write(longest, "newer");
        assertThat(longest).hasContent("newer");
        Path tooLong = folder.resolve("x".repeat(256));
        assertThatThrownBy(() -> WholeFile.create(tooLong))
                .isInstanceOf(FileSystemException.class)
                .hasMessageStartingWith(tooLong + ": cannot be written: ");
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void withoutACommitNothingHasHappened() throws IOException {
        Files.writeString(file, "old");
        try (WholeFile whole = WholeFile.create(file)) {
            whole.out().write(new byte[100_000]);
        }
        assertThat(file).hasContent("old");
        try (WholeFile whole = WholeFile.create(folder.resolve("absent"))) {
            whole.out().write(1);
        }
        assertThat(files()).isEqualTo(1);
    }

    @Test
    void whatIsNoFileIsRefusedBeforehand() throws IOException {
        assertThatThrownBy(() -> WholeFile.create(folder))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": it is a folder; a file is to stand there");
        Path lost = folder.resolve("none").resolve("m.safetensors");
        assertThatThrownBy(() -> WholeFile.create(lost))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(lost + ": the folder " + folder.resolve("none") + " does not exist");
        Files.writeString(file, "old");
        Path below = file.resolve("m.safetensors");
        assertThatThrownBy(() -> WholeFile.create(below)).hasMessage(below + ": " + file + " is not a folder");
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "no devices here");
        assertThatThrownBy(() -> WholeFile.create(device))
                .hasMessage(device + ": it is a pipe or a device; a file is to stand there");
    }

    @Test
    void inAFolderThatMustNotBeWrittenAFileThatMayIsWrittenInPlace() throws IOException {
        assumePosix();
        assumeFalse(root(), "root may write everywhere");
        Files.writeString(file, "older and longer");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            write(file, "new");
            assertThat(file).hasContent("new");
            assertThatThrownBy(() -> WholeFile.create(folder.resolve("absent")))
                    .hasMessageEndingWith("the folder " + folder + " is not writable");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
            assertThatThrownBy(() -> WholeFile.create(file))
                    .hasMessageEndingWith("the folder " + folder + " is not writable");
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
