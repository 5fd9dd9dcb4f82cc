package dev.softpick.model.safetensors;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** A file's bytes, in memory or on disk. */
sealed interface Data extends Closeable {

    /**
     * The most that is asked for at once. From 128 KiB up, reading from disk is as fast as it gets; much more is slower
     * in a cold JVM, and memory that does not return.
     */
    int CHUNK_BYTES = 1 << 17;

    long size() throws IOException;

    /** Little-endian bytes from {@code position}, {@link #CHUNK_BYTES} at most; good until the next call. */
    ByteBuffer read(long position, int count) throws IOException;

    /** Kept as they are, not copied. */
    record InMemory(byte[] bytes) implements Data {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public ByteBuffer read(long position, int count) {
            return ByteBuffer.wrap(bytes, (int) position, count).slice().order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public void close() {
            // nothing is held
        }
    }

    /** Read when asked for; mapping instead would make the JVM fail where a file becomes shorter. */
    final class OnDisk implements Data {
        private final FileChannel channel;
        private final long size;
        private final ByteBuffer chunk;

        OnDisk(FileChannel channel) throws IOException {
            this.channel = channel;
            size = channel.size();
            // direct, because a channel copies through a direct buffer anyway
            chunk = ByteBuffer.allocateDirect((int) Math.min(size, CHUNK_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public ByteBuffer read(long position, int count) throws IOException {
            chunk.clear().limit(count);
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, position + chunk.position()) < 0) {
                    throw new EOFException("the file had " + size + " bytes and has " + channel.size() + " now");
                }
            }
            return chunk.flip();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
