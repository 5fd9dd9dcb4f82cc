package dev.softpick.cli.io;

import java.io.IOException;
import java.nio.ByteBuffer;
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
    private final int perBuffer;

    private NpyInput(Path file, FileChannel channel, NpyHeader header) throws IOException {
        this.file = file;
        this.channel = channel;
        this.header = header;
        shape = BatchShape.of(file, header.shape());
        perBuffer = BUFFER_BYTES / header.itemSize();
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
        if (header.fortranOrder()) {
            readColumns(first, count, to);
            return;
        }
        int n = count * shape.sequence();
        long firstValue = (long) first * shape.sequence();
        for (int i = 0; i < n; i += perBuffer) {
            int values = Math.min(perBuffer, n - i);
            fill(firstValue + i, values);
            if (header.itemSize() == Float.BYTES) {
                buffer.flip().asFloatBuffer().get(to, i, values);
                continue;
            }
            for (int j = 0; j < values; j++) {
                to[i + j] = value(firstValue + i, j);
            }
        }
    }

    /** Value [sequence, step, feature] lies at sequence + batch · (step + steps · feature). */
    private void readColumns(int first, int count, float[] to) throws IOException {
        // the columns of all sequences lie side by side
        boolean whole = count == shape.batch();
        int run = whole ? count * shape.sequence() : count;
        int runs = whole ? 1 : shape.sequence();
        for (int r = 0; r < runs; r++) {
            long firstValue = first + (long) r * shape.batch();
            for (int i = 0; i < run; i += perBuffer) {
                int values = Math.min(perBuffer, run - i);
                fill(firstValue + i, values);
                for (int j = 0; j < values; j++) {
                    int column = r + (i + j) / count;
                    int sequence = (i + j) % count;
                    int step = column % shape.steps();
                    int feature = column / shape.steps();
                    to[(sequence * shape.steps() + step) * shape.embed() + feature] = value(firstValue + i, j);
                }
            }
        }
    }

    private void fill(long firstValue, int values) throws IOException {
        buffer.clear().limit(values * header.itemSize());
        long position = header.dataStart() + firstValue * header.itemSize();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException(file + " became shorter while it was read");
            }
        }
    }

    /** The i-th value in the buffer. */
    private float value(long firstValue, int i) throws IOException {
        return switch (header.itemSize()) {
            case Short.BYTES -> Float.float16ToFloat(buffer.getShort(i * Short.BYTES));
            case Float.BYTES -> buffer.getFloat(i * Float.BYTES);
            default -> {
                double wide = buffer.getDouble(i * Double.BYTES);
                float value = (float) wide;
                if (Float.isInfinite(value) && !Double.isInfinite(wide)) {
                    throw new IOException(file + ": value " + (firstValue + i) + " is " + wide
                            + ", which no float32 can hold");
                }
                yield value;
            }
        };
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
