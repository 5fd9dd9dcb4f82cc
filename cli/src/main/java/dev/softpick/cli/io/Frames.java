package dev.softpick.cli.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames from a stream that has no known end, one at a time, in constant memory. */
public sealed interface Frames permits Frames.Csv, Frames.Raw {

    /** The input's name in messages. */
    String INPUT = "standard input";

    /**
     * Waits for the next frame.
     *
     * @return false at the end of input
     * @throws MalformedException if there is none where one should be; the next call goes on behind it
     */
    boolean next(float[] frame) throws IOException;

    /** What is counted when malformed frames are. */
    String unit();

    /** A line a frame, commas between its values. */
    final class Csv implements Frames {

        /** A line has room for this many bytes a value, and some more. */
        private static final int BYTES_PER_VALUE = 64;

        private static final int MORE_BYTES = 1 << 16;

        private final CsvScanner csv;

        /** Frames of {@code embed} values. */
        public Csv(InputStream in, int embed) {
            int longest = Math.addExact(MORE_BYTES, Math.multiplyExact(embed, BYTES_PER_VALUE));
            csv = new CsvScanner(in, INPUT, longest);
        }

        @Override
        public String unit() {
            return "line";
        }

        @Override
        public boolean next(float[] frame) throws IOException {
            if (!csv.next()) {
                return false;
            }
            if (csv.count() != frame.length) {
                throw csv.malformed(" has " + csv.count() + " values; the model's frames have " + frame.length);
            }
            csv.read(frame, 0);
            return true;
        }
    }

    /** Little-endian float32 values, nothing between frames. */
    final class Raw implements Frames {

        private final InputStream in;
        private final ByteBuffer bytes;
        private long frames;

        /** Frames of {@code embed} values. */
        public Raw(InputStream in, int embed) {
            this.in = in;
            bytes = ByteBuffer.allocate(embed * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public String unit() {
            return "frame";
        }

        @Override
        public boolean next(float[] frame) throws IOException {
            int count;
            try {
                count = in.readNBytes(bytes.array(), 0, bytes.capacity());
            } catch (IOException e) {
                throw new IOException(INPUT + ": " + e.getMessage(), e);
            }
            if (count == 0) {
                return false;
            }
            frames++;
            if (count < bytes.capacity()) {
                throw new MalformedException(INPUT + " ends within frame " + frames + ", after " + count + " of "
                        + bytes.capacity() + " bytes");
            }
            for (int i = 0; i < frame.length; i++) {
                frame[i] = bytes.getFloat(i * Float.BYTES);
            }
            return true;
        }
    }
}
