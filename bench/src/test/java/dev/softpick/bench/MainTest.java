package dev.softpick.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    /** Another user's file cannot be opened for writing; nor can a folder, even by root. */
    @Test
    void aLockOfSomebodyElseIsToldFromOurs(@TempDir Path folder) throws IOException {
        assertThat(Main.canBeLocked(folder.resolve("jmh.lock"))).isTrue();
        assertThat(Main.canBeLocked(folder.resolve("jmh.lock"))).isTrue();
        Path foreign = Files.createDirectory(folder.resolve("foreign.lock"));
        assertThat(Main.canBeLocked(foreign)).isFalse();
    }
}
