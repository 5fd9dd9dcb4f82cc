package dev.softpick.model.safetensors;

import dev.softpick.model.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;

/**
 * A safetensors file: a 64-bit length, a JSON header of that length, the tensors' bytes.
 *
 * <p>Everything is checked before it is believed: the header's length against the file before anything is allocated, its
 * UTF-8, its JSON, every shape against its bytes, and that the tensors cover the data exactly. Data may start at any
 * byte. Holds the file's bytes once; immutable and thread-safe as long as nobody changes an array it was made from.
 */
public final class SafetensorsFile {

    private static final int LENGTH_BYTES = 8;

    private final ByteBuffer data;
    private final Header header;

    private SafetensorsFile(byte[] file) throws ModelFormatException {
        if (file.length < LENGTH_BYTES) {
            throw new ModelFormatException(
                    "the file has " + file.length + " bytes; a safetensors file begins with an 8-byte length");
        }
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long length = buffer.getLong(0);
        if (length < 2 || length > Header.LARGEST || length > file.length - LENGTH_BYTES) {
            throw new ModelFormatException("the header's length is " + Long.toUnsignedString(length)
                    + "; allowed is 2 to " + Math.min(Header.LARGEST, file.length - LENGTH_BYTES) + " in this file");
        }
        int start = LENGTH_BYTES + (int) length;
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(file, LENGTH_BYTES, (int) length))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw new ModelFormatException("the header is not UTF-8");
        }
        header = new Header(text, file.length - start);
        data = buffer.slice(start, file.length - start).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads a file.
     *
     * @throws ModelFormatException if it is not a well-formed safetensors file; the message begins with its name
     * @throws IOException if it cannot be read
     */
    public static SafetensorsFile read(Path file) throws IOException {
        byte[] bytes;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE - 8) {
                throw new ModelFormatException(
                        file + ": the file has " + size + " bytes; at most " + (Integer.MAX_VALUE - 8) + " can be read");
            }
            bytes = new byte[(int) size];
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new ModelFormatException(file + ": the file became shorter while it was read");
                }
            }
        }
        try {
            return new SafetensorsFile(bytes);
        } catch (ModelFormatException e) {
            throw new ModelFormatException(file + ": " + e.getMessage());
        }
    }

    /**
     * Reads from bytes, which are kept.
     *
     * @throws ModelFormatException if they are not a well-formed safetensors file
     */
    public static SafetensorsFile read(byte[] file) throws ModelFormatException {
        return new SafetensorsFile(file);
    }

    /**
     * Reads a stream to its end; does not close it.
     *
     * @throws ModelFormatException if it is not a well-formed safetensors file
     * @throws IOException if it cannot be read
     */
    public static SafetensorsFile read(InputStream file) throws IOException {
        return new SafetensorsFile(file.readAllBytes());
    }

    /** The strings of {@code __metadata__}, in the file's order; empty where there is none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata);
    }

    /** The tensors by name, in the file's order. */
    public Map<String, TensorInfo> tensors() {
        return Collections.unmodifiableMap(header.tensors);
    }

    /**
     * The elements of an F32, F64, F16 or BF16 tensor as floats; F64 is rounded.
     *
     * @throws ModelFormatException if there is no such tensor or it has another type
     */
    public float[] floats(String name) throws ModelFormatException {
        TensorInfo tensor = tensor(name, "F32, F64, F16, BF16");
        if (!tensor.dtype().isFloat()) {
            throw wrongType(tensor, "F32, F64, F16, BF16");
        }
        float[] values = new float[count(tensor)];
        ByteBuffer bytes = bytes(tensor);
        switch (tensor.dtype()) {
            case F32 -> bytes.asFloatBuffer().get(values);
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) bytes.getDouble(8 * i);
                }
            }
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(bytes.getShort(2 * i));
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
                }
            }
        }
        return values;
    }

    /**
     * The elements of an F64 tensor.
     *
     * @throws ModelFormatException if there is no such tensor or it has another type
     */
    public double[] doubles(String name) throws ModelFormatException {
        TensorInfo tensor = tensor(name, "F64");
        if (tensor.dtype() != DType.F64) {
            throw wrongType(tensor, "F64");
        }
        double[] values = new double[count(tensor)];
        bytes(tensor).asDoubleBuffer().get(values);
        return values;
    }

    /**
     * The elements of an integer or boolean tensor.
     *
     * @throws ModelFormatException if there is no such tensor or it has another type
     */
    public long[] longs(String name) throws ModelFormatException {
        TensorInfo tensor = tensor(name, "an integer type");
        if (!tensor.dtype().isInteger()) {
            throw wrongType(tensor, "BOOL, U8, I8, U16, I16, U32, I32, I64");
        }
        long[] values = new long[count(tensor)];
        ByteBuffer bytes = bytes(tensor);
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (tensor.dtype()) {
                case I8 -> bytes.get(i);
                case BOOL, U8 -> bytes.get(i) & 0xff;
                case I16 -> bytes.getShort(2 * i);
                case U16 -> bytes.getShort(2 * i) & 0xffff;
                case I32 -> bytes.getInt(4 * i);
                case U32 -> bytes.getInt(4 * i) & 0xffff_ffffL;
                default -> bytes.getLong(8 * i);
            };
        }
        return values;
    }

    private TensorInfo tensor(String name, String wanted) throws ModelFormatException {
        TensorInfo tensor = header.tensors.get(name);
        if (tensor == null) {
            throw new ModelFormatException("there is no tensor '" + Header.printable(name) + "' (" + wanted + ")");
        }
        return tensor;
    }

    private static ModelFormatException wrongType(TensorInfo tensor, String allowed) {
        return new ModelFormatException(
                "tensor '" + tensor.name() + "' has type " + tensor.dtype() + "; allowed are " + allowed);
    }

    /** The bytes are in an array, so the elements fit one as well. */
    private static int count(TensorInfo tensor) {
        return (int) tensor.elements();
    }

    private ByteBuffer bytes(TensorInfo tensor) {
        return data.slice((int) tensor.begin(), (int) (tensor.end() - tensor.begin())).order(ByteOrder.LITTLE_ENDIAN);
    }
}
