package dev.softpick.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryProgress;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams of several keys in micro-batches, compared with one session that gets all frames. */
class SessionsTest {

    private static final int KEYS = 5;
    private static final int FRAMES = 90;
    private static final long SEED = 7;

    private static SparkSession spark;
    private static SoftpickTransformer ecg;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        System.out.println("seed " + SEED);
        spark = SparkTest.session();
        ecg = SparkTest.load(SparkTest.ECG);
    }

    private static Frame frame(int key, int number) {
        Random random = new Random(SEED + 1000L * key + number);
        float[] values = new float[4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Frame("key " + key, number, values);
    }

    private static List<Frame> frames(int from, int to) {
        List<Frame> frames = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            for (int number = from; number < to; number++) {
                frames.add(frame(key, number));
            }
        }
        Collections.shuffle(frames, new Random(SEED + from));
        return frames;
    }

    /** One file is one micro-batch. */
    private void put(int batch, List<Frame> frames) {
        Path staged = folder.resolve("staged-" + batch);
        spark.createDataset(frames, Encoders.bean(Frame.class)).coalesce(1).write().parquet(staged.toString());
        try (var files = Files.list(staged)) {
            Files.createDirectories(folder.resolve("in"));
            Path part = files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
            Files.move(part, folder.resolve("in").resolve(batch + ".parquet"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Runs all micro-batches that are there, then stops, as a crash between two would. */
    private void run(SoftpickSessions sessions) throws Exception {
        start(sessions, TimeMode.None(), Trigger.AvailableNow()).awaitTermination();
    }

    /** With a time to live, Spark runs micro-batches without data too, so that AvailableNow would never end. */
    private void runUntilRead(SoftpickSessions sessions, int frames) throws Exception {
        StreamingQuery query = start(sessions, TimeMode.ProcessingTime(), Trigger.ProcessingTime("100 milliseconds"));
        try {
            while (query.isActive() && Arrays.stream(query.recentProgress())
                    .mapToLong(StreamingQueryProgress::numInputRows).sum() < frames) {
                Thread.sleep(20);
            }
        } finally {
            query.stop();
        }
        query.awaitTermination();
    }

    private StreamingQuery start(SoftpickSessions sessions, TimeMode mode, Trigger trigger) throws Exception {
        Dataset<Frame> frames = spark.readStream()
                .schema(Encoders.bean(Frame.class).schema())
                .option("maxFilesPerTrigger", 1)
                .parquet(folder.resolve("in").toString())
                .as(Encoders.bean(Frame.class));
        return frames.groupByKey((MapFunction<Frame, String>) Frame::getKey, Encoders.STRING())
                .transformWithState(sessions, mode, OutputMode.Append(), Encoders.bean(Answer.class))
                .writeStream()
                .format("parquet")
                .option("path", folder.resolve("out").toString())
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(trigger)
                .start();
    }

    private Map<String, float[]> answers() {
        Map<String, float[]> answers = new HashMap<>();
        for (Answer answer : spark.read().parquet(folder.resolve("out").toString())
                .as(Encoders.bean(Answer.class)).collectAsList()) {
            float[] twice = answers.put(answer.getKey() + "/" + answer.getNumber(), answer.getValues());
            assertThat(twice).as(answer.getKey() + "/" + answer.getNumber()).isNull();
        }
        return answers;
    }

    @ParameterizedTest
    @EnumSource(Window.class)
    void aStreamThatStopsAndStartsAgainHasTheBitsOfOneSession(Window window) throws Exception {
        put(0, frames(0, 20));
        put(1, frames(20, 65));
        run(new SoftpickSessions(SparkTest.ECG.toString(), window));
        List<Frame> rest = frames(65, FRAMES);
        rest.add(frame(1, 64));
        rest.add(frame(2, 3));
        put(2, rest);
        SoftpickSessions sessions = new SoftpickSessions(SparkTest.ECG.toString(), window);
        run(sessions);
        assertThat(sessions.duplicateFrames()).isEqualTo(2);

        Map<String, float[]> answers = answers();
        assertThat(answers).hasSize(KEYS * FRAMES);
        for (int key = 0; key < KEYS; key++) {
            try (StreamingSession session = ecg.newSession(window)) {
                float[] expected = new float[ecg.outputSize()];
                for (int number = 0; number < FRAMES; number++) {
                    session.step(frame(key, number).getValues(), expected);
                    String name = "key " + key + "/" + number;
                    SparkTest.sameBits(name, answers.get(name), expected);
                }
            }
        }
    }

    @Test
    void gapsFailResetOrPass() throws Exception {
        List<Frame> gapped = new ArrayList<>(List.of(frame(0, 0), frame(0, 1), frame(0, 5)));
        put(0, gapped);
        SoftpickSessions sessions = new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT).withLogits();
        assertThatThrownBy(() -> run(sessions))
                .hasStackTraceContaining("key 'key 0': frame 5 follows frame 1");
        run(sessions.withGaps(SoftpickSessions.Gaps.RESET));
        assertThat(answers().get("key 0/5")).isEqualTo(SparkTest.logits(ecg, frame(0, 5).getValues()));
    }

    @Test
    void ignoredGapsGoOn() throws Exception {
        put(0, new ArrayList<>(List.of(frame(0, 0), frame(0, 5))));
        run(new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT).withLogits()
                .withGaps(SoftpickSessions.Gaps.IGNORE));
        float[] both = new float[8];
        System.arraycopy(frame(0, 0).getValues(), 0, both, 0, 4);
        System.arraycopy(frame(0, 5).getValues(), 0, both, 4, 4);
        assertThat(answers().get("key 0/5")).isEqualTo(SparkTest.logits(ecg, both));
    }

    @Test
    void aKeyIsForgottenAfterItsTimeToLive() throws Exception {
        SoftpickSessions sessions = new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT).withLogits()
                .withTimeToLive(Duration.ofSeconds(1));
        put(0, new ArrayList<>(List.of(frame(0, 0))));
        runUntilRead(sessions, 1);
        Thread.sleep(1_100);
        put(1, new ArrayList<>(List.of(frame(0, 5))));
        runUntilRead(sessions, 1);
        assertThat(answers().get("key 0/5")).isEqualTo(SparkTest.logits(ecg, frame(0, 5).getValues()));
    }

    @Test
    void aKeyIsKnownDuringItsTimeToLive() throws Exception {
        SoftpickSessions sessions = new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT)
                .withTimeToLive(Duration.ofHours(1));
        put(0, new ArrayList<>(List.of(frame(0, 0))));
        runUntilRead(sessions, 1);
        put(1, new ArrayList<>(List.of(frame(0, 5))));
        assertThatThrownBy(() -> runUntilRead(sessions, 1))
                .hasStackTraceContaining("key 'key 0': frame 5 follows frame 0");
    }

    @Test
    void aStateOfAnotherModelIsRefused() throws Exception {
        put(0, frames(0, 3));
        run(new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT));
        put(1, frames(3, 5));
        Path other = SparkTest.ECG.resolveSibling("ecg-softmax.safetensors");
        assertThatThrownBy(() -> run(new SoftpickSessions(other.toString(), Window.EXACT)))
                .hasStackTraceContaining("the state of key 'key ");
    }

    @Test
    void aFrameOfAnotherSizeIsNamed() {
        put(0, new ArrayList<>(List.of(new Frame("a", 0, new float[3]))));
        assertThatThrownBy(() -> run(new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT)))
                .hasStackTraceContaining("key 'a', frame 0: it has 3 values; the model takes 4");
    }
}
