package dev.softpick.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Any bytes either are a session's state, and are saved again as they were, or give a {@link SessionFormatException}
 * and leave the session as it was. A checksum keeps most bytes out, so half of them get the beginning and the end that
 * let them in.
 */
class SessionStateFuzz {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long LONGEST_NANOS = 1_000_000_000L;

    /** Sessions have memory for a page of keys from the first row on. */
    private static final long FIXED_BYTES = 4 << 20;

    private static final int TRIES = 4;

    private static final SoftpickTransformer MODEL = SoftpickTransformer.random(
            SoftpickConfig.builder().embedDim(1).hiddenSize(2).numHeads(1).numLayers(1).windowSize(3).build(), 1);

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] data) {
        if (data.length < 2) {
            return;
        }
        Window window = Window.values()[Math.floorMod(data[0], Window.values().length)];
        byte[] rest = Arrays.copyOfRange(data, 2, data.length);
        byte[] state = data[1] % 2 == 0 ? rest : admitted(window, rest);
        long allowed = FIXED_BYTES + 3L * state.length;
        long nanos = Long.MAX_VALUE;
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && (nanos > LONGEST_NANOS || bytes > allowed); i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            restore(window, state);
            nanos = System.nanoTime() - start;
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        if (nanos > LONGEST_NANOS || bytes > allowed) {
            throw new AssertionError(
                    "took " + nanos / 1_000_000 + " ms, allocated " + bytes + " bytes for " + state.length);
        }
    }

    private static void restore(Window window, byte[] state) {
        try (StreamingSession session = MODEL.newSession(window)) {
            float[] y = new float[2];
            session.step(new float[] {1}, y);
            byte[] before = session.save();
            try {
                session.restore(state);
            } catch (SessionFormatException refused) {
                if (refused.getMessage().isBlank() || refused.getMessage().contains("\n")) {
                    throw new AssertionError("not one line: " + refused.getMessage());
                }
                if (!Arrays.equals(session.save(), before)) {
                    throw new AssertionError("a refused state changed the session");
                }
                return;
            }
            if (!Arrays.equals(session.save(), state)) {
                throw new AssertionError("saved again with other bytes");
            }
            session.step(new float[] {1}, y);
        }
    }

    /**
     * Magic, version, window, fingerprint before it and the checksum behind it: what {@link StreamingSession#save}
     * writes.
     */
    private static byte[] admitted(Window window, byte[] rest) {
        ByteBuffer state = ByteBuffer.allocate(8 + 4 + 4 + 32 + rest.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        state.put("SPKSTATE".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(window.ordinal());
        state.put(MODEL.fingerprint()).put(rest);
        CRC32C crc = new CRC32C();
        crc.update(state.array(), 0, state.position());
        state.putInt((int) crc.getValue());
        return state.array();
    }
}
