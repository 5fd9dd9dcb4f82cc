package dev.softpick.model.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data of a safetensors file, which is written piece by piece, so that no more of it need be in memory than one
 * piece. The header is written when {@link SafetensorsWriter#stream} makes it, so every tensor is declared before.
 *
 * <pre>{@code
 * SafetensorsStream data = new SafetensorsWriter().tensor("output", DType.F32, rows, columns).stream(out);
 * for (float[] row : all) {
 *     data.floats(row, 0, columns);
 * }
 * data.end();
 * }</pre>
 *
 * <p>Tensors come one behind the other in the order that {@link #next} tells; a piece may be of any length within its
 * tensor. Every bit is kept. Not thread-safe.
 */
public final class SafetensorsStream {

    private static final int CHUNK_BYTES = 1 << 16;

    private final OutputStream out;
    private final List<TensorInfo> tensors;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int current;
    private long left;

    SafetensorsStream(OutputStream out, List<TensorInfo> tensors) {
        this.out = out;
        this.tensors = tensors;
        current = -1;
        advance();
    }

    /**
     * {@return the tensor whose values come next, those that were written before left out; null when all are complete}
     */
    @SuppressWarnings("exports") // nobody needs JSpecify's annotations to compile against them
    public @Nullable TensorInfo next() {
        return current < tensors.size() ? tensors.get(current) : null;
    }

    /**
     * The next {@code count} elements of an F32 tensor.
     *
     * @param values the values
     * @param from index of the first one
     * @param count how many
     * @throws IndexOutOfBoundsException if the range is not in the array
     * @throws IllegalStateException if it is not the turn of so many elements of such a tensor
     * @throws IOException if it cannot be written
     */
    public void floats(float[] values, int from, int count) throws IOException {
        begin(values.length, from, count, DType.F32);
        for (int i = 0, n; i < count; i += n) {
            n = Math.min(CHUNK_BYTES / Float.BYTES, count - i);
            chunk.asFloatBuffer().put(values, from + i, n);
            out.write(chunk.array(), 0, n * Float.BYTES);
        }
        took(count);
    }

    /**
     * The next {@code count} elements of an F64 tensor; otherwise as {@link #floats}.
     *
     * @param values the values
     * @param from index of the first one
     * @param count how many
     * @throws IOException if it cannot be written
     */
    public void doubles(double[] values, int from, int count) throws IOException {
        begin(values.length, from, count, DType.F64);
        for (int i = 0, n; i < count; i += n) {
            n = Math.min(CHUNK_BYTES / Double.BYTES, count - i);
            chunk.asDoubleBuffer().put(values, from + i, n);
            out.write(chunk.array(), 0, n * Double.BYTES);
        }
        took(count);
    }

    /**
     * The next {@code count} elements of an I64 tensor; otherwise as {@link #floats}.
     *
     * @param values the values
     * @param from index of the first one
     * @param count how many
     * @throws IOException if it cannot be written
     */
    public void longs(long[] values, int from, int count) throws IOException {
        begin(values.length, from, count, DType.I64);
        for (int i = 0, n; i < count; i += n) {
            n = Math.min(CHUNK_BYTES / Long.BYTES, count - i);
            chunk.asLongBuffer().put(values, from + i, n);
            out.write(chunk.array(), 0, n * Long.BYTES);
        }
        took(count);
    }

    /**
     * The next {@code count} elements of a BF16, F16 or I16 tensor, as their 16 bits; otherwise as {@link #floats}.
     *
     * @param values the values
     * @param from index of the first one
     * @param count how many
     * @throws IOException if it cannot be written
     */
    public void shorts(short[] values, int from, int count) throws IOException {
        begin(values.length, from, count, DType.BF16, DType.F16, DType.I16);
        for (int i = 0, n; i < count; i += n) {
            n = Math.min(CHUNK_BYTES / Short.BYTES, count - i);
            chunk.asShortBuffer().put(values, from + i, n);
            out.write(chunk.array(), 0, n * Short.BYTES);
        }
        took(count);
    }

    /**
     * The next {@code count} elements of an I8, U8 or BOOL tensor; otherwise as {@link #floats}.
     *
     * @param values the values
     * @param from index of the first one
     * @param count how many
     * @throws IOException if it cannot be written
     */
    public void bytes(byte[] values, int from, int count) throws IOException {
        begin(values.length, from, count, DType.I8, DType.U8, DType.BOOL);
        out.write(values, from, count);
        took(count);
    }

    /**
     * All is written. The stream behind is neither flushed nor closed.
     *
     * @throws IllegalStateException if values are missing
     */
    public void end() {
        TensorInfo missing = next();
        if (missing != null) {
            throw new IllegalStateException(left + " of the " + missing.elements() + " values of tensor "
                    + Names.quoted(missing.name()) + " are missing");
        }
    }

    /** That a tensor's turn is over: what should have written all its values did. */
    void requirePast(TensorInfo tensor) {
        if (next() == tensor) {
            end();
        }
    }

    private void begin(int length, int from, int count, DType... types) {
        Objects.checkFromIndexSize(from, count, length);
        TensorInfo tensor = next();
        boolean fits = false;
        if (tensor != null && count <= left) {
            for (DType type : types) {
                fits |= type == tensor.dtype();
            }
        }
        if (!fits && count > 0) {
            throw new IllegalStateException(count + " values of type " + types[0] + " were given; "
                    + (tensor == null ? "every tensor is complete" : "it is the turn of " + left + " values of type "
                            + tensor.dtype() + " of tensor " + Names.quoted(tensor.name())));
        }
    }

    private void took(int count) {
        left -= count;
        if (left == 0) {
            advance();
        }
    }

    /** To the next tensor that has elements. */
    private void advance() {
        do {
            current++;
            left = current < tensors.size() ? tensors.get(current).elements() : 0;
        } while (left == 0 && current < tensors.size());
    }
}
