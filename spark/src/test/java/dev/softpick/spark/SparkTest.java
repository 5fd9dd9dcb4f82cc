package dev.softpick.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.SparkSession;

/** What the tests share: one session for all of them, the bundled models, windows of random frames. */
final class SparkTest {

    static final Path ECG = Path.of("../models/ecg-softpick.safetensors").toAbsolutePath();
    static final Path DIGITS = Path.of("../models/digits-softpick.safetensors").toAbsolutePath();

    private SparkTest() {}

    static SparkSession session() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("softpick tests")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.adaptive.enabled", "false")
                .config("spark.driver.host", "localhost")
                .config("spark.sql.catalog.softpick", SoftpickCatalog.class.getName())
                .config("spark.softpick.models.ecg", ECG.toString())
                .config("spark.softpick.models.digits", DIGITS.toString())
                .config("spark.sql.streaming.stateStore.providerClass",
                        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
                .getOrCreate();
    }

    static SoftpickTransformer load(Path file) {
        try {
            return SoftpickTransformer.load(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Windows of 1 to 60 frames. */
    static List<float[]> windows(int count, int embed, long seed) {
        Random random = new Random(seed);
        List<float[]> windows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] window = new float[(1 + random.nextInt(60)) * embed];
            for (int j = 0; j < window.length; j++) {
                window[j] = (float) random.nextGaussian();
            }
            windows.add(window);
        }
        return windows;
    }

    static float[] logits(SoftpickTransformer model, float[] window) {
        float[] out = new float[model.classes()];
        model.logits(window, 1, window.length / model.config().embedDim(), out);
        return out;
    }

    static float[] hidden(SoftpickTransformer model, float[] window) {
        float[] out = new float[model.outputSize()];
        model.forward(window, 1, window.length / model.config().embedDim(), out);
        return out;
    }

    static float[] floats(Object column) {
        List<?> values = column instanceof scala.collection.Seq<?> seq
                ? scala.jdk.javaapi.CollectionConverters.asJava(seq)
                : (List<?>) column;
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (Float) values.get(i);
        }
        return floats;
    }

    static void sameBits(String what, float[] actual, float[] expected) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(Float.floatToIntBits(actual[i])).as("%s, element %d", what, i)
                    .isEqualTo(Float.floatToIntBits(expected[i]));
        }
    }
}
