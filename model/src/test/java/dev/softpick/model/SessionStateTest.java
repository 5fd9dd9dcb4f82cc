package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.softpick.oracle.Gaussian;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** States as bytes, and what sessions refuse. */
class SessionStateTest {

    /** CRC-32C of a state after 205 frames: the same bytes in every fork, so a state saved in one restores in all. */
    private static final Map<Window, String> CHECKSUMS = Map.of(
            Window.EXACT, "35104e40", Window.SLIDING, "b036919d", Window.UNBOUNDED, "f776fbb5");

    private static final int HEADER = 60;

    private static final SoftpickTransformer MODEL = random(1);

    private static SoftpickTransformer random(long seed) {
        return SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(3).hiddenSize(12).numHeads(2).numLayers(2).windowSize(30).build(),
                seed);
    }

    private static StreamingSession session(Window window) {
        StreamingSession session = MODEL.newSession(window);
        session.step(Gaussian.floats(6, 205 * 3), 205, new float[205 * 12]);
        return session;
    }

    @ParameterizedTest
    @EnumSource(Window.class)
    void theBytesAreTheSameOnEveryWidth(Window window) {
        byte[] state = session(window).save();
        CRC32C crc = new CRC32C();
        crc.update(state, 0, state.length - 4);
        assertThat("%08x".formatted(crc.getValue())).isEqualTo(CHECKSUMS.get(window));
        assertThat(new String(state, 0, 8, java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("SPKSTATE");
    }

    /** 205 frames: softpick has a state of a finished chunk by then. */
    @ParameterizedTest
    @EnumSource(Window.class)
    void aRestoredSessionGoesOnWithTheSameBits(Window window) throws SessionFormatException {
        StreamingSession session = session(window);
        StreamingSession restored = MODEL.newSession(window);
        restored.restore(session.save());
        assertThat(restored.save()).isEqualTo(session.save());
        float[] frames = Gaussian.floats(9, 200 * 3);
        float[] expected = new float[200 * 12];
        float[] answers = new float[200 * 12];
        session.step(frames, 200, expected);
        restored.step(frames, 200, answers);
        assertThat(answers).isEqualTo(expected);
        assertThat(restored.save()).isEqualTo(session.save());
    }

    @ParameterizedTest
    @EnumSource(Window.class)
    void aNewSessionsStateRestores(Window window) throws SessionFormatException {
        byte[] state = MODEL.newSession(window).save();
        StreamingSession session = session(window);
        session.restore(state);
        assertThat(session.position()).isZero();
        float[] answer = new float[12];
        float[] expected = new float[12];
        session.step(new float[] {1, 2, 3}, answer);
        MODEL.newSession(window).step(new float[] {1, 2, 3}, expected);
        assertThat(answer).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(Window.class)
    void cutOffOrDamagedBytesAreRefusedAndTheSessionStays(Window window) {
        StreamingSession session = session(window);
        byte[] state = session.save();
        Random random = new Random(7);
        for (int i = 0; i < 400; i++) {
            byte[] cut = Arrays.copyOf(state, i < 100 ? i : random.nextInt(state.length));
            refused(session, cut);
            byte[] damaged = state.clone();
            damaged[i < 100 ? i : random.nextInt(state.length)] ^= (byte) (1 << random.nextInt(8));
            refused(session, damaged);
        }
        refused(session, null);
        refused(session, Arrays.copyOf(state, state.length + 4));
        assertThat(session.save()).isEqualTo(state);
    }

    private static void refused(StreamingSession session, byte[] state) {
        Throwable refusal = catchThrowable(() -> session.restore(state));
        assertThat(refusal).isInstanceOf(SessionFormatException.class);
        assertThat(refusal.getMessage()).doesNotContain("\\n").isNotBlank();
    }

    /** With a right checksum: the header's numbers are still not believed. */
    @ParameterizedTest
    @EnumSource(Window.class)
    void absurdPositionsAreRefusedBeforeMemoryIsTaken(Window window) {
        StreamingSession session = session(window);
        byte[] state = session.save();
        for (long position : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40, 0, 7, Integer.MAX_VALUE}) {
            if (window != Window.UNBOUNDED && position > 30 && position < Long.MAX_VALUE) {
                continue;
            }
            byte[] changed = state.clone();
            ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(HEADER - 12, position);
            sign(changed);
            assertThatThrownBy(() -> session.restore(changed))
                    .isInstanceOf(SessionFormatException.class)
                    .hasMessage("the state has " + state.length + " bytes, which does not fit its position "
                            + position);
        }
    }

    @Test
    void anAnswerIsThereOrNot() {
        StreamingSession session = session(Window.SLIDING);
        byte[] state = session.save();
        state[HEADER - 4] = 2;
        sign(state);
        assertThatThrownBy(() -> session.restore(state))
                .isInstanceOf(SessionFormatException.class)
                .hasMessage("the state's flag for an answer is 2; allowed are 0 and 1");
    }

    /** The checksum that belongs to the bytes before it. */
    private static void sign(byte[] state) {
        CRC32C crc = new CRC32C();
        crc.update(state, 0, state.length - 4);
        ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).putInt(state.length - 4, (int) crc.getValue());
    }

    @Test
    void anotherModelWindowOrVersionIsRefused() {
        byte[] state = session(Window.SLIDING).save();
        assertThatThrownBy(() -> random(2).newSession(Window.SLIDING).restore(state))
                .isInstanceOf(SessionFormatException.class)
                .hasMessage("the state belongs to another model; options or weights differ");
        SoftpickTransformer wider = SoftpickTransformer.random(
                MODEL.config().toBuilder().windowSize(31).build(), 1);
        assertThatThrownBy(() -> wider.newSession(Window.SLIDING).restore(state))
                .isInstanceOf(SessionFormatException.class)
                .hasMessage("the state belongs to another model; options or weights differ");
        assertThatThrownBy(() -> MODEL.newSession(Window.EXACT).restore(state))
                .isInstanceOf(SessionFormatException.class)
                .hasMessage("the state belongs to the window SLIDING; the session's is EXACT");
        state[8] = 2;
        assertThatThrownBy(() -> MODEL.newSession(Window.SLIDING).restore(state))
                .isInstanceOf(SessionFormatException.class)
                .hasMessage("the state has version 2; this library reads 1");
    }

    @Test
    void aForkSharesNothingThatIsWritten() {
        for (Window window : Window.values()) {
            StreamingSession one = session(window);
            StreamingSession two = one.fork();
            byte[] before = two.save();
            one.step(Gaussian.floats(1, 300 * 3), 300, new float[300 * 12]);
            assertThat(two.save()).as("%s", window).isEqualTo(before);
            byte[] after = one.save();
            two.step(Gaussian.floats(2, 300 * 3), 300, new float[300 * 12]);
            two.reset();
            two.step(Gaussian.floats(3, 300 * 3), 300, new float[300 * 12]);
            assertThat(one.save()).as("%s", window).isEqualTo(after);
        }
    }

    @Test
    void aCallThatCannotBeIsRefusedAndTheSessionStays() {
        StreamingSession session = session(Window.EXACT);
        byte[] state = session.save();
        float[] three = new float[3];
        refusedCall(() -> session.step(new float[2], new float[12]), "frames has 2 elements; 3 are needed");
        refusedCall(() -> session.step(null, new float[12]), "frames has no elements; 3 are needed");
        refusedCall(() -> session.step(three, new float[11]), "output has 11 elements; 12 are needed");
        refusedCall(() -> session.step(three, 0, new float[12]), "count is 0; allowed is 1 or more");
        float[] both = new float[12];
        refusedCall(() -> session.step(both, both), "output is the input array; give another one");
        refusedCall(() -> session.feed(three, 2), "frames has 3 elements; 6 are needed");
        refusedCall(() -> MODEL.newSession(null), "window is null; allowed are EXACT, SLIDING, UNBOUNDED");
        refusedCall(() -> SessionGroup.of(List.of()), "sessions is empty; give 1 or more");
        refusedCall(() -> SessionGroup.of(List.of(session, session)),
                "a session is in sessions twice; it takes one frame a step");
        refusedCall(() -> SessionGroup.of(List.of(session, MODEL.newSession(Window.SLIDING))),
                "sessions differ in their model or window; a group has one of each");
        assertThat(session.save()).isEqualTo(state);
        assertThatThrownBy(() -> session.logits(new float[1])).isInstanceOf(IllegalStateException.class);
        SoftpickTransformer mean = SoftpickTransformer.random(
                MODEL.config().toBuilder().outputMode(OutputMode.MEAN_POOL).build(), 1);
        assertThatThrownBy(() -> mean.newSession(Window.SLIDING))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("mean_pool");
        SoftpickTransformer large = SoftpickTransformer.random(
                MODEL.config().toBuilder().windowSize(Integer.MAX_VALUE).build(), 1);
        refusedCall(() -> large.newSession(Window.EXACT), "windowSize 2147483647 needs 77309411292 floats in an exact "
                + "session; an array holds at most 2147483639");
    }

    private static void refusedCall(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void aClosedSessionSaysSo() {
        StreamingSession session = session(Window.SLIDING);
        StreamingSession other = session(Window.SLIDING);
        session.close();
        session.close();
        assertThatThrownBy(() -> session.step(new float[3], new float[12]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the session is closed");
        byte[] before = other.save();
        SessionGroup group = SessionGroup.of(List.of(other, session));
        assertThatThrownBy(() -> group.step(new float[6], new float[24]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the session is closed");
        assertThat(other.save()).isEqualTo(before);
    }

    @Test
    void aGroupChecksItsArrays() {
        StreamingSession one = session(Window.SLIDING);
        byte[] before = one.save();
        SessionGroup group = SessionGroup.of(List.of(one, session(Window.SLIDING)));
        float[] frames = new float[24];
        assertThatThrownBy(() -> group.step(new float[5], new float[24])).hasMessageContaining("frames has 5 elements");
        assertThatThrownBy(() -> group.step(frames, new float[23])).hasMessageContaining("output has 23 elements");
        assertThatThrownBy(() -> group.step(frames, frames)).hasMessageContaining("give another one");
        assertThatThrownBy(() -> group.step(null, new float[24])).hasMessageContaining("frames has no elements");
        assertThat(one.save()).isEqualTo(before);
    }

    /** As if another thread were in a call; and each call leaves the session free for the next. */
    @Test
    void aBusySessionRefusesEveryCall() throws Throwable {
        StreamingSession session = session(Window.SLIDING);
        byte[] state = session.save();
        Map<String, ThrowingCallable> calls = Map.of(
                "step", () -> session.step(new float[3], new float[12]),
                "block", () -> session.step(new float[6], 2, new float[24]),
                "feed", () -> session.feed(new float[3], 1),
                "stateBytes", session::stateBytes,
                "fork", () -> session.fork().close(),
                "save", session::save,
                "restore", () -> session.restore(state),
                "reset", session::reset,
                "group", () -> SessionGroup.of(List.of(session)).step(new float[3], new float[12]));
        session.begin();
        calls.forEach((name, call) -> assertThatThrownBy(call)
                .as(name)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the session is in use by another thread; it is for one thread at a time"));
        assertThatThrownBy(session::close).hasMessageContaining("in use by another thread");
        session.end();
        for (ThrowingCallable call : calls.values()) {
            call.call();
            call.call();
        }
    }

    /**
     * Two threads on one session: at least one call is refused, and the session has taken exactly the others' frames.
     */
    @Test
    void twoThreadsOnOneSessionAreToldSo() throws InterruptedException {
        StreamingSession session = MODEL.newSession(Window.SLIDING);
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        CountDownLatch found = new CountDownLatch(1);
        Runnable work = () -> {
            float[] frames = new float[3 * 50];
            float[] output = new float[12 * 50];
            while (found.getCount() > 0) {
                try {
                    session.step(frames, 50, output);
                    taken.addAndGet(50);
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("the session is in use by another thread; it is for one thread at a time");
                    refused.incrementAndGet();
                    found.countDown();
                }
            }
        };
        Thread one = Thread.ofPlatform().start(work);
        Thread two = Thread.ofPlatform().start(work);
        one.join();
        two.join();
        assertThat(refused.get()).isPositive();
        assertThat(session.position()).isEqualTo(taken.get());
    }

    /** Keys, the values of one chunk, and a state: towards half of keys and values. */
    @Test
    @Tag("once")
    void anUnboundedSoftpickSessionKeepsLittleMoreThanKeys() {
        long[] bytes = new long[2];
        for (Normalizer normalizer : new Normalizer[] {Normalizer.SOFTPICK, Normalizer.SOFTMAX}) {
            StreamingSession session = SoftpickTransformer.random(
                    SoftpickConfig.builder().embedDim(2).hiddenSize(64).numHeads(1).numLayers(1).normalizer(normalizer)
                            .build(), 1).newSession(Window.UNBOUNDED);
            session.feed(new float[2 * 8192], 8192);
            bytes[normalizer == Normalizer.SOFTPICK ? 0 : 1] = session.stateBytes();
            session.reset();
            assertThat(session.stateBytes()).isLessThan(100_000);
        }
        assertThat(bytes[1]).isGreaterThanOrEqualTo(8192L * 2 * 64 * 4);
        assertThat(bytes[0] / (double) bytes[1]).isLessThanOrEqualTo(0.55);
    }
}
