package dev.softpick.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.softpick.cli.io.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the system has to say: closed streams, readers that are gone, mounts, full disks, odd names. */
class SystemTest {

    private static final String MOUNT = "unshare -rm sh -c ";

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsAShell() {
        assumeTrue(Shell.can("true"), "no shell");
    }

    @BeforeEach
    void writeAModelAndAnInput() throws IOException {
        Samples.model(folder);
        Samples.npy(folder.resolve("x.npy"), Samples.images(20), 20, Samples.STEPS, Samples.EMBED);
        Files.writeString(folder.resolve("frames.csv"), ("0.5" + ",0.5".repeat(15) + "\n").repeat(2000));
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    @ParameterizedTest
    @Tag("long")
    @ValueSource(strings = {"", "--skip-bad", "--format f32"})
    void aClosedInputIsNotRead(String options) throws IOException, InterruptedException {
        assumeTrue(Files.exists(Path.of("/proc/self/fd")), "only Linux tells");
        Shell closed = Shell.run(folder, "$softpick stream --model digits-softpick.safetensors " + options + " <&-");
        assertThat(closed).isEqualTo(new Shell(1, "", "softpick stream: standard input is closed\n"));
    }

    @Test
    void aClosedOutputIsAFailure() throws IOException, InterruptedException {
        Shell closed = Shell.run(
                folder, "$softpick stream --model digits-softpick.safetensors < frames.csv >&-");
        assertThat(closed.code()).isOne();
        assertThat(closed.err()).startsWith("softpick stream: cannot write to standard output: ").hasLineCount(1);
    }

    /** The system's words in German, where they can be had. */
    @ParameterizedTest
    @Tag("long")
    @ValueSource(strings = {"C", "de_DE.UTF-8"})
    void aReaderThatHasHadEnoughIsNoFailureInAnyLanguage(String locale) throws IOException, InterruptedException {
        if (!locale.equals("C")) {
            assumeTrue(Files.exists(Path.of("/usr/share/locale/de/LC_MESSAGES/libc.mo"))
                    && Shell.can("localedef -i de_DE -f UTF-8 " + folder.resolve("de_DE.UTF-8")), "no German here");
        }
        String set = "export LOCPATH=\"$PWD\" LC_ALL=" + locale + "; ";
        Shell full = Shell.run(folder, set + "$softpick run > /dev/full");
        assertThat(full.code()).isOne();
        assertThat(full.err()).contains(locale.equals("C") ? "No space left on device" : "Speicherplatz");
        for (String command : new String[] {"run", "stream --model digits-softpick.safetensors < frames.csv"}) {
            Shell read = Shell.run(folder, set + "{ $softpick " + command + "; echo $? > code; } | head -n 1");
            assertThat(read.out()).hasLineCount(1);
            assertThat(read.err()).isEmpty();
            assertThat(folder.resolve("code")).hasContent("0");
        }
    }

    @Test
    void aFileMayHaveAnyName() throws IOException, InterruptedException {
        Files.copy(folder.resolve("x.npy"), folder.resolve("@x.npy"));
        Files.writeString(folder.resolve("x.npy"), "--help");
        Shell run = Shell.run(folder, "$softpick run --input @x.npy --output @y.npy");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("written to @y.npy");
        assertThat(folder.resolve("@y.npy")).exists();
        assertThat(Shell.run(folder, "$softpick @x.npy")).satisfies(wrong -> {
            assertThat(wrong.code()).isEqualTo(2);
            assertThat(wrong.err()).contains("'@x.npy'").hasLineCount(1);
        });
    }

    @Test
    void aMountedFileIsWrittenInPlace() throws IOException, InterruptedException {
        assumeTrue(Shell.can(MOUNT + "'mount -t tmpfs x /mnt'"), "no mounts here");
        Files.writeString(folder.resolve("outside"), "old");
        Files.writeString(folder.resolve("y z.npy"), "");
        long before = files();
        Shell run = Shell.run(folder, MOUNT + "'mount --bind outside \"y z.npy\" && "
                + "$softpick run --input x.npy --output \"y z.npy\"'");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Samples.readNpy(folder.resolve("outside"), 20, 10)).hasSize(200);
        assertThat(folder.resolve("y z.npy")).isEmptyFile();
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void aMountThatMustNotBeWrittenIsRefusedBeforeTheWork() throws IOException, InterruptedException {
        assumeTrue(Shell.can(MOUNT + "'mount -t tmpfs x /mnt'"), "no mounts here");
        Files.writeString(folder.resolve("outside"), "old");
        Files.writeString(folder.resolve("y.npy"), "");
        // an input that fails later shows which of the two is seen first
        Files.writeString(folder.resolve("bad.npy"), "no array");
        Shell run = Shell.run(folder, MOUNT + "'mount --bind outside y.npy && mount -o remount,ro,bind y.npy && "
                + "$softpick run --input bad.npy --output y.npy'");
        assertThat(run.code()).isOne();
        assertThat(run.err()).startsWith("softpick run: y.npy: cannot be written: ").hasLineCount(1);
        assertThat(folder.resolve("outside")).hasContent("old");
    }

    @Test
    @Tag("long")
    void aFullDiskNamesTheFile() throws IOException, InterruptedException {
        assumeTrue(Shell.can(MOUNT + "'mount -t tmpfs x /mnt'"), "no mounts here");
        for (String command : new String[] {
            "run --input x.npy --output-mode all --output full/y.npy",
            "run --input x.npy --output-mode all --output full/y.csv",
            "run --input x.npy --output-mode all --output full/y.safetensors",
            "init --embed-dim 4 --seed 1 --output full/y.safetensors"
        }) {
            Files.createDirectories(folder.resolve("full"));
            Shell run = Shell.run(folder, MOUNT + "'mount -t tmpfs -o size=16k x full && "
                    + "echo old > full/old && $softpick " + command + "; code=$?; ls -A full; exit $code'");
            assertThat(run.code()).as(command).isOne();
            assertThat(run.err()).matches(
                    "softpick \\w+: full/y\\.\\w+: cannot be written: No space left on device\n");
            assertThat(run.out()).isEqualTo("old\n");
        }
    }
}
