package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import dev.softpick.cli.io.Samples;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitCommandTest {

    @TempDir
    private Path folder;

    @Test
    void theDefaultsAreEdifices() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Invocation init = Invocation.of("init", "--embed-dim", 16, "--seed", 1, "--output", file);
        assertThat(init.code()).as(init.err()).isZero();
        assertThat(init.outLines()).containsExactly(file + ": 4,743,424 parameters, seed 1");
        assertThat(SoftpickTransformer.load(file).config()).isEqualTo(SoftpickConfig.builder().embedDim(16).build());
    }

    @Test
    void everyOptionReachesTheFile() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Invocation init = Invocation.of(
                "init", "--embed-dim", 3, "--hidden-size", 24, "--num-heads", 6, "--num-layers", 2, "--window-size", 9,
                "--normalizer", "ssmax", "--output-mode", "mean", "--no-final-norm", "--dropout", "0.25", "--seed", -5,
                "--output", file);
        assertThat(init.code()).as(init.err()).isZero();
        assertThat(SoftpickTransformer.load(file).config()).isEqualTo(SoftpickConfig.builder()
                .embedDim(3).hiddenSize(24).numHeads(6).numLayers(2).windowSize(9).dropout(0.25f)
                .normalizer(Normalizer.SSMAX).outputMode(OutputMode.MEAN_POOL).finalNorm(false).build());
    }

    @Test
    void theSameSeedGivesTheSameFile() throws IOException {
        byte[] one = init("a.safetensors", 7);
        assertThat(init("b.safetensors", 7)).isEqualTo(one);
        assertThat(init("c.safetensors", 8)).isNotEqualTo(one);
    }

    private byte[] init(String name, int seed) throws IOException {
        Path file = folder.resolve(name);
        Invocation init = Invocation.of(
                "init", "--embed-dim", 2, "--hidden-size", 8, "--num-layers", 1, "--seed", seed, "--output", file);
        assertThat(init.code()).as(init.err()).isZero();
        return Files.readAllBytes(file);
    }

    @Test
    void whatItWritesRuns() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Invocation.of("init", "--embed-dim", 16, "--hidden-size", 32, "--num-layers", 1, "--seed", 1, "--output", file);
        Path input = Samples.npy(folder.resolve("x.npy"), Samples.images(2), 2, Samples.STEPS, Samples.EMBED);
        Invocation run = Invocation.of("run", "--model", file, "--input", input);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.outLines().getFirst()).isEqualTo("output [2, 32] float32, hidden states");
    }
}
