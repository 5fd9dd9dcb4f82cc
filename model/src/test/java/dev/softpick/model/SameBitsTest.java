package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.oracle.Gaussian;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The promise of the house: the same bits on every backend, width, batch and number of steps. */
class SameBitsTest {

    /** What every fork on every machine must compute; a change of the numerics changes it, nothing else may. */
    private static final Map<Normalizer, String> CHECKSUMS = Map.of(
            Normalizer.SOFTPICK, "09853364", Normalizer.SOFTMAX, "1ca13cc6", Normalizer.SSMAX, "5e021da8",
            Normalizer.RECTIFIED_SOFTPICK, "1d3bcb60");

    private static final String FORK = System.getProperty("softpick.test.fork", "");
    private static final int STEPS = 250;

    private static SoftpickTransformer model(OutputMode mode) {
        return model(mode, Normalizer.SOFTPICK);
    }

    private static SoftpickTransformer model(OutputMode mode, Normalizer normalizer) {
        SoftpickConfig config = SoftpickConfig.builder()
                .embedDim(20).hiddenSize(96).numHeads(3).numLayers(2).outputMode(mode).normalizer(normalizer).build();
        return SoftpickTransformer.random(config, 7);
    }

    @Test
    void thisForkHasItsBackendOnItsPath() {
        assertThat(SoftpickTransformer.class.getModule().isNamed())
                .as("on the module path")
                .isEqualTo(Boolean.getBoolean("softpick.test.module.path"));
        if (!FORK.isEmpty()) {
            assertThat(BackendInfo.current().name()).isEqualTo(FORK.startsWith("vector") ? "vector" : "scalar");
        }
    }

    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void aRowHasTheChecksumOfEveryFork(Normalizer normalizer) {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP, normalizer);
        float[] row = Gaussian.floats(1, STEPS * 20);
        String checksum = crc(model.forward(Tensor.of(row, 1, STEPS, 20)).values());
        assertThat(crc(model.parallelism(2).forward(Tensor.of(row, 1, STEPS, 20)).values())).isEqualTo(checksum);
        System.out.println("checksum " + normalizer.id() + " " + checksum + ", fork "
                + (FORK.isEmpty() ? "(none)" : FORK) + ", "
                + BackendInfo.current().name() + " " + BackendInfo.current().width());
        assertThat(checksum).isEqualTo(CHECKSUMS.get(normalizer));
    }

    @ParameterizedTest
    @EnumSource(Normalizer.class)
    void aRowInABatchHasTheBitsOfTheRowAlone(Normalizer normalizer) {
        inBatches(normalizer, 2, 3);
    }

    @ParameterizedTest
    @Tag("long")
    @EnumSource(Normalizer.class)
    void inLargerBatchesToo(Normalizer normalizer) {
        inBatches(normalizer, 5, 8);
    }

    private static void inBatches(Normalizer normalizer, int... batches) {
        SoftpickTransformer model = model(OutputMode.LAST_TIMESTEP, normalizer);
        float[] row = Gaussian.floats(1, STEPS * 20);
        for (int batch : batches) {
            float[] x = Gaussian.floats(batch, batch * STEPS * 20);
            for (int at = 0; at < batch; at += 2) {
                float[] with = x.clone();
                System.arraycopy(row, 0, with, at * row.length, row.length);
                for (int threads = 1; threads <= 2; threads++) {
                    float[] y = model.parallelism(threads).forward(Tensor.of(with, batch, STEPS, 20)).values();
                    assertThat(crc(Arrays.copyOfRange(y, at * 96, (at + 1) * 96)))
                            .as("row %d of a batch of %d, %d threads", at, batch, threads)
                            .isEqualTo(CHECKSUMS.get(normalizer));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 6, 7, 59, 191, 192, 193, 250})
    void theLastRowIsTheLastRowOfAll(int steps) {
        float[] x = Gaussian.floats(steps, 2 * steps * 20);
        for (Normalizer normalizer : Normalizer.values()) {
            float[] last = model(OutputMode.LAST_TIMESTEP, normalizer).forward(Tensor.of(x, 2, steps, 20)).values();
            float[] all = model(OutputMode.ALL, normalizer).forward(Tensor.of(x, 2, steps, 20)).values();
            for (int sequence = 0; sequence < 2; sequence++) {
                int row = (sequence + 1) * steps - 1;
                assertThat(Arrays.copyOfRange(all, row * 96, (row + 1) * 96))
                        .as(normalizer.id())
                        .isEqualTo(Arrays.copyOfRange(last, sequence * 96, (sequence + 1) * 96));
            }
        }
    }

    @Test
    void aLaterStepChangesNoEarlierRow() {
        SoftpickTransformer model = model(OutputMode.ALL);
        float[] x = Gaussian.floats(5, STEPS * 20);
        float[] all = model.forward(Tensor.of(x, 1, STEPS, 20)).values();
        for (int steps : new int[] {1, 6, 64, 192, 249}) {
            float[] shorter = model.forward(Tensor.of(Arrays.copyOf(x, steps * 20), 1, steps, 20)).values();
            assertThat(shorter).as("%d steps", steps).isEqualTo(Arrays.copyOf(all, steps * 96));
        }
        float[] poisoned = x.clone();
        Arrays.fill(poisoned, 100 * 20, poisoned.length, Float.NaN);
        float[] y = model.forward(Tensor.of(poisoned, 1, STEPS, 20)).values();
        assertThat(Arrays.copyOf(y, 100 * 96)).isEqualTo(Arrays.copyOf(all, 100 * 96));
        assertThat(y[100 * 96]).isNaN();
    }

    @ParameterizedTest
    @EnumSource(OutputMode.class)
    void aCallIntoTheCallersArrayHasTheSameBits(OutputMode mode) {
        SoftpickTransformer model = model(mode);
        float[] x = Gaussian.floats(9, 3 * 70 * 20);
        float[] expected = model.forward(Tensor.of(x, 3, 70, 20)).values();
        float[] output = new float[expected.length + 2];
        Arrays.fill(output, Float.NaN);
        model.forward(x, 3, 70, output);
        assertThat(Arrays.copyOf(output, expected.length)).isEqualTo(expected);
        assertThat(output[expected.length]).isNaN();
    }

    private static String crc(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (float value : values) {
            bytes.putInt(Float.floatToIntBits(value));
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return String.format("%08x", crc.getValue());
    }
}
