package dev.softpick.cli.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The header of a file that numpy wrote: a magic word, a version, a length, and a Python dictionary with exactly the
 * keys {@code descr}, {@code fortran_order} and {@code shape}. Versions 1.0, 2.0 and 3.0 differ in the width of the
 * length and in the encoding. Source: numpy's {@code numpy.lib.format}.
 *
 * @param itemSize bytes of a value: 2 for float16, 4 for float32, 8 for float64
 * @param order of these bytes
 * @param fortranOrder whether values that differ in the first index lie side by side, and not in the last
 * @param shape sizes of the axes
 * @param dataStart where the values start in the file
 */
record NpyHeader(int itemSize, ByteOrder order, boolean fortranOrder, long[] shape, long dataStart) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** Numpy itself refuses to evaluate longer dictionaries. */
    private static final int LONGEST = 10_000;

    private static final int ALIGNMENT = 64;

    /**
     * Reads the header and checks that the values fill the rest of the file exactly.
     *
     * @throws IOException naming the file and what is wrong with it
     */
    static NpyHeader read(FileChannel channel, Path file) throws IOException {
        ByteBuffer start = bytes(channel, 0, 12, file).order(ByteOrder.LITTLE_ENDIAN);
        for (byte b : MAGIC) {
            if (start.get() != b) {
                throw new IOException(file + " is not an npy file: it does not start with \\x93NUMPY");
            }
        }
        int major = start.get();
        int minor = start.get();
        if (major < 1 || major > 3 || minor != 0) {
            throw new IOException(file + ": npy version " + (major & 0xff) + "." + (minor & 0xff)
                    + "; allowed are 1.0, 2.0 and 3.0");
        }
        long length = major == 1 ? start.getShort() & 0xffff : start.getInt() & 0xffffffffL;
        int textStart = major == 1 ? 10 : 12;
        if (length > LONGEST) {
            throw new IOException(file + ": the npy header is " + length + " bytes long; at most " + LONGEST
                    + " are allowed");
        }
        ByteBuffer text = bytes(channel, textStart, (int) length, file);
        var charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        NpyHeader header =
                new NpyDictionary(charset.decode(text).toString(), major, file).header(textStart + length);
        header.checkLength(channel.size(), file);
        return header;
    }

    private static ByteBuffer bytes(FileChannel channel, long from, int count, Path file) throws IOException {
        if (channel.size() < from + count) {
            throw new IOException(file + ": the npy header is cut off; the file has only " + channel.size() + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, from + bytes.position()) < 0) {
                throw new IOException(file + " became shorter while it was read");
            }
        }
        return bytes.flip();
    }

    private void checkLength(long fileSize, Path file) throws IOException {
        long values = 1;
        for (long n : shape) {
            if (n > 0 && values > Long.MAX_VALUE / itemSize / n) {
                throw new IOException(file + ": shape " + Arrays.toString(shape) + " has too many values");
            }
            values *= n;
        }
        long present = fileSize - dataStart;
        if (values * itemSize != present) {
            throw new IOException(file + ": shape " + Arrays.toString(shape) + " needs " + values * itemSize
                    + " bytes of values; the file has " + present);
        }
    }

    /** The bytes before the values of a float32 array in C order: version 1.0, padded as numpy pads it. */
    static byte[] float32(int... shape) {
        StringBuilder text = new StringBuilder("{'descr': '<f4', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.length; i++) {
            text.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        text.append(shape.length == 1 ? ",), }" : "), }");
        int unpadded = MAGIC.length + 4 + text.length() + 1;
        text.append(" ".repeat(Math.floorMod(-unpadded, ALIGNMENT))).append('\n');
        ByteBuffer header = ByteBuffer.allocate(MAGIC.length + 4 + text.length()).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) text.length());
        header.put(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        return header.array();
    }
}
