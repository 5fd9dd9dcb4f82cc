package dev.softpick.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.SoftpickTransformer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every form of scoring, compared bit for bit with the plain library. */
class BatchScoringTest {

    private static final int ROWS = 1_000;
    private static final long SEED = 20261126;

    private static SparkSession spark;
    private static SoftpickTransformer ecg;
    private static List<float[]> windows;

    @BeforeAll
    static void start() {
        System.out.println("seed " + SEED);
        spark = SparkTest.session();
        ecg = SparkTest.load(SparkTest.ECG);
        windows = SparkTest.windows(ROWS, 4, SEED);
    }

    private static Dataset<Row> table(DataType type, List<?> values) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            rows.add(RowFactory.create(i, values.get(i)));
        }
        StructType schema = new StructType().add("id", DataTypes.IntegerType).add("window", type, true);
        return spark.createDataFrame(rows, schema).repartition(3);
    }

    private static Dataset<Row> floats() {
        return table(DataTypes.createArrayType(DataTypes.FloatType), windows);
    }

    private static SoftpickModel scorer() {
        return new SoftpickModel().setModelPath(SparkTest.ECG.toString()).setInputCol("window").setOutputCol("scores");
    }

    private static void same(Dataset<Row> scored, boolean logits) {
        List<Row> rows = scored.collectAsList();
        assertThat(rows).hasSize(windows.size());
        for (Row row : rows) {
            float[] window = windows.get(row.getInt(0));
            float[] expected = logits ? SparkTest.logits(ecg, window) : SparkTest.hidden(ecg, window);
            SparkTest.sameBits("row " + row.getInt(0), SparkTest.floats(row.getAs("scores")), expected);
        }
    }

    @Test
    void theTransformerGivesHiddenStatesLogitsAndPredictions() {
        same(scorer().transform(floats()), false);
        same(scorer().setOutput("logits").setBatchSize(7).transform(floats()), true);
        for (Row row : scorer().setOutput("prediction").transform(floats()).collectAsList()) {
            assertThat(row.<Double>getAs("scores"))
                    .isEqualTo((double) SparkTest.logits(ecg, windows.get(row.getInt(0)))[0]);
        }
    }

    /** The same windows in every type that a column may have. */
    private static Map<String, Dataset<Row>> tables() {
        List<double[]> doubles = new ArrayList<>();
        List<float[][]> floatFrames = new ArrayList<>();
        List<double[][]> doubleFrames = new ArrayList<>();
        List<Object> vectors = new ArrayList<>();
        for (float[] window : windows) {
            double[] wide = new double[window.length];
            float[][] frames = new float[window.length / 4][4];
            double[][] wideFrames = new double[window.length / 4][4];
            for (int i = 0; i < window.length; i++) {
                wide[i] = window[i];
                frames[i / 4][i % 4] = window[i];
                wideFrames[i / 4][i % 4] = window[i];
            }
            doubles.add(wide);
            floatFrames.add(frames);
            doubleFrames.add(wideFrames);
            vectors.add(Vectors.dense(wide));
        }
        DataType floatArray = DataTypes.createArrayType(DataTypes.FloatType);
        DataType doubleArray = DataTypes.createArrayType(DataTypes.DoubleType);
        Map<String, Dataset<Row>> tables = new LinkedHashMap<>();
        tables.put("floats", table(floatArray, windows));
        tables.put("doubles", table(doubleArray, doubles));
        tables.put("float_frames", table(DataTypes.createArrayType(floatArray), floatFrames));
        tables.put("double_frames", table(DataTypes.createArrayType(doubleArray), doubleFrames));
        tables.put("vectors", table(SQLDataTypes.VectorType(), vectors));
        return tables;
    }

    @Test
    void everyFormReadsEveryType() {
        spark.conf().set("spark.softpick.udf.model", SparkTest.ECG.toString());
        spark.udf().registerJava("softpick_hidden", HiddenUdf.class.getName(),
                DataTypes.createArrayType(DataTypes.FloatType));
        tables().forEach((name, table) -> {
            same(scorer().transform(table), false);
            table.createOrReplaceTempView(name);
            same(spark.sql("select id, softpick_hidden(window) as scores from " + name), false);
            if (!name.equals("vectors")) {
                same(spark.sql("select id, softpick.ecg.hidden(window) as scores from " + name), false);
            }
        });
        assertThatThrownBy(() -> spark.sql("select softpick.ecg.hidden(window) from vectors").collectAsList())
                .hasMessageContaining("array<float>");
    }

    @Test
    void functionsOfSqlAndPythonGiveTheSame() {
        floats().createOrReplaceTempView("windows");
        same(spark.sql("select id, softpick.ecg.logits(window) as scores from windows"), true);
        spark.conf().set("spark.softpick.udf.model", SparkTest.ECG.toString());
        spark.udf().register("softpick_logits", new LogitsUdf(), DataTypes.createArrayType(DataTypes.FloatType));
        same(spark.sql("select id, softpick_logits(window) as scores from windows"), true);
        spark.udf().registerJava("softpick_prediction", PredictionUdf.class.getName(), DataTypes.DoubleType);
        List<Row> rows = spark.sql("select softpick_prediction(window), softpick.ecg.prediction(window) from windows")
                .collectAsList();
        assertThat(rows).hasSize(ROWS).allSatisfy(row -> assertThat(row.get(0)).isEqualTo(row.get(1)));
        // Ten classes: the largest logit's place.
        SoftpickTransformer digits = SparkTest.load(SparkTest.DIGITS);
        List<float[]> images = SparkTest.windows(100, digits.config().embedDim(), SEED);
        table(DataTypes.createArrayType(DataTypes.FloatType), images).createOrReplaceTempView("images");
        for (Row row : spark.sql("select id, softpick.digits.prediction(window) from images").collectAsList()) {
            float[] logits = SparkTest.logits(digits, images.get(row.getInt(0)));
            assertThat(logits[(int) row.getDouble(1)]).isEqualTo(largest(logits));
        }
        assertThatThrownBy(() -> spark.sql("select softpick.ecg.logits(id) from windows").collectAsList())
                .hasMessageContaining("array<float>");
        assertThatThrownBy(() -> spark.sql("select softpick.nobody.logits(window) from windows").collectAsList())
                .hasMessageContaining("nobody");
    }

    private static float largest(float[] values) {
        float largest = values[0];
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    @Test
    void framesThatDoNotCountAreNotRead() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            float[] padded = new float[60 * 4];
            Arrays.fill(padded, Float.NaN);
            System.arraycopy(windows.get(i), 0, padded, 0, windows.get(i).length);
            rows.add(RowFactory.create(i, padded, windows.get(i).length / 4));
        }
        StructType schema = new StructType().add("id", DataTypes.IntegerType)
                .add("window", DataTypes.createArrayType(DataTypes.FloatType)).add("frames", DataTypes.IntegerType);
        Dataset<Row> table = spark.createDataFrame(rows, schema);
        table.createOrReplaceTempView("padded");
        for (Dataset<Row> scored : List.of(
                scorer().setLengthsCol("frames").transform(table),
                spark.sql("select id, softpick.ecg.hidden(window, frames) as scores from padded"))) {
            for (Row row : scored.collectAsList()) {
                SparkTest.sameBits("row " + row.getInt(0), SparkTest.floats(row.getAs("scores")),
                        SparkTest.hidden(ecg, windows.get(row.getInt(0))));
            }
        }
    }

    @Test
    void nullGivesNullAndRowsThatDoNotFitGoWhereTheOptionSays() {
        List<float[]> values = new ArrayList<>();
        values.add(null);
        values.add(new float[7]);
        values.add(new float[8]);
        values.add(new float[0]);
        values.add(new float[] {Float.NaN, 0, 0, 0});
        DataType type = DataTypes.createArrayType(DataTypes.FloatType);
        assertThatThrownBy(() -> scorer().transform(table(type, values.subList(0, 3))).collectAsList())
                .hasStackTraceContaining("it has 7 numbers; a frame has 4")
                .hasStackTraceContaining("column 'window'");
        List<Row> kept = scorer().setHandleInvalid("keep").transform(table(type, values)).orderBy("id")
                .collectAsList();
        assertThat(kept).extracting(row -> row.isNullAt(2)).containsExactly(true, true, false, true, false);
        assertThat(SparkTest.floats(kept.get(4).get(2))).containsOnly(Float.NaN);
        List<Row> skipped = scorer().setHandleInvalid("skip").transform(table(type, values)).orderBy("id")
                .collectAsList();
        assertThat(skipped).extracting(row -> row.getInt(0)).containsExactly(0, 2, 4);

        table(type, values).createOrReplaceTempView("bad");
        String query = "select id, softpick.ecg.hidden(window) as scores from bad order by id";
        assertThatThrownBy(() -> spark.sql(query.replace("order", "where id < 3 order")).collectAsList())
                .hasStackTraceContaining("it has 7 numbers");
        spark.conf().set(SoftpickCatalog.HANDLE_INVALID, "keep");
        try {
            assertThat(spark.sql(query).collectAsList()).extracting(row -> row.isNullAt(1))
                    .containsExactly(true, true, false, true, false);
        } finally {
            spark.conf().unset(SoftpickCatalog.HANDLE_INVALID);
        }
        spark.conf().set(SoftpickCatalog.HANDLE_INVALID, "skip");
        try {
            assertThatThrownBy(() -> spark.sql(query).collectAsList()).hasMessageContaining("allowed are error, keep");
        } finally {
            spark.conf().unset(SoftpickCatalog.HANDLE_INVALID);
        }
    }

    @Test
    void aFunctionOfPythonFailsOrGivesNull() {
        List<float[]> values = new ArrayList<>();
        values.add(null);
        values.add(new float[7]);
        values.add(new float[8]);
        table(DataTypes.createArrayType(DataTypes.FloatType), values).createOrReplaceTempView("bad_udf");
        spark.conf().set("spark.softpick.udf.model", SparkTest.ECG.toString());
        String query = "select id, softpick_bad(window) as scores from bad_udf order by id";
        registerBad();
        assertThatThrownBy(() -> spark.sql(query).collectAsList()).hasStackTraceContaining("it has 7 numbers");
        spark.conf().set(SoftpickCatalog.HANDLE_INVALID, "keep");
        try {
            registerBad();
            assertThat(spark.sql(query).collectAsList()).extracting(row -> row.isNullAt(1))
                    .containsExactly(true, true, false);
            spark.conf().set(SoftpickCatalog.HANDLE_INVALID, "skip");
            assertThatThrownBy(HiddenUdf::new).hasMessageContaining("allowed are error, keep");
        } finally {
            spark.conf().unset(SoftpickCatalog.HANDLE_INVALID);
        }
    }

    private static void registerBad() {
        spark.udf().registerJava("softpick_bad", HiddenUdf.class.getName(),
                DataTypes.createArrayType(DataTypes.FloatType));
    }

    @Test
    void raggedFramesAndNullsInsideDoNotFit() {
        List<Object> values = new ArrayList<>();
        values.add(new float[][] {new float[4], new float[4]});
        values.add(new float[][] {new float[4], new float[3], new float[5]});
        values.add(new float[][] {new float[5], new float[5], new float[5], new float[5]});
        values.add(new Object[] {new float[4], null});
        values.add(new Object[] {new Float[] {1f, null, 2f, 3f}});
        DataType type = DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType));
        Dataset<Row> table = table(type, values);
        table.createOrReplaceTempView("ragged");
        spark.conf().set(SoftpickCatalog.HANDLE_INVALID, "keep");
        spark.conf().set("spark.softpick.udf.model", SparkTest.ECG.toString());
        try {
            registerBad();
            for (Dataset<Row> kept : List.of(
                    scorer().setHandleInvalid("keep").transform(table).select("id", "scores"),
                    spark.sql("select id, softpick.ecg.hidden(window) from ragged"),
                    spark.sql("select id, softpick_bad(window) from ragged"))) {
                assertThat(kept.orderBy("id").collectAsList()).extracting(row -> row.isNullAt(1))
                        .containsExactly(false, true, true, true, true);
            }
        } finally {
            spark.conf().unset(SoftpickCatalog.HANDLE_INVALID);
        }
    }

    @Test
    void lengthsThatDoNotFitAreNamed() {
        StructType schema = new StructType().add("id", DataTypes.IntegerType)
                .add("window", DataTypes.createArrayType(DataTypes.FloatType)).add("frames", DataTypes.IntegerType);
        List<Row> rows = List.of(
                RowFactory.create(0, new float[8], 2), RowFactory.create(1, new float[8], 3),
                RowFactory.create(2, new float[8], 0), RowFactory.create(3, new float[8], null),
                RowFactory.create(4, null, 1));
        Dataset<Row> table = spark.createDataFrame(rows, schema).coalesce(1);
        SoftpickModel scorer = scorer().setLengthsCol("frames");
        assertThatThrownBy(() -> scorer.transform(table).collectAsList())
                .hasStackTraceContaining("its length is 3; allowed is 1 to its 2 frames");
        assertThat(scorer.setHandleInvalid("skip").transform(table).orderBy("id").collectAsList())
                .extracting(row -> row.getInt(0)).containsExactly(0, 4);
        assertThat(scorer.setHandleInvalid("keep").transform(table).orderBy("id").collectAsList())
                .extracting(row -> row.isNullAt(3)).containsExactly(false, true, true, true, true);
    }

    @Test
    void aPipelineCarriesTheWeights(@TempDir Path folder) throws Exception {
        Path model = folder.resolve("moves.safetensors");
        Files.copy(SparkTest.ECG, model);
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {scorer().setModelPath(model.toString())});
        PipelineModel fitted = pipeline.fit(floats());
        String at = folder.resolve("saved").toString();
        fitted.write().save(at);
        Files.delete(model);
        same(PipelineModel.load(at).transform(floats()), false);

        SoftpickModel bytes = new SoftpickModel().setModel(SparkTest.bytes(SparkTest.ECG))
                .setInputCol("window").setOutputCol("scores").setOutput("logits");
        bytes.write().save(folder.resolve("alone").toString());
        SoftpickModel loaded = SoftpickModel.load(folder.resolve("alone").toString());
        assertThat(loaded.uid()).isEqualTo(bytes.uid());
        same(loaded.transform(floats()), true);
    }

    @Test
    void wrongUseIsToldBeforeAJobStarts() {
        assertThatThrownBy(() -> scorer().setOutput("loud")).hasMessageContaining("hidden, logits, prediction");
        assertThatThrownBy(() -> scorer().setHandleInvalid("maybe")).hasMessageContaining("error, skip, keep");
        assertThatThrownBy(() -> scorer().setBatchSize(0)).hasMessageContaining("batchSize");
        assertThatThrownBy(() -> scorer().setInputCol("gone").transform(floats()))
                .hasMessageContaining("no column 'gone'").hasMessageContaining("id, window");
        assertThatThrownBy(() -> scorer().setInputCol("id").transform(floats())).hasMessageContaining("has type int");
        assertThatThrownBy(() -> scorer().setOutputCol("id").transform(floats()))
                .hasMessageContaining("outputCol is 'id'");
        assertThatThrownBy(() -> new SoftpickModel().setInputCol("window").setOutputCol("y").transform(floats()))
                .hasMessageContaining("modelPath is not set");
        assertThatThrownBy(() -> new SoftpickModel().setModel(new byte[9])).hasMessageContaining("model: ");
    }
}
