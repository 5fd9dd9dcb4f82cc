package dev.softpick.examples.spark;

import dev.softpick.spark.SoftpickModel;
import java.io.IOException;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Scores a table: how well a model foretells an electrocardiogram. Arguments: the model, the data, a folder. */
public final class ScoreTable {

    private ScoreTable() {}

    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder().appName("score a table").getOrCreate()) {
            Ecg.writeWindows(spark, args[1], args[2] + "/windows");

            Dataset<Row> windows = spark.read().parquet(args[2] + "/windows"); // a column "window": array<float>
            Dataset<Row> scored = new SoftpickModel()
                    .setModelPath(args[0])
                    .setInputCol("window")
                    .setOutputCol("scored")
                    .setOutput("prediction") // or hidden, logits
                    .transform(windows);
            scored.write().mode("overwrite").parquet(args[2] + "/scored");

            Dataset<Row> result = spark.read().parquet(args[2] + "/scored");
            result.select("id", "label", "scored").orderBy("id").show(5);
            double r2 = new RegressionEvaluator().setMetricName("r2").setLabelCol("label").setPredictionCol("scored")
                    .evaluate(result);
            System.out.printf("%d windows, R² %.4f%n", result.count(), r2);
        }
    }
}
