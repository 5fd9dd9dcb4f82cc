package dev.softpick.spark;

import dev.softpick.model.SessionFormatException;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.StatefulProcessor;
import org.apache.spark.sql.streaming.TTLConfig;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.TimerValues;
import org.apache.spark.sql.streaming.ValueState;
import org.apache.spark.util.LongAccumulator;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A live stream for each key: frames in, the model's answers out, the state in Spark's store, so that it survives a
 * crash.
 *
 * <pre>{@code
 * frames.groupByKey((MapFunction<Frame, String>) Frame::getKey, Encoders.STRING())
 *         .transformWithState(new SoftpickSessions("m.safetensors", Window.EXACT),
 *                 TimeMode.None(), OutputMode.Append(), Encoders.bean(Answer.class));
 * }</pre>
 *
 * <p>Frames of one key and micro-batch are put in the order of their numbers. A number that was seen before is dropped
 * and counted in the accumulator {@value #DUPLICATES}, which Spark's page shows. What happens where numbers are left
 * out, {@link #withGaps} says. The answers have the bits of one {@link StreamingSession} that got all frames, whatever
 * micro-batches they came in and however often the query was started again.
 *
 * <p>The state of a key is what {@link StreamingSession#save} returns and the last number: small for
 * {@link Window#EXACT}, the keys and values of each layer for {@link Window#SLIDING}, growing for
 * {@link Window#UNBOUNDED}. It belongs to the model; a query that goes on with another model, or with a state whose
 * form it does not know, fails and says so.
 */
public final class SoftpickSessions extends StatefulProcessor<String, Frame, Answer> {

    private static final long serialVersionUID = 1;

    /** The accumulator that counts frames whose number was seen before. */
    public static final String DUPLICATES = "softpick.duplicateFrames";

    /** The form of a state: this number, the last frame's number, the session's own bytes. */
    private static final int FORM = 1;

    private static final int HEADER = Integer.BYTES + Long.BYTES;

    /** What happens where numbers are left out. */
    public enum Gaps {

        /** The query fails, with the key and the numbers. */
        FAIL,

        /** The key's session starts anew with the frame behind the gap. */
        RESET,

        /** The frame follows as if nothing was missing. */
        IGNORE;

        private String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Broadcast<SharedModel> model;
    private final Window window;
    private final boolean logits;
    private final Gaps gaps;
    private final Duration timeToLive;
    private final LongAccumulator duplicates;

    private transient ValueState<byte[]> state;
    private transient StreamingSession session;
    private transient float[] hidden;

    /**
     * Sessions whose answers are hidden states, that fail at a gap and live for ever. To be made on the driver, in the
     * active Spark session.
     *
     * @param modelPath the model's safetensors file, on any file system that Spark knows
     * @param window what a frame attends to
     * @throws IllegalArgumentException if the file is not a model
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public SoftpickSessions(String modelPath, Window window) {
        this(
                SharedModel.read(modelPath, SparkSession.active()).broadcast(SparkSession.active()), window, false,
                Gaps.FAIL, null, SparkSession.active().sparkContext().longAccumulator(DUPLICATES));
    }

    private SoftpickSessions(
            Broadcast<SharedModel> model, Window window, boolean logits, Gaps gaps, Duration timeToLive,
            LongAccumulator duplicates) {
        this.model = model;
        this.window = window;
        this.logits = logits;
        this.gaps = gaps;
        this.timeToLive = timeToLive;
        this.duplicates = duplicates;
    }

    /**
     * The same with the logits as answers.
     *
     * @return other sessions
     * @throws IllegalArgumentException if the model has no classifier head
     */
    public SoftpickSessions withLogits() {
        Output.LOGITS.check(model.value().model());
        return new SoftpickSessions(model, window, true, gaps, timeToLive, duplicates);
    }

    /**
     * The same with another way to take numbers that are left out.
     *
     * @param gaps what happens then
     * @return other sessions
     */
    public SoftpickSessions withGaps(Gaps gaps) {
        return new SoftpickSessions(model, window, logits, gaps, timeToLive, duplicates);
    }

    /**
     * The same where a key's state is forgotten so long after its last frame. Needs {@code TimeMode.ProcessingTime()},
     * with which Spark runs micro-batches without data too, so that a query with {@code Trigger.AvailableNow()} does
     * not end.
     *
     * @param timeToLive how long it is kept
     * @return other sessions
     */
    public SoftpickSessions withTimeToLive(Duration timeToLive) {
        return new SoftpickSessions(model, window, logits, gaps, timeToLive, duplicates);
    }

    /**
     * Frames that were dropped since their number had been seen before, as far as tasks have reported.
     *
     * @return their number
     */
    public long duplicateFrames() {
        return duplicates.value();
    }

    @Override
    public void init(OutputMode outputMode, TimeMode timeMode) {
        TTLConfig ttl = timeToLive == null ? TTLConfig.NONE() : new TTLConfig(timeToLive);
        state = getHandle().getValueState("session", Encoders.BINARY(), ttl);
        SoftpickTransformer loaded = model.value().model();
        session = loaded.newSession(window);
        hidden = new float[loaded.outputSize()];
    }

    @Override
    public Iterator<Answer> handleInputRows(String key, Iterator<Frame> rows, TimerValues timerValues) {
        List<Frame> frames = new ArrayList<>();
        while (rows.hasNext()) {
            frames.add(rows.next());
        }
        frames.sort(Comparator.comparingLong(Frame::getNumber));
        boolean known = state.exists();
        session.reset();
        long last = known ? restore(key, state.get()) : 0;
        List<Answer> answers = new ArrayList<>(frames.size());
        for (Frame frame : frames) {
            long number = frame.getNumber();
            if (known && number <= last) {
                duplicates.add(1);
                continue;
            }
            if (known && number > last + 1) {
                gap(key, last, number);
            }
            answers.add(new Answer(key, number, step(key, frame)));
            last = number;
            known = true;
        }
        if (!answers.isEmpty()) {
            byte[] saved = session.save();
            state.update(ByteBuffer.allocate(HEADER + saved.length).putInt(FORM).putLong(last).put(saved).array());
        }
        return CollectionConverters.asScala(answers.iterator());
    }

    private void gap(String key, long last, long number) {
        switch (gaps) {
            case FAIL -> throw new IllegalStateException("key '" + key + "': frame " + number + " follows frame "
                    + last + " (" + Gaps.RESET.id() + " or " + Gaps.IGNORE.id() + " the gap with withGaps)");
            case RESET -> session.reset();
            case IGNORE -> { }
        }
    }

    private float[] step(String key, Frame frame) {
        int embed = session.model().config().embedDim();
        float[] values = frame.getValues();
        if (values == null || values.length != embed) {
            throw new IllegalArgumentException("key '" + key + "', frame " + frame.getNumber() + ": it has "
                    + (values == null ? "no" : values.length) + " values; the model takes " + embed);
        }
        session.step(values, hidden);
        if (!logits) {
            return hidden.clone();
        }
        float[] scores = new float[session.model().classes()];
        session.logits(scores);
        return scores;
    }

    /** The last number; the session goes on from there. */
    private long restore(String key, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int form = bytes.length < HEADER ? -1 : buffer.getInt();
        if (form != FORM) {
            throw new IllegalStateException("the state of key '" + key + "' has form " + form
                    + "; this version of softpick-spark reads form " + FORM);
        }
        long last = buffer.getLong();
        byte[] saved = new byte[buffer.remaining()];
        buffer.get(saved);
        try {
            session.restore(saved);
        } catch (SessionFormatException e) {
            throw new IllegalStateException("the state of key '" + key + "': " + e.getMessage(), e);
        }
        return last;
    }
}
