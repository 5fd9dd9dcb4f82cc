package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.oracle.Gaussian;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * States that version 1 of the format wrote, with the models they belong to: every later version restores them and, as
 * long as it writes version 1, writes the same bytes. {@link #main} wrote the files; it only adds what is missing.
 */
class SavedSessionsTest {

    private static final String FOLDER = "sessions-v1";
    private static final int EMBED = 3;
    private static final int HIDDEN = 8;
    private static final int WINDOW = 5;

    /**
     * A saved session: how many frames it had taken. 197 frames are more than a chunk, so softpick has a running state.
     */
    private record Saved(Window window, Normalizer normalizer, int frames) {

        String file() {
            return "%s-%s-%d.state".formatted(window.name().toLowerCase(Locale.ROOT), normalizer.id(), frames);
        }

        float[] history() {
            return Gaussian.floats(11, frames * EMBED);
        }

        /** Half of the frames are only fed, the others answered. */
        StreamingSession session(SoftpickTransformer model) {
            StreamingSession session = model.newSession(window);
            int fed = frames / 2;
            if (fed > 0) {
                session.feed(history(), fed);
            }
            for (int i = fed; i < frames; i++) {
                session.step(Arrays.copyOfRange(history(), i * EMBED, (i + 1) * EMBED), new float[HIDDEN]);
            }
            return session;
        }
    }

    private static Stream<Saved> saved() {
        return Stream.of(Normalizer.values()).flatMap(normalizer -> Stream.concat(
                Stream.of(Window.values()).flatMap(window -> Stream.of(
                        new Saved(window, normalizer, 3), new Saved(window, normalizer, 13))),
                normalizer == Normalizer.SOFTPICK
                        ? Stream.of(new Saved(Window.UNBOUNDED, normalizer, 0),
                                new Saved(Window.UNBOUNDED, normalizer, 197))
                        : Stream.empty()));
    }

    private static String modelFile(Normalizer normalizer) {
        return normalizer.id() + ".safetensors";
    }

    private static SoftpickTransformer model(Normalizer normalizer) throws IOException {
        return SoftpickTransformer.load(Fixtures.path(FOLDER + "/" + modelFile(normalizer)));
    }

    private static byte[] bytes(Saved saved) throws IOException {
        return Files.readAllBytes(Fixtures.path(FOLDER + "/" + saved.file()));
    }

    @ParameterizedTest
    @MethodSource("saved")
    void theSameFramesGiveTheSameBytes(Saved saved) throws IOException {
        assertThat(saved.session(model(saved.normalizer)).save()).isEqualTo(bytes(saved));
    }

    @ParameterizedTest
    @MethodSource("saved")
    void aSavedSessionGoesOnAsIfItHadNeverStopped(Saved saved) throws IOException, SessionFormatException {
        SoftpickTransformer model = model(saved.normalizer);
        StreamingSession restored = model.newSession(saved.window);
        restored.restore(bytes(saved));
        assertThat(restored.position()).isEqualTo(saved.frames);
        assertThat(restored.save()).isEqualTo(bytes(saved));
        float[] later = Gaussian.floats(12, 20 * EMBED);
        float[] answers = new float[20 * HIDDEN];
        float[] expected = new float[20 * HIDDEN];
        restored.step(later, 20, answers);
        saved.session(model).step(later, 20, expected);
        assertThat(answers).isEqualTo(expected);
    }

    /**
     * Writes the models and states that are missing.
     *
     * @param folder of the test's resources
     */
    static void main(String[] folder) throws IOException {
        Path to = Files.createDirectories(Path.of(folder[0]).resolve(FOLDER));
        for (Normalizer normalizer : Normalizer.values()) {
            Path file = to.resolve(modelFile(normalizer));
            if (Files.notExists(file)) {
                SoftpickTransformer.random(
                        SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).numHeads(2).numLayers(2)
                                .windowSize(WINDOW).normalizer(normalizer).build(), 7).save(file);
            }
            SoftpickTransformer model = SoftpickTransformer.load(file);
            List<Saved> states = saved().filter(saved -> saved.normalizer == normalizer).toList();
            for (Saved saved : states) {
                if (Files.notExists(to.resolve(saved.file()))) {
                    Files.write(to.resolve(saved.file()), saved.session(model).save());
                }
            }
        }
    }
}
