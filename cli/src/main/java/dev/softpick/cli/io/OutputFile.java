package dev.softpick.cli.io;

import dev.softpick.cli.terminal.UsageException;
import dev.softpick.model.safetensors.DType;
import dev.softpick.model.safetensors.SafetensorsStream;
import dev.softpick.model.safetensors.SafetensorsWriter;
import dev.softpick.model.safetensors.WholeFile;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes outputs piece by piece; the file appears under its name when they are complete. */
public final class OutputFile implements Pass.Sink, Closeable {

    private static final int BUFFER_BYTES = 1 << 16;

    private final WholeFile file;
    private final OutputStream out;
    private final FileFormat format;
    private final int rowLength;
    private final int perSequence;

    /** What takes the values, where the format has tensors. */
    private @Nullable SafetensorsStream tensor;

    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private OutputFile(WholeFile file, FileFormat format, int[] shape) {
        this.file = file;
        this.format = format;
        rowLength = shape[shape.length - 1];
        perSequence = shape.length == 2 ? rowLength : shape[1] * rowLength;
        out = new BufferedOutputStream(file.out(), BUFFER_BYTES);
    }

    /**
     * Whether a file could be written there, asked before the work that it is to hold is done.
     *
     * @throws IOException naming the file and saying why not
     */
    public static void check(Path file) throws IOException {
        WholeFile.create(file).close();
    }

    /** Refuses to put the output in the place of a file that it is made from; null is none. */
    public static void checkApart(Path output, String option, @Nullable Path source) throws IOException {
        if (source != null && Files.exists(output) && Files.exists(source) && Files.isSameFile(output, source)) {
            throw new UsageException(
                    "--output is " + output + ", the file that " + option + " names; give another one");
        }
    }

    /** Starts a file for float32 values of this shape. */
    public static OutputFile create(Path path, FileFormat format, int[] shape) throws IOException {
        WholeFile file = WholeFile.create(path);
        OutputFile output = new OutputFile(file, format, shape);
        try {
            output.begin(shape);
            return output;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private void begin(int[] shape) throws IOException {
        switch (format) {
            case NPY -> out.write(NpyHeader.float32(shape));
            case SAFETENSORS -> {
                long[] sizes = Arrays.stream(shape).asLongStream().toArray();
                tensor = new SafetensorsWriter().tensor("output", DType.F32, sizes).stream(out);
            }
            case CSV -> { }
        }
    }

    @Override
    public void accept(int first, int count, float[] output, float[] logits) throws IOException {
        int values = count * perSequence;
        if (tensor != null) {
            tensor.floats(output, 0, values);
        } else if (format == FileFormat.NPY) {
            writeBinary(output, values);
        } else {
            writeText(output, values);
        }
    }

    private void writeBinary(float[] values, int count) throws IOException {
        int perBuffer = BUFFER_BYTES / Float.BYTES;
        for (int i = 0; i < count; i += perBuffer) {
            int n = Math.min(perBuffer, count - i);
            bytes.asFloatBuffer().put(values, i, n);
            out.write(bytes.array(), 0, n * Float.BYTES);
        }
    }

    private void writeText(float[] values, int count) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < count; i += rowLength) {
            line.setLength(0);
            for (int column = 0; column < rowLength; column++) {
                line.append(column == 0 ? "" : ",").append(values[i + column]);
            }
            out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** All is written: the file takes its name. */
    public void commit() throws IOException {
        if (tensor != null) {
            tensor.end();
        }
        out.flush();
        file.commit();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
