package dev.softpick.cli.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Sequences of an npy file, read when asked for: the file may be larger than the memory. */
final class NpyInput implements Sequences {

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final FileChannel channel;
    private final NpyHeader header;
    private final BatchShape shape;
    private final ByteBuffer buffer;

    private NpyInput(Path file, FileChannel channel, NpyHeader header) throws IOException {
        this.file = file;
        this.channel = channel;
        this.header = header;
        shape = BatchShape.of(file, header.shape());
        buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(header.order());
    }

    static NpyInput open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        try {
            return new NpyInput(file, channel, NpyHeader.read(channel, file));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public BatchShape shape() {
        return shape;
    }

    @Override
    public void read(int first, int count, float[] to) throws IOException {
        int n = count * shape.sequence();
        int perBuffer = BUFFER_BYTES / header.itemSize();
        long firstValue = (long) first * shape.sequence();
        for (int i = 0; i < n; i += perBuffer) {
            int values = Math.min(perBuffer, n - i);
            fill(header.dataStart() + (firstValue + i) * header.itemSize(), values * header.itemSize());
            if (header.itemSize() == Float.BYTES) {
                buffer.asFloatBuffer().get(to, i, values);
            } else {
                narrow(buffer.asDoubleBuffer(), to, i, firstValue);
            }
        }
    }

    private void fill(long position, int bytes) throws IOException {
        buffer.clear().limit(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException(file + " became shorter while it was read");
            }
        }
        buffer.flip();
    }

    private void narrow(DoubleBuffer from, float[] to, int start, long firstValue) throws IOException {
        for (int i = 0; from.hasRemaining(); i++) {
            double wide = from.get();
            float value = (float) wide;
            if (Float.isInfinite(value) && !Double.isInfinite(wide)) {
                throw new IOException(file + ": value " + (firstValue + start + i) + " is " + wide
                        + ", which no float32 can hold");
            }
            to[start + i] = value;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
