package dev.softpick.model.stream;

import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.KeyValueCache;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.SessionFormatException;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.WeightFormat;
import dev.softpick.model.Window;
import dev.softpick.model.weights.AttentionWeights;
import dev.softpick.model.weights.ModelWeights;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import dev.softpick.model.weights.Rounding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A session's state as bytes, in an order that knows no panels; {@link StreamingSession#save} documents the form. A
 * head of a layer has its keys, row by row, then its values, then its state; of the position alone follows how many.
 */
public final class StateFormat {

    private static final byte[] MAGIC = "SPKSTATE".getBytes(StandardCharsets.US_ASCII);
    /** Far beyond what any stream reaches, and far enough from where positions would overflow. */
    private static final long LARGEST_POSITION = 1L << 60;

    private static final int VERSION = 1;
    private static final int FINGERPRINT = 32;
    private static final int POSITION = MAGIC.length + 2 * Integer.BYTES + FINGERPRINT;
    private static final int HEADER = POSITION + Long.BYTES + Integer.BYTES;
    private static final int CHECKSUM = Integer.BYTES;

    private final SoftpickConfig config;
    private final Window window;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;

    private StateFormat(SoftpickConfig config, Window window, ByteBuffer bytes) {
        this.config = config;
        this.window = window;
        this.bytes = bytes;
        floats = bytes.slice(HEADER, bytes.capacity() - HEADER - CHECKSUM)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
    }

    /** A session's state as bytes; the fingerprint is its model's. */
    public static byte[] write(SessionState session, byte[] fingerprint) {
        SoftpickConfig config = session.config();
        long position = session.position();
        long size = size(config, session.window(), position);
        if (size > BlockSizes.LARGEST_ARRAY) {
            throw new IllegalStateException(
                    "the state has " + size + " bytes; an array holds at most " + BlockSizes.LARGEST_ARRAY);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).putInt(VERSION).putInt(code(session.window())).put(fingerprint);
        bytes.putLong(position).putInt(session.answered() ? 1 : 0);
        StateFormat state = new StateFormat(config, session.window(), bytes);
        state.floats.put(session.answer());
        if (session.window() == Window.EXACT) {
            state.floats.put(session.firstLayer().frames(position, (int) Math.min(position, config.windowSize())));
        } else {
            state.take(session.cache());
        }
        bytes.putInt(bytes.capacity() - CHECKSUM, crc(bytes.array()));
        return bytes.array();
    }

    private void take(PagedKeyValueCache cache) {
        float[] row = new float[config.headSize()];
        long position = position();
        for (int head = 0; head < cache.heads(); head++) {
            for (long i = position - keys(config, window, position); i < position; i++) {
                cache.key(head, cache.row(i), row, 0);
                floats.put(row);
            }
            for (long i = position - values(config, window, position); i < position; i++) {
                cache.value(head, cache.row(i), row, 0);
                floats.put(row);
            }
            for (int i = 0; i < stateRows(config, window, position); i++) {
                cache.stateRow(head, i, row, 0);
                floats.put(row);
            }
        }
    }

    /** Puts the keys, values and states into an empty cache. */
    void fill(PagedKeyValueCache cache) {
        int d = config.headSize();
        long position = position();
        int keys = (int) keys(config, window, position);
        int values = (int) values(config, window, position);
        int stateRows = stateRows(config, window, position);
        float[] key = new float[d];
        float[] value = new float[d];
        for (int i = 0; i < keys; i++) {
            cache.ensurePage(cache.row(position - keys + i));
        }
        for (int head = 0; head < cache.heads(); head++) {
            int from = config.hiddenSize() + head * (keys + values + stateRows) * d;
            for (int i = 0; i < keys; i++) {
                floats.get(from + i * d, key);
                // A value that is not kept any more: any value, the later ones take its place.
                floats.get(from + (keys + Math.max(0, i - (keys - values))) * d, value);
                cache.append(head, cache.row(position - keys + i), key, 0, value, 0);
            }
            for (int i = 0; i < stateRows; i++) {
                floats.get(from + (keys + values + i) * d, key);
                cache.setStateRow(head, i, key, 0);
            }
        }
    }

    /** The state of a session like this one; checks everything before the first array is made. */
    public static StateFormat read(SessionState session, byte[] fingerprint, byte[] state)
            throws SessionFormatException {
        SoftpickConfig config = session.config();
        int shortest = HEADER + config.hiddenSize() * Float.BYTES + CHECKSUM;
        if (state == null || state.length < MAGIC.length || !startsWithMagic(state)) {
            throw new SessionFormatException("the bytes are not the state of a session; they must begin with SPKSTATE");
        }
        if (state.length < HEADER + CHECKSUM) {
            throw new SessionFormatException(
                    "the state is cut off: it has " + state.length + " bytes, the shortest has " + shortest);
        }
        ByteBuffer bytes = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
        int version = bytes.getInt(MAGIC.length);
        if (version != VERSION) {
            throw new SessionFormatException("the state has version " + version + "; this library reads " + VERSION);
        }
        if (bytes.getInt(state.length - CHECKSUM) != crc(state)) {
            throw new SessionFormatException("the state is damaged or cut off: its checksum is not that of its bytes");
        }
        int window = bytes.getInt(MAGIC.length + Integer.BYTES);
        if (window != code(session.window())) {
            throw new SessionFormatException(
                    "the state belongs to the window " + named(window) + "; the session's is " + session.window());
        }
        if (!Arrays.equals(
                state, POSITION - FINGERPRINT, POSITION, fingerprint, 0, FINGERPRINT)) {
            throw new SessionFormatException("the state belongs to another model; options or weights differ");
        }
        long position = bytes.getLong(POSITION);
        if (position < 0 || position > LARGEST_POSITION
                || (session.window() == Window.UNBOUNDED && position > state.length)
                || size(config, session.window(), position) != state.length) {
            throw new SessionFormatException(
                    "the state has " + state.length + " bytes, which does not fit its position " + position);
        }
        int answered = bytes.getInt(POSITION + Long.BYTES);
        if (answered != 0 && answered != 1) {
            throw new SessionFormatException("the state's flag for an answer is " + answered + "; allowed are 0 and 1");
        }
        return new StateFormat(config, session.window(), bytes);
    }

    /** What states know a window by, whatever the order of the constants is. */
    private static int code(Window window) {
        return switch (window) {
            case EXACT -> 0;
            case SLIDING -> 1;
            case UNBOUNDED -> 2;
        };
    }

    private static String named(int code) {
        for (Window window : Window.values()) {
            if (code(window) == code) {
                return window.name();
            }
        }
        return Integer.toString(code);
    }

    private static boolean startsWithMagic(byte[] state) {
        return Arrays.equals(state, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Frames taken so far. */
    long position() {
        return bytes.getLong(POSITION);
    }

    /** Whether there is an answer to the latest frame. */
    boolean answered() {
        return bytes.getInt(POSITION + Long.BYTES) != 0;
    }

    /** Copies the latest answer out. */
    void copyAnswer(float[] to) {
        floats.get(0, to);
    }

    /** The frames of an exact window, oldest first. */
    float[] frames() {
        float[] frames = new float[floats.capacity() - config.hiddenSize()];
        floats.get(config.hiddenSize(), frames);
        return frames;
    }

    /** Bytes of a state at this position. */
    private static long size(SoftpickConfig config, Window window, long position) {
        long heads = (long) config.numLayers() * config.numHeads();
        long state = window == Window.EXACT
                ? Math.min(position, config.windowSize()) * config.embedDim()
                : heads * config.headSize() * (keys(config, window, position) + values(config, window, position)
                        + stateRows(config, window, position));
        return HEADER + Float.BYTES * (config.hiddenSize() + state) + CHECKSUM;
    }

    /** Keys of a head that are kept: those that the next row sees. */
    private static long keys(SoftpickConfig config, Window window, long position) {
        return window == Window.SLIDING ? Math.min(position, config.windowSize() - 1) : position;
    }

    private static boolean linear(SoftpickConfig config, Window window) {
        return window == Window.UNBOUNDED && AttentionWeights.scores(config.normalizer(), 1f).isLinear();
    }

    /** With a state: those of the current chunk, which may just be full. */
    private static long values(SoftpickConfig config, Window window, long position) {
        long keys = keys(config, window, position);
        if (!linear(config, window) || position == 0) {
            return keys;
        }
        int chunk = KeyValueCache.chunkFor(config.headSize());
        return keys - (position - 1) / chunk * chunk;
    }

    private static int stateRows(SoftpickConfig config, Window window, long position) {
        return linear(config, window) && values(config, window, position) < position ? config.headSize() : 0;
    }

    private static int crc(byte[] state) {
        CRC32C crc = new CRC32C();
        crc.update(state, 0, state.length - CHECKSUM);
        return (int) crc.getValue();
    }

    /** SHA-256 of what a state depends on: the options that count in inference, and every weight. */
    public static byte[] fingerprint(SoftpickConfig config, ModelWeights weights) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String options = config.embedDim() + " " + config.hiddenSize() + " " + config.numHeads() + " "
                    + config.numLayers() + " " + config.windowSize() + " " + config.normalizer().id() + " "
                    + config.finalNorm()
                    + (config.weightFormat() == WeightFormat.FLOAT32 ? "" : " " + config.weightFormat().id());
            digest.update(options.getBytes(StandardCharsets.UTF_8));
            for (Parameter parameter : Parameters.sorted(config, weights)) {
                digest.update(parameter.name().getBytes(StandardCharsets.UTF_8));
                float[] values;
                if (parameter.isRounded() && config.weightFormat() == WeightFormat.INT8) {
                    Rounding.Int8 kernel = weights.int8(parameter);
                    digest.update(kernel.values());
                    values = kernel.scale();
                } else {
                    values = weights.values(parameter);
                }
                ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                digest.update(bytes);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
