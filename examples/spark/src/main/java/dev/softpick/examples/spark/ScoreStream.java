package dev.softpick.examples.spark;

import dev.softpick.model.Window;
import dev.softpick.spark.Answer;
import dev.softpick.spark.Frame;
import dev.softpick.spark.SoftpickSessions;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.Trigger;

/**
 * A live stream for each key: electrocardiograms whose frames come in files, one file a micro-batch. Started again, it
 * goes on where it stopped. Arguments: the model, the data, a folder.
 */
public final class ScoreStream {

    private ScoreStream() {}

    public static void main(String[] args) throws Exception {
        try (SparkSession spark = SparkSession.builder().appName("score a stream")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.streaming.stateStore.providerClass",
                        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
                .getOrCreate()) {
            Ecg.writeFrames(spark, args[1], args[2] + "/frames");

            Dataset<Frame> frames = spark.readStream().schema(Encoders.bean(Frame.class).schema())
                    .option("maxFilesPerTrigger", 1).parquet(args[2] + "/frames").as(Encoders.bean(Frame.class));
            frames.groupByKey((MapFunction<Frame, String>) Frame::getKey, Encoders.STRING())
                    .transformWithState(new SoftpickSessions(args[0], Window.EXACT).withLogits(),
                            TimeMode.None(), OutputMode.Append(), Encoders.bean(Answer.class))
                    .writeStream().format("parquet").option("path", args[2] + "/answers")
                    .option("checkpointLocation", args[2] + "/checkpoint")
                    .trigger(Trigger.AvailableNow()) // what is there now; leave it out, and the query waits for more
                    .start().awaitTermination();

            spark.read().parquet(args[2] + "/answers").createOrReplaceTempView("answers");
            spark.sql("select key, count(*) as frames, max_by(values[0], number) as last from answers"
                    + " group by key order by key").show();
        }
    }
}
