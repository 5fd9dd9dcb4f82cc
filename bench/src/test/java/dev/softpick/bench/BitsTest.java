package dev.softpick.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A check of bits says what it ran on, and that was forced. */
class BitsTest {

    @BeforeEach
    void vectorsAsInEveryTestOfThisModule() {
        System.setProperty("softpick.backend", "vector");
    }

    @Test
    void aBackendThatNobodyForcedIsRefused() {
        System.clearProperty("softpick.backend");
        assertThatIllegalStateException().isThrownBy(() -> Bits.force(null)).withMessageContaining("--backend vector");
    }

    @Test
    void aBackendThatThisJvmDoesNotHaveIsRefused() {
        assertThat(Bits.force("vector").name()).isEqualTo("vector");
        assertThatIllegalStateException().isThrownBy(() -> Bits.force("scalar")).withMessageContaining("not scalar");
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32, a300eca6", "BFLOAT16, 16cb6b61", "INT8, fe6796a3"})
    void theChecksumIsThatOfEveryMachine(WeightFormat format, String checksum) {
        assertThat(Bits.checksum(format, 1)).isEqualTo(checksum);
    }

    @Test
    @Tag("long")
    void statesGoOnWhereTheyWereWritten(@TempDir Path folder) throws IOException {
        Bits.write(folder);
        assertThat(Bits.resume(folder)).isEqualTo(36);
        Path state = folder.resolve("softmax-sliding.state");
        Files.copy(folder.resolve("softpick-sliding.state"), state, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Bits.resume(folder)).hasMessageContaining("model");
    }
}
