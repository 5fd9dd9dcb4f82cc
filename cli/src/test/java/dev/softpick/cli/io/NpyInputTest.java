package dev.softpick.cli.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyInputTest {

    private static final String GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), }";

    @TempDir
    private Path folder;

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.npy"), bytes);
    }

    private static float[] read(Path file) throws IOException {
        try (Sequences input = Sequences.open(file)) {
            float[] values = new float[input.shape().batch() * input.shape().sequence()];
            input.read(0, input.shape().batch(), values);
            return values;
        }
    }

    /** The header that numpy 2.4 writes for numpy.zeros((2, 3, 1), 'float32'). */
    @Test
    void theHeaderWeWriteIsNumpys() {
        byte[] header = NpyHeader.float32(2, 3, 1);
        assertThat(header).hasSize(128);
        assertThat(header).isEqualTo(
                Samples.npy(1, GOOD + " ".repeat(128 - 10 - GOOD.length() - 1) + "\n", new byte[0]));
        assertThat(new String(NpyHeader.float32(5), StandardCharsets.ISO_8859_1)).contains("(5,), }");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyVersionIsRead(int version) throws IOException {
        float[] values = {1, -2.5f, 3, Float.NaN, -0f, 1e-40f};
        Path file = write(Samples.npy(version, GOOD + "  \n", Samples.littleEndian(values)));
        assertThat(read(file)).containsExactly(values);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<f4", ">f4", "<f8", ">f8"})
    void everyFloatTypeIsRead(String type) throws IOException {
        boolean wide = type.endsWith("8");
        ByteBuffer bytes = ByteBuffer.allocate(6 * (wide ? 8 : 4))
                .order(type.startsWith("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        float[] values = {1, -2.5f, 3, Float.NEGATIVE_INFINITY, -0f, 1e-40f};
        for (float value : values) {
            if (wide) {
                bytes.putDouble(value);
            } else {
                bytes.putFloat(value);
            }
        }
        assertThat(read(write(Samples.npy(1, GOOD.replace("<f4", type) + "\n", bytes.array()))))
                .containsExactly(values);
    }

    /** The forms that numpy reads, besides those that it writes; it reads the same values from them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            1 | {'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L, 1L), }
            2 | {'descr': '<f4', 'fortran_order': False, 'shape': (2 L, 3, 1), }
            1 | {u'descr': u'<f4', U'fortran_order': False, r"shape": (2, 3, 1)}
            1 | {\\t'descr':\\t'<f4',\\t'fortran_order':\\tFalse,\\t'shape':\\t(2,\\t3,\\t1,\\t)\\t}\\t
            3 | {\\r\\n'descr':\\r'<f4',\\n'fortran_order':False,\\f'shape'\\r:(2,3\\r,1,),\\r\\n}\\r\\n
            1 | \\n\\t {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), }
            """)
    void everyFormOfTheHeaderIsRead(int version, String header) throws IOException {
        String text = header.translateEscapes() + "\n";
        float[] values = {1, -2.5f, 3, 4, 5, 6};
        Path file = write(Samples.npy(version, text, Samples.littleEndian(values)));
        try (Sequences input = Sequences.open(file)) {
            assertThat(input.shape()).isEqualTo(new BatchShape(2, 3, 1));
        }
        assertThat(read(file)).containsExactly(values);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "<f2", ">f2", "=f2", "|f2", "f2", "e", "<e", "half", "float16", "=f4", "|f4", "f4", "f", ">f", "single",
        "float32", "=f8", "f8", "d", "<d", "double", "float", "float64"
    })
    void everyNameOfAFloatTypeIsRead(String type) throws IOException {
        ByteOrder order = type.startsWith("<") ? ByteOrder.LITTLE_ENDIAN
                : type.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.nativeOrder();
        float[] values = {1, -2.5f, Float.NaN, Float.NEGATIVE_INFINITY, -0f, 0x1p-24f};
        ByteBuffer bytes = ByteBuffer.allocate(48).order(order);
        for (float value : values) {
            if (type.matches(".?(f2|e)|half|float16")) {
                bytes.putShort(Float.floatToFloat16(value));
            } else if (type.matches(".?(f4|f)|single|float32")) {
                bytes.putFloat(value);
            } else {
                bytes.putDouble(value);
            }
        }
        byte[] data = Arrays.copyOf(bytes.array(), bytes.position());
        assertThat(read(write(Samples.npy(1, GOOD.replace("<f4", type) + "\n", data)))).containsExactly(values);
    }

    /** What numpy writes for x.T and for numpy.asfortranarray(x). */
    @ParameterizedTest
    @CsvSource({"5, 7, 3", "1, 7, 3", "5, 1, 3", "5, 7, 1", "300, 60, 16"})
    void fortranOrderIsRead(int batch, int steps, int embed) throws IOException {
        float[] values = new float[batch * steps * embed];
        float[] columns = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < steps; t++) {
                for (int e = 0; e < embed; e++) {
                    columns[b + batch * (t + steps * e)] = values[(b * steps + t) * embed + e];
                }
            }
        }
        String header = "{'descr': '<f4', 'fortran_order': True, 'shape': (" + batch + ", " + steps + ", " + embed
                + "), }\n";
        Path file = write(Samples.npy(1, header, Samples.littleEndian(columns)));
        assertThat(Arrays.equals(read(file), values)).isTrue();
        int sequence = steps * embed;
        try (Sequences input = Sequences.open(file)) {
            for (int first = 0; first < batch; first += 2) {
                int count = Math.min(2, batch - first);
                float[] piece = new float[count * sequence];
                input.read(first, count, piece);
                assertThat(Arrays.equals(
                        piece, 0, piece.length, values, first * sequence, (first + count) * sequence))
                        .as("%d from %d on", count, first).isTrue();
            }
        }
        if (batch == 1) {
            Path flat = write(Samples.npy(1, header.replace("(1, ", "("), Samples.littleEndian(columns)));
            assertThat(read(flat)).containsExactly(values);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"'descr'", "<f4", "}", "1", "(2"})
    void aNulIsRefusedWhereverItStands(String before) throws IOException {
        Path file = write(Samples.npy(1, GOOD.replace(before, before + "\0") + "\n", new byte[24]));
        assertThatThrownBy(() -> read(file)).isExactlyInstanceOf(IOException.class).hasMessageContaining("x.npy");
    }

    @Test
    void version3KnowsNoLongNumbers() throws IOException {
        Path file = write(Samples.npy(3, GOOD.replace("2,", "2L,") + "\n", new byte[24]));
        assertThatThrownBy(() -> read(file)).hasMessageContaining("',' was expected");
    }

    @Test
    void keysComeInAnyOrderWithEitherQuoteAndWithoutTheLastComma() throws IOException {
        String header = "{\"shape\":(3,2),'fortran_order':False,'descr':'<f4'}";
        Path file = write(Samples.npy(1, header, Samples.littleEndian(1, 2, 3, 4, 5, 6)));
        try (Sequences input = Sequences.open(file)) {
            assertThat(input.shape()).isEqualTo(new BatchShape(1, 3, 2));
        }
    }

    @Test
    void piecesAreReadFromWhereTheyLie() throws IOException {
        int batch = 50;
        int steps = 37;
        int embed = 29;
        float[] values = new float[batch * steps * embed];
        Random random = new Random(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        Path file = Samples.npy(folder.resolve("x.npy"), values, batch, steps, embed);
        try (Sequences input = Sequences.open(file)) {
            for (int first = 0; first < batch; first += 7) {
                int count = Math.min(7, batch - first);
                float[] piece = new float[7 * steps * embed + 3];
                Arrays.fill(piece, Float.NaN);
                input.read(first, count, piece);
                int n = count * steps * embed;
                assertThat(Arrays.copyOf(piece, n)).containsExactly(
                        Arrays.copyOfRange(values, first * steps * embed, first * steps * embed + n));
                assertThat(piece[n]).isNaN();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'descr': '<i4', 'fortran_order': False, 'shape': (2, 3, 1), }  | values of type '<i4'; allowed are float16
            {'descr': '<f16', 'fortran_order': False, 'shape': (2, 3, 1), } | values of type '<f16'
            {'descr': '<float32', 'fortran_order': False, 'shape': (6,), }  | values of type '<float32'
            {'descr': '4f4', 'fortran_order': False, 'shape': (6,), }       | values of type '4f4'
            {'descr': '', 'fortran_order': False, 'shape': (6,), }          | values of type ''
            {'descr': ('<f4', (4,)), 'fortran_order': False, 'shape': (6,), } | structured
            {'descr': '<U1', 'fortran_order': False, 'shape': (2, 3, 1), }  | values of type '<U1'
            {'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), } | structured
            {'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3, 1), }      | neither True nor False
            {'descr': '<f4', 'fortran_order': False, }                      | must all be there
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), 'x': 1} | key 'x' is unknown
            {'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1)} | twice
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), } x | something follows
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, -3, 1), } | whole number
            {'descr': '<f4', 'fortran_order': False, 'shape': (02, 3, 1), } | whole number
            {'descr': '<f4', 'fortran_order': False, 'shape': (2l, 3, 1), } | ',' was expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (2 3, 1, 1), } | ',' was expected
            {ur'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), } | a string was expected
            {u 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), } | a string was expected
            {b'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), } | a string was expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3.0, 1)}  | ',' was expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 1)} | whole number
            {'descr': '<f4', 'fortran_order': False, 'shape': (6)}          | a tuple is needed
            {'descr': '<f4', 'fortran_order': False, 'shape': [2, 3, 1]}    | '(' was expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1)     | ',' was expected
            {'descr': '<f4, 'fortran_order': False, 'shape': (2, 3, 1)}     | expected
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2)}    | needs 48 bytes of values; the file has 24
            {'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}       | needs 8 bytes of values; the file has 24
            {'descr': '<f4', 'fortran_order': False, 'shape': ()}           | needs 4 bytes
            {'descr': '<f4', 'fortran_order': False, 'shape': (6,)}         | [batch, steps, embed]
            {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3, 1)} | [batch, steps, embed]
            {'descr': '<f4', 'fortran_order': False, 'shape': (3000000000, 3000000000, 3000000000)} | too many values
            [] | '{' was expected
            """)
    void aBadHeaderIsRefused(String header, String message) throws IOException {
        Path file = write(Samples.npy(1, header + "\n", new byte[24]));
        assertThatThrownBy(() -> read(file)).isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(message).hasMessageContaining("x.npy");
    }

    @ParameterizedTest
    @CsvSource({"desc, de\\nsc, a string was expected", "desc, de\u001bsc, key 'de\\u001bscr' is unknown"})
    void whatIsQuotedStaysOnOneLine(String in, String broken, String message) throws IOException {
        String header = GOOD.replace(in, broken.replace("\\n", "\n"));
        Path file = write(Samples.npy(1, header + "\n", new byte[24]));
        assertThatThrownBy(() -> read(file)).hasMessageContaining(message)
                .hasMessageNotContainingAny("\n", "\r");
    }

    @Test
    void everyCutIsRefused() throws IOException {
        byte[] good = Samples.npy(1, GOOD + "\n", new byte[24]);
        for (int length = 0; length < good.length; length++) {
            Path file = write(Arrays.copyOf(good, length));
            assertThatThrownBy(() -> read(file)).as("cut to %d bytes", length).isExactlyInstanceOf(IOException.class);
        }
        Path longer = write(Arrays.copyOf(good, good.length + 1));
        assertThatThrownBy(() -> read(longer)).hasMessageContaining("the file has 25");
    }

    @Test
    void everyChangedByteIsReadOrRefusedInWords() throws IOException {
        byte[] good = Samples.npy(2, GOOD + "\n", new byte[24]);
        Random random = new Random(11);
        for (int i = 0; i < 5000; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length - 24);
            bad[at] = (byte) random.nextInt();
            // not cut off first, which some file systems take for a reason to write to the disk at once
            Path file = Files.write(folder.resolve("x.npy"), bad, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                read(file);
            } catch (IOException refused) {
                assertThat(refused).as("byte %d is %d", at, bad[at]).hasMessageContaining("x.npy");
            }
        }
    }

    @Test
    void aLongHeaderIsRefusedBeforeItIsRead() throws IOException {
        byte[] bytes = Samples.npy(2, GOOD + "\n", new byte[24]);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 0xfffffff0);
        Path file = write(bytes);
        assertThatThrownBy(() -> read(file)).hasMessageContaining("4294967280 bytes long; at most 10000");
    }

    @Test
    void otherFilesAreNotNpy() throws IOException {
        Path file = write("PK\u0003\u0004 a zip of arrays".getBytes());
        assertThatThrownBy(() -> read(file)).hasMessageContaining("is not an npy file");
        Path version = write(Samples.npy(4, GOOD, new byte[24]));
        assertThatThrownBy(() -> read(version)).hasMessageContaining("npy version 4.0; allowed are 1.0, 2.0 and 3.0");
    }
}
