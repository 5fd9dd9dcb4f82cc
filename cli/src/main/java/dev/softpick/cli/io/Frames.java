package dev.softpick.cli.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames from a stream that has no known end, one at a time, in constant memory. */
public sealed interface Frames permits Frames.Csv, Frames.Raw {

    /** What stands where a frame should; the reader has gone past it. The message says where and what. */
    final class MalformedException extends IOException {

        private static final long serialVersionUID = 1;

        private MalformedException(String message) {
            super(message);
        }
    }

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

        private static final int READ = 1 << 16;

        private final InputStream in;
        private final int longest;
        private final byte[] buffer;
        private int from;
        private int to;
        private long line;
        private boolean ended;

        public Csv(InputStream in, int embed) {
            this.in = in;
            longest = Math.addExact(READ, Math.multiplyExact(embed, BYTES_PER_VALUE));
            buffer = new byte[longest + READ];
        }

        @Override
        public String unit() {
            return "line";
        }

        @Override
        public boolean next(float[] frame) throws IOException {
            int end = lineEnd(from);
            line++;
            if (end < 0) {
                skipLine();
                throw new MalformedException(where() + " is longer than " + longest + " bytes");
            }
            if (end == from && ended && end == to) {
                return false;
            }
            int start = from;
            from = Math.min(end + 1, to);
            if (line == 1 && end - start >= 3 && buffer[start] == (byte) 0xef && buffer[start + 1] == (byte) 0xbb
                    && buffer[start + 2] == (byte) 0xbf) {
                start += 3;
            }
            parse(start, end > start && buffer[end - 1] == '\r' ? end - 1 : end, frame);
            return true;
        }

        /** Where the line that starts at {@link #from} ends, at the latest at the end of input; −1 if it is too long. */
        private int lineEnd(int scanned) throws IOException {
            int at = scanned;
            while (true) {
                for (; at < to; at++) {
                    if (buffer[at] == '\n') {
                        return at;
                    }
                }
                if (ended) {
                    return at;
                }
                if (at - from > longest) {
                    return -1;
                }
                at -= from;
                fill();
                at += from;
            }
        }

        /** Moves what is left to the front and waits for more. */
        private void fill() throws IOException {
            System.arraycopy(buffer, from, buffer, 0, to - from);
            to -= from;
            from = 0;
            int count = in.read(buffer, to, Math.min(READ, buffer.length - to));
            ended = count < 0;
            to += Math.max(0, count);
        }

        private void skipLine() throws IOException {
            while (true) {
                for (; from < to; from++) {
                    if (buffer[from] == '\n') {
                        from++;
                        return;
                    }
                }
                if (ended) {
                    return;
                }
                fill();
            }
        }

        private void parse(int start, int end, float[] frame) throws IOException {
            if (start == end) {
                throw new MalformedException(where() + " is empty; each line must hold the " + frame.length
                        + " values of a frame");
            }
            int values = 1;
            for (int i = start; i < end; i++) {
                values += buffer[i] == ',' ? 1 : 0;
            }
            if (values != frame.length) {
                throw new MalformedException(
                        where() + " has " + values + " values; the model's frames have " + frame.length);
            }
            int at = start;
            for (int column = 0; column < values; column++) {
                int comma = at;
                while (comma < end && buffer[comma] != ',') {
                    comma++;
                }
                try {
                    frame[column] = CsvNumber.parse(buffer, at, comma);
                } catch (NumberFormatException e) {
                    throw new MalformedException(where() + ", column " + (column + 1) + ": " + e.getMessage());
                }
                at = comma + 1;
            }
        }

        private String where() {
            return "standard input, line " + line;
        }
    }

    /** Little-endian float32 values, nothing between frames. */
    final class Raw implements Frames {

        private final InputStream in;
        private final ByteBuffer bytes;
        private long frames;

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
            int count = in.readNBytes(bytes.array(), 0, bytes.capacity());
            if (count == 0) {
                return false;
            }
            frames++;
            if (count < bytes.capacity()) {
                throw new MalformedException("standard input ends within frame " + frames + ", after " + count + " of "
                        + bytes.capacity() + " bytes");
            }
            for (int i = 0; i < frame.length; i++) {
                frame[i] = bytes.getFloat(i * Float.BYTES);
            }
            return true;
        }
    }
}
