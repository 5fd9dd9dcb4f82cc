package dev.softpick.model.safetensors;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Objects;

/**
 * A safetensors file: a 64-bit length, a JSON header of that length, the tensors' bytes.
 *
 * <p>Everything is checked before it is believed: the header's length against the file before anything is allocated,
 * its UTF-8, its JSON, names and counts, every shape against its bytes, and that the tensors cover the data exactly.
 * Data may start at any byte. As the reference implementation does, JSON's white space is allowed before and behind the
 * header, {@code __metadata__} may be null, and a tensor may have keys that the format does not know. No key may stand
 * twice. A file in another well-known format is named as what it is.
 *
 * <p>Limits, beyond which a file is refused:
 * <ul>
 *   <li>header: 100,000,000 bytes, the reference implementation's limit
 *   <li>tensors: 100,000
 *   <li>strings in {@code __metadata__}: 10,000
 *   <li>axes of a tensor: 32
 *   <li>unknown keys of a tensor: 10,000, with values at most 127 levels deep
 *   <li>data read from a stream, and elements of a tensor whose values are asked for: 2,147,483,639
 * </ul>
 *
 * <p>A file on disk stays open until {@link #close}, and a tensor's bytes are read when its values are asked for: those
 * of others never are, and no file is too large. Values are new arrays, the caller's own. Thread-safe, as long as
 * nobody changes the array that a file was read from; calls that read values take turns.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafetensorsFile implements Closeable {

    /** JDKs differ in the last few. */
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    private final Header header;
    private final Data data;
    private final long dataStart;

    private SafetensorsFile(Header header, Data data, long dataStart) {
        this.header = header;
        this.data = data;
        this.dataStart = dataStart;
    }

    /**
     * Opens a file and reads its header; to be closed. If the calling thread is interrupted while it reads, now or
     * later, the file is closed.
     *
     * @param file what is read
     * @return the file, to be closed
     * @throws SafetensorsException if it is not a well-formed safetensors file; the message begins with its name
     * @throws IOException if it cannot be read
     */
    public static SafetensorsFile read(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new SafetensorsException(file + " is a " + (attributes.isDirectory() ? "folder" : "pipe or a device")
                    + "; a safetensors file is needed");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        boolean good = false;
        try {
            SafetensorsFile read = read(new Data.OnDisk(channel));
            good = true;
            return read;
        } catch (SafetensorsException e) {
            throw new SafetensorsException(file + ": " + e.getMessage(), e);
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw (IOException) new FileSystemException(file.toString(), null, e.getMessage()).initCause(e);
        } finally {
            if (!good) {
                channel.close();
            }
        }
    }

    /**
     * Reads from bytes, which are kept. Need not be closed.
     *
     * @param file what is read
     * @return the file, to be closed
     * @throws SafetensorsException if they are not a well-formed safetensors file
     */
    public static SafetensorsFile read(byte[] file) throws SafetensorsException {
        try {
            return read(new Data.InMemory(file));
        } catch (SafetensorsException e) {
            throw e;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * Reads a stream to its end; does not close it. What is returned need not be closed. Memory is taken as bytes
     * arrive, whatever the header says will come.
     *
     * @param file what is read
     * @return the file, to be closed
     * @throws SafetensorsException if it is not a well-formed safetensors file
     * @throws IOException if it cannot be read
     */
    public static SafetensorsFile read(InputStream file) throws IOException {
        byte[] word = file.readNBytes(Long.BYTES);
        byte[] text = null;
        Header header;
        try {
            Frame.checkLongEnough(word.length);
            long length = ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getLong();
            text = file.readNBytes(Frame.headerLength(length, Header.MOST_BYTES));
            if (text.length < length) {
                Frame.headerLength(length, text.length);
            }
            header = new Header(text);
        } catch (SafetensorsException e) {
            throw Frame.refused(word, text == null ? file.readNBytes(OtherFormats.START_BYTES) : text, e);
        }
        if (header.dataLength() > LONGEST_ARRAY) {
            throw new SafetensorsException("the tensors take " + header.dataLength() + " bytes; from a stream at most "
                    + LONGEST_ARRAY + " can be read, from a path any number");
        }
        byte[] data = file.readNBytes((int) header.dataLength());
        boolean more = data.length == header.dataLength() && file.read() >= 0;
        Frame.checkCovered(header, data.length + (more ? 1L : 0), more ? " or more" : "");
        return new SafetensorsFile(header, new Data.InMemory(data), 0);
    }

    private static SafetensorsFile read(Data file) throws IOException {
        try {
            Frame.checkLongEnough(file.size());
            long behindWord = file.size() - Long.BYTES;
            int length = Frame.headerLength(file.read(0, Long.BYTES).getLong(), behindWord);
            byte[] text = new byte[length];
            for (int i = 0, n; i < length; i += n) {
                n = Math.min(Data.CHUNK_BYTES, length - i);
                file.read(Long.BYTES + i, n).get(text, i, n);
            }
            Header header = new Header(text);
            Frame.checkCovered(header, behindWord - length, "");
            return new SafetensorsFile(header, file, Long.BYTES + length);
        } catch (SafetensorsException e) {
            byte[] start = new byte[(int) Math.min(file.size(), OtherFormats.START_BYTES)];
            file.read(0, start.length).get(start);
            throw Frame.refused(start, new byte[0], e);
        }
    }

    /** {@return the strings of {@code __metadata__}, in the file's order; empty where there is none} */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** {@return the tensors by name, in the header's order} */
    public Map<String, TensorInfo> tensors() {
        return header.tensors();
    }

    /**
     * The elements of an F32, F64, F16 or BF16 tensor as floats: exact, but for F64, which is rounded, to infinity
     * where it is too large.
     *
     * @param name of the tensor
     * @return the values
     * @throws SafetensorsException if there is no such tensor, it has another type, does not fit an array, or can no
     *     longer be read; the message names the tensor
     * @throws IllegalStateException if the file is closed
     */
    public float[] floats(String name) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        if (!tensor.dtype().isFloat()) {
            throw wrongType(tensor, "F32, F64, F16, BF16");
        }
        float[] values = new float[count(tensor)];
        floats(tensor, values);
        return values;
    }

    /**
     * The same into the caller's array, from index 0.
     *
     * @param name of the tensor
     * @param to takes the values
     * @throws SafetensorsException if there is no such tensor, or the file is cut off
     * @throws IllegalArgumentException if the array is shorter than the tensor
     */
    public void floats(String name, float[] to) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        if (!tensor.dtype().isFloat()) {
            throw wrongType(tensor, "F32, F64, F16, BF16");
        }
        requireRoom(tensor, to == null ? -1 : to.length);
        floats(tensor, to);
    }

    private void floats(TensorInfo tensor, float[] values) throws SafetensorsException {
        int count = (int) tensor.elements();
        synchronized (data) {
            for (int i = 0, n; i < count; i += n) {
                n = elementsAtOnce(tensor, i);
                ByteBuffer bytes = bytes(tensor, i, n);
                switch (tensor.dtype()) {
                    case F32 -> bytes.asFloatBuffer().get(values, i, n);
                    case F64 -> {
                        for (int k = 0; k < n; k++) {
                            values[i + k] = (float) bytes.getDouble(8 * k);
                        }
                    }
                    case F16 -> {
                        for (int k = 0; k < n; k++) {
                            values[i + k] = Float.float16ToFloat(bytes.getShort(2 * k));
                        }
                    }
                    default -> {
                        for (int k = 0; k < n; k++) {
                            values[i + k] = Float.intBitsToFloat(bytes.getShort(2 * k) << 16);
                        }
                    }
                }
            }
        }
    }

    /**
     * The bytes of an I8, U8 or BOOL tensor into the caller's array; otherwise as {@link #floats(String, float[])}.
     *
     * @param name of the tensor
     * @param to where they go, from index 0
     * @throws SafetensorsException as {@link #floats}
     */
    public void bytes(String name, byte[] to) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        if (tensor.dtype() != DType.I8 && tensor.dtype() != DType.U8 && tensor.dtype() != DType.BOOL) {
            throw wrongType(tensor, "I8, U8, BOOL");
        }
        requireRoom(tensor, to == null ? -1 : to.length);
        synchronized (data) {
            for (int i = 0, n; i < tensor.elements(); i += n) {
                n = elementsAtOnce(tensor, i);
                bytes(tensor, i, n).get(to, i, n);
            }
        }
    }

    /**
     * The 16 bits of each element of a BF16, F16, I16 or U16 tensor; otherwise the same.
     *
     * @param name of the tensor
     * @param to where they go, from index 0
     * @throws SafetensorsException as {@link #floats}
     */
    public void shorts(String name, short[] to) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        switch (tensor.dtype()) {
            case BF16, F16, I16, U16 -> requireRoom(tensor, to == null ? -1 : to.length);
            default -> throw wrongType(tensor, "BF16, F16, I16, U16");
        }
        synchronized (data) {
            for (int i = 0, n; i < tensor.elements(); i += n) {
                n = elementsAtOnce(tensor, i);
                bytes(tensor, i, n).asShortBuffer().get(to, i, n);
            }
        }
    }

    private static void requireRoom(TensorInfo tensor, int length) {
        if (length < tensor.elements()) {
            throw new IllegalArgumentException("to has " + (length < 0 ? "no" : "" + length) + " elements; tensor "
                    + Names.quoted(tensor.name()) + " has " + tensor.elements());
        }
    }

    /**
     * The elements of an F64 tensor.
     *
     * @param name of the tensor
     * @return the values
     * @throws SafetensorsException as {@link #floats}
     * @throws IllegalStateException if the file is closed
     */
    public double[] doubles(String name) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        if (tensor.dtype() != DType.F64) {
            throw wrongType(tensor, "F64");
        }
        double[] values = new double[count(tensor)];
        synchronized (data) {
            for (int i = 0, n; i < values.length; i += n) {
                n = elementsAtOnce(tensor, i);
                bytes(tensor, i, n).asDoubleBuffer().get(values, i, n);
            }
        }
        return values;
    }

    /**
     * The elements of an integer or boolean tensor; a boolean is the byte that stands for it, 0 or 1.
     *
     * @param name of the tensor
     * @return the values
     * @throws SafetensorsException as {@link #floats}
     * @throws IllegalStateException if the file is closed
     */
    public long[] longs(String name) throws SafetensorsException {
        TensorInfo tensor = tensor(name);
        if (!tensor.dtype().isInteger()) {
            throw wrongType(tensor, "BOOL, U8, I8, U16, I16, U32, I32, I64");
        }
        long[] values = new long[count(tensor)];
        synchronized (data) {
            for (int i = 0, n; i < values.length; i += n) {
                n = elementsAtOnce(tensor, i);
                ByteBuffer bytes = bytes(tensor, i, n);
                for (int k = 0; k < n; k++) {
                    values[i + k] = switch (tensor.dtype()) {
                        case I8 -> bytes.get(k);
                        case BOOL, U8 -> bytes.get(k) & 0xff;
                        case I16 -> bytes.getShort(2 * k);
                        case U16 -> bytes.getShort(2 * k) & 0xffff;
                        case I32 -> bytes.getInt(4 * k);
                        case U32 -> bytes.getInt(4 * k) & 0xffff_ffffL;
                        default -> bytes.getLong(8 * k);
                    };
                }
            }
        }
        return values;
    }

    /** Closes the file on disk; the header can still be asked. */
    @Override
    public void close() throws IOException {
        data.close();
    }

    private TensorInfo tensor(String name) throws SafetensorsException {
        TensorInfo tensor = header.tensors().get(Objects.requireNonNull(name, "name"));
        if (tensor == null) {
            throw new SafetensorsException(
                    "there is no tensor " + Names.quoted(name) + " among the file's " + header.tensors().size());
        }
        return tensor;
    }

    private static SafetensorsException wrongType(TensorInfo tensor, String allowed) {
        return new SafetensorsException(
                "tensor " + Names.quoted(tensor.name()) + " has type " + tensor.dtype() + "; allowed are " + allowed);
    }

    private static int count(TensorInfo tensor) throws SafetensorsException {
        if (tensor.elements() > LONGEST_ARRAY) {
            throw new SafetensorsException("tensor " + Names.quoted(tensor.name()) + " has " + tensor.elements()
                    + " elements; an array has " + LONGEST_ARRAY + " at most");
        }
        return (int) tensor.elements();
    }

    private static int elementsAtOnce(TensorInfo tensor, int first) {
        return (int) Math.min(Data.CHUNK_BYTES / (tensor.dtype().bits() / 8), tensor.elements() - first);
    }

    private ByteBuffer bytes(TensorInfo tensor, long first, int count) throws SafetensorsException {
        int size = tensor.dtype().bits() / 8;
        try {
            return data.read(dataStart + tensor.begin() + first * size, count * size);
        } catch (ClosedByInterruptException e) {
            throw new SafetensorsException("tensor " + Names.quoted(tensor.name()) + ": reading was interrupted", e);
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("the file is closed", e);
        } catch (IOException e) {
            throw new SafetensorsException(
                    "tensor " + Names.quoted(tensor.name()) + " cannot be read: " + e.getMessage(), e);
        }
    }
}
