package dev.softpick.cli.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files for the tests, made of the bundled digits. */
public final class Samples {

    public static final int STEPS = 8;
    public static final int EMBED = 16;

    private Samples() {}

    public static Path model(Path folder) throws IOException {
        return resource(folder, "digits-softpick.safetensors");
    }

    public static Path labelledImages(Path folder) throws IOException {
        return resource(folder, "digits-test.safetensors");
    }

    private static Path resource(Path folder, String name) throws IOException {
        Path copy = folder.resolve(name);
        try (InputStream in = Bundled.open(name)) {
            Files.write(copy, in.readAllBytes());
        }
        return copy;
    }

    /** The first images, over and over where more are asked for than there are. */
    public static float[] images(int count) throws IOException {
        Sequences bundled = SafetensorsInput.bundled();
        int n = STEPS * EMBED;
        float[] all = new float[bundled.shape().batch() * n];
        bundled.read(0, bundled.shape().batch(), all);
        float[] images = new float[count * n];
        for (int i = 0; i < images.length; i++) {
            images[i] = all[i % all.length];
        }
        return images;
    }

    public static Path npy(Path file, float[] values, int... shape) throws IOException {
        return Files.write(file, concat(NpyHeader.float32(shape), littleEndian(values)));
    }

    /** An npy file with any dictionary and any bytes after it. */
    public static byte[] npy(int major, String dictionary, byte[] values) {
        byte[] text = dictionary.getBytes(major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        ByteBuffer start = ByteBuffer.allocate(major == 1 ? 10 : 12).order(ByteOrder.LITTLE_ENDIAN);
        start.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0});
        if (major == 1) {
            start.putShort((short) text.length);
        } else {
            start.putInt(text.length);
        }
        return concat(concat(start.array(), text), values);
    }

    public static Path csv(Path file, float[] values, int columns) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            text.append(values[i]).append(i % columns == columns - 1 ? '\n' : ',');
        }
        return Files.writeString(file, text);
    }

    /** A safetensors file; each entry is what stands in the header after the tensor's name, without the offsets. */
    public static Path safetensors(Path file, String[] names, String[] typesAndShapes, byte[]... values)
            throws IOException {
        StringBuilder header = new StringBuilder("{");
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (int i = 0; i < names.length; i++) {
            int from = data.size();
            data.writeBytes(values[i]);
            header.append(i == 0 ? "" : ",").append('"').append(names[i]).append("\":{").append(typesAndShapes[i])
                    .append(",\"data_offsets\":[").append(from).append(',').append(data.size()).append("]}");
        }
        byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        byte[] length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array();
        return Files.write(file, concat(concat(length, text), data.toByteArray()));
    }

    public static byte[] littleEndian(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    public static byte[] concat(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }

    /** The values of an npy file that we wrote, after a check of its header. */
    public static float[] readNpy(Path file, int... shape) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        byte[] header = NpyHeader.float32(shape);
        if (!ByteBuffer.wrap(bytes, 0, header.length).equals(ByteBuffer.wrap(header))) {
            throw new AssertionError("header: " + new String(bytes, 0, header.length, StandardCharsets.ISO_8859_1));
        }
        float[] values = new float[(bytes.length - header.length) / 4];
        ByteBuffer.wrap(bytes, header.length, bytes.length - header.length)
                .order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    public static float[] readCsv(Path file, int columns) throws IOException {
        float[] values = new float[Files.readAllLines(file).size() * columns];
        int i = 0;
        for (String line : Files.readAllLines(file)) {
            String[] fields = line.split(",", -1);
            if (fields.length != columns) {
                throw new AssertionError(fields.length + " columns in " + line);
            }
            for (String field : fields) {
                values[i++] = Float.parseFloat(field);
            }
        }
        return values;
    }
}
