package dev.softpick.model.safetensors;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickTransformer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Any bytes either load, exactly, or give a a typed exception; soon, and in memory that they pay for. */
class SafetensorsFuzz {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long LONGEST_NANOS = 1_000_000_000L;

    /** Objects for a header, an exception, a model and its scratch memory, whatever the file's size. */
    private static final long FIXED_BYTES = 4 << 20;

    /** A header's text becomes names and numbers, so it may cost more than the tensors' bytes. */
    private static final int BYTES_FOR_HEADER = 64;

    /** What the first run loads and the collector interrupts is not the file's doing. */
    private static final int TRIES = 4;

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] file) throws IOException {
        long allowed = FIXED_BYTES + (3L + BYTES_FOR_HEADER) * file.length;
        long nanos = Long.MAX_VALUE;
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && (nanos > LONGEST_NANOS || bytes > allowed); i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            load(file);
            nanos = System.nanoTime() - start;
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        if (nanos > LONGEST_NANOS) {
            throw new AssertionError("took " + nanos / 1_000_000 + " ms");
        }
        if (bytes > allowed) {
            throw new AssertionError("allocated " + bytes + " bytes for a file of " + file.length);
        }
    }

    private static void load(byte[] file) throws IOException {
        try (SafetensorsFile read = SafetensorsFile.read(file)) {
            read.tensors().values().forEach(tensor -> check(file, read, tensor));
        } catch (SafetensorsException refused) {
            refused(refused);
        }
        model(file);
    }

    private static void model(byte[] file) throws IOException {
        try {
            LoadOptions options = LoadOptions.defaults().numHeads(1).normalizer(Normalizer.SOFTPICK);
            SoftpickTransformer model = SoftpickTransformer.load(file, options);
            int embed = model.config().embedDim();
            model.forward(new float[embed], 1, 1, new float[model.outputSize()]);
            savedIsTheSame(model);
        } catch (ModelFormatException refused) {
            refused(refused);
        }
    }

    /** What a model in any format saves is what it has, bit for bit. */
    private static void savedIsTheSame(SoftpickTransformer model) throws IOException {
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        model.save(first);
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        SoftpickTransformer again = SoftpickTransformer.load(first.toByteArray());
        again.save(second);
        if (!Arrays.equals(first.toByteArray(), second.toByteArray()) || !again.config().equals(model.config())) {
            throw new AssertionError("saved and loaded again, the model is another one");
        }
    }

    private static void refused(IOException refused) {
        if (refused.getMessage().isBlank() || refused.getMessage().contains("\n")) {
            throw new AssertionError("not one line: " + refused.getMessage());
        }
    }

    /** Values are the file's bytes at the place where its header says. */
    private static void check(byte[] file, SafetensorsFile read, TensorInfo tensor) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int data = 8 + Math.toIntExact(bytes.getLong(0));
        try {
            switch (tensor.dtype()) {
                case F32 -> { }
                case I8 -> {
                    byte[] values = new byte[Math.toIntExact(tensor.elements())];
                    read.bytes(tensor.name(), values);
                    int from = data + Math.toIntExact(tensor.begin());
                    if (!Arrays.equals(values, Arrays.copyOfRange(file, from, from + values.length))) {
                        throw new AssertionError(tensor.toString());
                    }
                    return;
                }
                case BF16 -> {
                    short[] values = new short[Math.toIntExact(tensor.elements())];
                    read.shorts(tensor.name(), values);
                    for (int i = 0; i < values.length; i++) {
                        if (values[i] != bytes.getShort(data + Math.toIntExact(tensor.begin()) + 2 * i)) {
                            throw new AssertionError(tensor + ": value " + i);
                        }
                    }
                    return;
                }
                default -> {
                    return;
                }
            }
            float[] values = read.floats(tensor.name());
            for (int i = 0; i < values.length; i++) {
                int bits = bytes.getInt(data + Math.toIntExact(tensor.begin()) + 4 * i);
                if (Float.floatToRawIntBits(values[i]) != bits && !Float.isNaN(values[i])) {
                    throw new AssertionError(tensor + ": value " + i);
                }
            }
        } catch (SafetensorsException e) {
            throw new AssertionError(e);
        }
    }
}
