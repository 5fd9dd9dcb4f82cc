package dev.softpick.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that plain {@code java} starts without the module of vectors: the same bits from scalar code, and it says
 * so.
 */
class WithoutVectorsTest {

    private static final int ROWS = 20;
    private static final long SEED = 15;

    @Test
    void aDriverWithoutTheFlagWorksOnScalarCodeAndSaysSo(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : JavaModuleOptions.defaultModuleOptionArray()) {
            if (!flag.contains("jdk.incubator.vector")) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Driver.class.getName()));
        Process driver = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertThat(driver.waitFor(100, TimeUnit.SECONDS)).as("the driver ends").isTrue();
        } finally {
            driver.destroyForcibly();
        }
        assertThat(driver.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log))
                .contains("softpick kernels: scalar backend (module jdk.incubator.vector is missing; "
                        + "start java with --add-modules jdk.incubator.vector)")
                .contains("bits " + bits());
    }

    /** Of what the plain library makes of the windows, here with vectors. */
    private static int bits() {
        var ecg = SparkTest.load(SparkTest.ECG);
        int bits = 0;
        for (float[] window : SparkTest.windows(ROWS, 4, SEED)) {
            bits = with(bits, SparkTest.hidden(ecg, window));
        }
        return bits;
    }

    private static int with(int bits, float[] answer) {
        for (float value : answer) {
            bits = 31 * bits + Float.floatToIntBits(value);
        }
        return bits;
    }

    /** Scores a table in a JVM of its own. */
    static final class Driver {

        private Driver() {}

        public static void main(String[] args) {
            SparkSession spark = SparkTest.session();
            List<float[]> windows = SparkTest.windows(ROWS, 4, SEED);
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                rows.add(RowFactory.create(i, windows.get(i)));
            }
            StructType schema = new StructType().add("id", DataTypes.IntegerType)
                    .add("window", DataTypes.createArrayType(DataTypes.FloatType));
            int bits = 0;
            for (Row row : new SoftpickModel().setModelPath(SparkTest.ECG.toString()).setInputCol("window")
                    .setOutputCol("scores").transform(spark.createDataFrame(rows, schema)).orderBy("id")
                    .collectAsList()) {
                bits = with(bits, SparkTest.floats(row.getAs("scores")));
            }
            System.out.println("bits " + bits);
            spark.stop();
        }
    }
}
