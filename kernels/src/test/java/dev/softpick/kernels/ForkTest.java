package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.kernels.select.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The build runs all tests four times; each run must have got the backend that it is for. */
class ForkTest {

    private static final String FORK = System.getProperty("softpick.test.fork", "");

    @Test
    void thisForkHasItsBackendAndWidth() throws IOException {
        BackendInfo info = BackendInfo.current();
        System.out.println("fork " + (FORK.isEmpty() ? "(none)" : FORK) + ": " + info);
        if (FORK.isEmpty()) {
            assertThat(info.name()).isIn("vector", "scalar");
        } else if (FORK.equals("scalar")) {
            assertThat(info.name()).isEqualTo("scalar");
            assertThat(info.reason()).contains("--add-modules jdk.incubator.vector");
            assertThat(Backends.hasVector()).isFalse();
            assertThatThrownBy(Backends::vector).isInstanceOf(IllegalStateException.class);
        } else {
            int wanted = Integer.parseInt(FORK.substring("vector-".length()));
            int widest = widestOfThisCpu();
            if (wanted > widest) {
                System.out.println("fork " + FORK + ": this CPU has no " + wanted + "-bit vectors; " + widest
                        + " it is");
            }
            assertThat(info.name()).isEqualTo("vector");
            assertThat(info.width()).isEqualTo(Math.min(wanted, widest));
        }
    }

    /** Told by the operating system, not by the JVM under test. */
    private static int widestOfThisCpu() throws IOException {
        String arch = System.getProperty("os.arch");
        if (!arch.equals("amd64") && !arch.equals("x86_64")) {
            // Bytes of a vector where the CPU has Arm's SVE; otherwise it is 128 bits.
            Path sve = Path.of("/proc/sys/abi/sve_default_vector_length");
            return Files.isReadable(sve)
                    ? Integer.highestOneBit(Integer.parseInt(Files.readString(sve).strip())) * Byte.SIZE
                    : 128;
        }
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(cpuinfo)) {
            return 256;
        }
        String flags = Files.readString(cpuinfo);
        return flags.contains("avx512bw") ? 512 : flags.contains("avx2") ? 256 : 128;
    }
}
