package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that come piece by piece give the file that they give at once. */
@Tag("once")
class SafetensorsStreamTest {

    private static final int ROWS = 1000;
    private static final int COLUMNS = 37;

    private static SafetensorsWriter declared() {
        return new SafetensorsWriter()
                .metadata("k", "v")
                .tensor("narrow", DType.I8, 3)
                .tensor("f", DType.F32, ROWS, COLUMNS)
                .tensor("empty", DType.F64, 0, 4)
                .tensor("b", DType.BF16, 2)
                .tensor("d", DType.F64)
                .tensor("l", DType.I64, 2);
    }

    private static float[] values() {
        float[] values = new float[ROWS * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(i * 0x9e3779b9);
        }
        return values;
    }

    private static byte[] inPieces(int piece) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SafetensorsStream data = declared().stream(out);
        assertThat(data.next().name()).isEqualTo("d");
        data.doubles(new double[] {0, 0.1}, 1, 1);
        data.longs(new long[] {Long.MIN_VALUE}, 0, 1);
        data.longs(new long[] {7}, 0, 1);
        float[] values = values();
        for (int i = 0; i < values.length; i += piece) {
            assertThat(data.next().name()).isEqualTo("f");
            data.floats(values, i, Math.min(piece, values.length - i));
        }
        data.shorts(new short[] {(short) 0xbf80, 1}, 0, 2);
        assertThat(data.next().name()).isEqualTo("narrow");
        data.bytes(new byte[] {-128, 0, 127}, 0, 3);
        assertThat(data.next()).isNull();
        data.floats(values, 0, 0);
        data.end();
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 37, 16_384, 20_000, 37_000})
    void piecesGiveTheFileThatAllAtOnceGives(int piece) throws IOException {
        byte[] expected = inPieces(Integer.MAX_VALUE >> 1);
        assertThat(inPieces(piece)).isEqualTo(expected);
        SafetensorsFile file = SafetensorsFile.read(expected);
        assertThat(file.tensors().keySet()).containsExactly("narrow", "f", "empty", "b", "d", "l");
        assertThat(file.longs("narrow")).containsExactly(-128, 0, 127);
        assertThat(file.floats("b")).containsExactly(-1, Float.intBitsToFloat(1 << 16));
        assertThat(file.doubles("d")).containsExactly(0.1);
        assertThat(file.longs("l")).containsExactly(Long.MIN_VALUE, 7);
        float[] values = values();
        float[] read = file.floats("f");
        for (int i = 0; i < values.length; i++) {
            assertThat(Float.floatToRawIntBits(read[i])).isEqualTo(Float.floatToRawIntBits(values[i]));
        }
    }

    @Test
    void valuesThatAreAskedForGiveTheSameFile() throws IOException {
        float[] values = values();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new SafetensorsWriter()
                .metadata("k", "v")
                .tensor("narrow", DType.I8, data -> data.bytes(new byte[] {-128, 0, 127}, 0, 3), 3)
                .floats("f", values, ROWS, COLUMNS)
                .tensor("empty", DType.F64, data -> { throw new AssertionError(); }, 0, 4)
                .tensor("b", DType.BF16, data -> data.shorts(new short[] {(short) 0xbf80, 1}, 0, 2), 2)
                .doubles("d", new double[] {0.1})
                .longs("l", new long[] {Long.MIN_VALUE, 7}, 2)
                .write(out);
        assertThat(out.toByteArray()).isEqualTo(inPieces(100));
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        SafetensorsStream data = declared().stream(OutputStream.nullOutputStream());
        assertThatThrownBy(() -> data.floats(new float[1], 0, 1)).isInstanceOf(IllegalStateException.class)
                .hasMessage("1 values of type F32 were given; it is the turn of 1 values of type F64 of tensor 'd'");
        assertThatThrownBy(() -> data.doubles(new double[2], 0, 2)).isInstanceOf(IllegalStateException.class)
                .hasMessage("2 values of type F64 were given; it is the turn of 1 values of type F64 of tensor 'd'");
        assertThatThrownBy(() -> data.doubles(new double[1], 1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(data::end).isInstanceOf(IllegalStateException.class)
                .hasMessage("1 of the 1 values of tensor 'd' are missing");
        data.doubles(new double[1], 0, 1);
        data.longs(new long[1], 0, 1);
        assertThatThrownBy(data::end).hasMessage("1 of the 2 values of tensor 'l' are missing");
        SafetensorsStream done = new SafetensorsWriter().tensor("a", DType.U8, 0)
                .stream(OutputStream.nullOutputStream());
        done.end();
        assertThatThrownBy(() -> done.bytes(new byte[1], 0, 1)).isInstanceOf(IllegalStateException.class)
                .hasMessage("1 values of type I8 were given; every tensor is complete");
    }

    @Test
    void aWriterWithoutValuesSaysSo() {
        SafetensorsWriter writer = new SafetensorsWriter().tensor("a", DType.F32, 1);
        assertThatThrownBy(() -> writer.write(OutputStream.nullOutputStream()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor 'a' has no values; write them to a stream()");
        SafetensorsWriter lazy = new SafetensorsWriter().tensor("a", DType.F32, data -> { }, 1);
        assertThatThrownBy(() -> lazy.write(OutputStream.nullOutputStream())).isInstanceOf(IllegalStateException.class)
                .hasMessage("1 of the 1 values of tensor 'a' are missing");
        assertThatThrownBy(() -> new SafetensorsWriter().tensor("a", DType.F4, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor 'a' has shape [3]; a tensor of type F4 has whole bytes, and fewer than 2^60");
        assertThatThrownBy(() -> new SafetensorsWriter().tensor("a", DType.F32, 1L << 40, 1L << 40))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("fewer than 2^60");
    }
}
