package dev.softpick.bench;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.Window;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;

/** What one JVM computes for {@link BitsMatrix}: small models of every kind, and files that any machine can read. */
final class Bits {

    private static final int EMBED = 5;
    private static final int HIDDEN = 24;
    private static final int SHORT_STEPS = 4;

    /** Beyond a chunk of keys. */
    private static final int LONG_STEPS = 200;

    /** Frames before a session's state is written, and those that go on from it. */
    private static final int STATE_FRAMES = 70;

    private static final int MORE_FRAMES = 5;

    private Bits() {}

    /**
     * The backend that is named, chosen before the first kernel runs: a model then starts on it and stays there.
     *
     * @throws IllegalStateException if this JVM has another one, with the reason
     */
    static BackendInfo force(String backend) {
        if (backend != null) {
            System.setProperty("softpick.backend", backend);
        }
        String forced = System.getProperty("softpick.backend");
        if (forced == null) {
            throw new IllegalStateException("no backend is forced: a model serves its first calls on scalar"
                    + " kernels then,"
                    + " and their bits say nothing about the others; give --backend vector or --backend scalar");
        }
        BackendInfo chosen = BackendInfo.current();
        if (!chosen.name().equals(forced)) {
            throw new IllegalStateException(
                    "the backend is " + chosen.name() + " (" + chosen.reason() + ") and not " + forced);
        }
        return chosen;
    }

    /** One checksum over all outputs; throws where a row depends on its batch, its threads or its round. */
    static String checksum(WeightFormat format, int rounds) {
        String checksum = checksum(format);
        for (int round = 1; round < rounds; round++) {
            String again = checksum(format);
            if (!again.equals(checksum)) {
                throw new IllegalStateException("round " + round + " has checksum " + again + ", the first "
                        + checksum);
            }
        }
        return checksum;
    }

    private static String checksum(WeightFormat format) {
        CRC32 crc = new CRC32();
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickTransformer model = model(normalizer).withWeights(format);
            float[] row = Gaussian.of(1, SHORT_STEPS * EMBED);
            add(crc, forward(model, row, 1, SHORT_STEPS));
            add(crc, forward(model, Gaussian.of(2, LONG_STEPS * EMBED), 1, LONG_STEPS));
            byte[] alone = bytes(forward(model, row, 1, SHORT_STEPS), 0, HIDDEN);
            for (int batch : new int[] {1, 3, 64}) {
                for (int threads : new int[] {1, 2, 4}) {
                    float[] x = Gaussian.of(batch, batch * row.length);
                    int at = (batch - 1) * threads / 4;
                    System.arraycopy(row, 0, x, at * row.length, row.length);
                    float[] y = forward(model.parallelism(threads), x, batch, SHORT_STEPS);
                    if (!Arrays.equals(bytes(y, at * HIDDEN, HIDDEN), alone)) {
                        throw new IllegalStateException(normalizer + ", " + format + ": row " + at + " of " + batch
                                + ", " + threads + " threads, differs from the row alone");
                    }
                    add(crc, y);
                }
            }
        }
        return String.format("%08x", crc.getValue());
    }

    private static SoftpickTransformer model(Normalizer normalizer) {
        return SoftpickTransformer.random(
                SoftpickConfig.builder()
                        .embedDim(EMBED).hiddenSize(HIDDEN).numHeads(2).numLayers(2).normalizer(normalizer).build(),
                3);
    }

    /**
     * A sequence as text; for each normalizer and weight format a model, and for each window a session's state: the
     * same bytes everywhere.
     */
    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        float[] frames = Gaussian.of(4, STATE_FRAMES * EMBED);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < frames.length; i++) {
            text.append(frames[i]).append(i % EMBED == EMBED - 1 ? '\n' : ',');
        }
        Files.writeString(folder.resolve("input.csv"), text);
        for (Normalizer normalizer : Normalizer.values()) {
            for (WeightFormat format : WeightFormat.values()) {
                SoftpickTransformer model = model(normalizer).withWeights(format);
                model.save(model(folder, normalizer, format));
                for (Window window : Window.values()) {
                    Files.write(state(folder, normalizer, format, window), streamed(model, window).save());
                }
            }
        }
    }

    /** Goes on from states that {@link #write} has written elsewhere; returns how many, throws where bits differ. */
    static int resume(Path folder) throws IOException {
        int states = 0;
        for (Normalizer normalizer : Normalizer.values()) {
            for (WeightFormat format : WeightFormat.values()) {
                SoftpickTransformer here = model(normalizer).withWeights(format);
                SoftpickTransformer there = SoftpickTransformer.load(model(folder, normalizer, format));
                for (Window window : Window.values()) {
                    StreamingSession session = there.newSession(window);
                    Path state = state(folder, normalizer, format, window);
                    session.restore(Files.readAllBytes(state));
                    if (!Arrays.equals(goOn(session), goOn(streamed(here, window)))) {
                        throw new IllegalStateException(state + ": goes on with other bits than a session of this JVM");
                    }
                    states++;
                }
            }
        }
        return states;
    }

    private static byte[] goOn(StreamingSession session) {
        float[] answers = new float[MORE_FRAMES * HIDDEN];
        session.step(Gaussian.of(5, MORE_FRAMES * EMBED), MORE_FRAMES, answers);
        return bytes(answers, 0, answers.length);
    }

    private static Path model(Path folder, Normalizer normalizer, WeightFormat format) {
        return folder.resolve(name(normalizer, format) + ".safetensors");
    }

    private static Path state(Path folder, Normalizer normalizer, WeightFormat format, Window window) {
        return folder.resolve(name(normalizer, format) + "-" + window.name().toLowerCase(Locale.ROOT) + ".state");
    }

    private static String name(Normalizer normalizer, WeightFormat format) {
        return normalizer.id() + (format == WeightFormat.FLOAT32 ? "" : "-" + format.id());
    }

    private static StreamingSession streamed(SoftpickTransformer model, Window window) {
        StreamingSession session = model.newSession(window);
        session.step(Gaussian.of(4, STATE_FRAMES * EMBED), STATE_FRAMES, new float[STATE_FRAMES * HIDDEN]);
        return session;
    }

    private static float[] forward(SoftpickTransformer model, float[] x, int batch, int steps) {
        float[] y = new float[batch * HIDDEN];
        model.forward(x, batch, steps, y);
        return y;
    }

    private static void add(CRC32 crc, float[] y) {
        crc.update(bytes(y, 0, y.length));
    }

    private static byte[] bytes(float[] y, int from, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * length);
        for (int i = from; i < from + length; i++) {
            bytes.putFloat(y[i]);
        }
        return bytes.array();
    }
}
