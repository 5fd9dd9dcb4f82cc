package dev.softpick.spark;

import dev.softpick.model.Window;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A driver of {@link ClusterCheck}: a master, two workers and their executors, each of those in a JVM of its own, that
 * score a table and run streams. What comes out is written down in the order of keys and numbers.
 */
final class ClusterJob {

    static final int WINDOWS = 2_000;
    static final int KEYS = 24;
    static final int BATCHES = 3;

    /** Of a key in a micro-batch. More than a window of 60 in all, so that it slides. */
    static final int FRAMES = 25;

    /** The micro-batch in which a stream is disturbed; the one before it has been written. */
    static final int DISTURBED = 1;

    private static final long SEED = 20261127;

    private final Path work;
    private final SparkSession spark;

    private ClusterJob(Path work) {
        this.work = work;
        spark = SparkSession.builder()
                .master("local-cluster[2,1,1024]")
                .appName("softpick on a small cluster")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "localhost")
                .config("spark.local.dir", work.resolve("tmp").toString())
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", "-XX:+UseSerialGC")
                .config("spark.sql.shuffle.partitions", "3")
                .config("spark.sql.streaming.stateStore.providerClass",
                        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
                .getOrCreate();
    }

    /**
     * {@code work both}: a table and a stream, each undisturbed and with its executor killed; {@code work stream name}:
     * that stream.
     */
    public static void main(String[] args) throws Exception {
        ClusterJob job = new ClusterJob(Path.of(args[0]));
        try {
            if (args[1].equals("stream")) {
                job.stream(args[2]);
            } else {
                job.both();
            }
        } finally {
            job.spark.stop();
        }
    }

    private void both() throws Exception {
        var lost = new AtomicInteger();
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                if (end.reason() instanceof ExecutorLostFailure) {
                    lost.incrementAndGet();
                }
            }
        });
        // Held to the end, so that no executor may forget the model between a table and a stream.
        SoftpickModel scorer = new SoftpickModel().setModelPath(SparkTest.ECG.toString()).setInputCol("window")
                .setOutputCol("scores").setOutput("hidden");
        table(scorer, "table-undisturbed");
        stream("stream-undisturbed");
        require(lost.get() == 0, "an executor was lost before anybody killed one");
        table(scorer, "table-executor");
        requireLost(lost, 1, "table");
        int before = lost.get();
        stream("stream-executor");
        requireLost(lost, before + 1, "stream");
        System.out.println("tasks that were lost with an executor and ran again: " + lost.get());
        Reference.reachabilityFence(scorer);
    }

    private static void requireLost(AtomicInteger lost, int least, String what) throws InterruptedException {
        for (int i = 0; i < 100 && lost.get() < least; i++) {
            Thread.sleep(100); // listeners hear of it a little later
        }
        require(lost.get() >= least, "the " + what + " lost no task: its executor was not killed in mid-job");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    static List<float[]> windows() {
        return SparkTest.windows(WINDOWS, 4, SEED);
    }

    static Frame frame(int key, int number) {
        Random random = new Random(SEED + 1000L * key + number);
        float[] values = new float[4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Frame(String.format("key %03d", key), number, values);
    }

    /** The input of all drivers, as lines of JSON. */
    static void writeInput(Path work) throws IOException {
        StringBuilder lines = new StringBuilder();
        List<float[]> windows = windows();
        for (int i = 0; i < windows.size(); i++) {
            lines.append("{\"id\":").append(i).append(",\"window\":").append(json(windows.get(i))).append("}\n");
        }
        Files.writeString(work.resolve("windows.json"), lines);

        Path in = Files.createDirectories(work.resolve("frames"));
        for (int batch = 0; batch < BATCHES; batch++) {
            List<String> frames = new ArrayList<>();
            for (int key = 0; key < KEYS; key++) {
                for (int number = batch * FRAMES; number < (batch + 1) * FRAMES; number++) {
                    Frame frame = frame(key, number);
                    frames.add("{\"key\":\"" + frame.getKey() + "\",\"number\":" + number + ",\"values\":"
                            + json(frame.getValues()) + "}");
                }
            }
            Collections.shuffle(frames, new Random(SEED + batch));
            Path file = Files.write(in.resolve(batch + ".json"), frames);
            // Files are read in the order of their times.
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L + 60_000L * batch));
        }
    }

    private static String json(float[] values) {
        double[] exact = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            exact[i] = values[i];
        }
        return Arrays.toString(exact);
    }

    private void table(SoftpickModel scorer, String name) throws IOException {
        StructType schema = new StructType().add("id", DataTypes.IntegerType)
                .add("window", DataTypes.createArrayType(DataTypes.FloatType, false));
        Dataset<Row> windows = spark.read().schema(schema).json(work.resolve("windows.json").toString())
                .repartition(8);
        Dataset<Row> scored = scorer.transform(windows);
        if (halts(name)) {
            Halt halt = new Halt(work.resolve(name).toString(), 100);
            scored = scored.mapPartitions((MapPartitionsFunction<Row, Row>) rows -> halt.watch(rows, row -> true),
                    Encoders.row(scored.schema()));
        }
        Path out = work.resolve(name).resolve("out");
        scored.write().parquet(out.toString());
        List<Answer> answers = new ArrayList<>();
        for (Row row : spark.read().parquet(out.toString()).collectAsList()) {
            answers.add(new Answer("window", row.getInt(0), SparkTest.floats(row.getAs("scores"))));
        }
        write(answers, work.resolve(name).resolve("answers"));
    }

    private void stream(String name) throws Exception {
        Path folder = work.resolve(name);
        Dataset<Answer> answers = spark.readStream()
                .schema(Encoders.bean(Frame.class).schema())
                .option("maxFilesPerTrigger", 1)
                .json(work.resolve("frames").toString())
                .as(Encoders.bean(Frame.class))
                .groupByKey((MapFunction<Frame, String>) Frame::getKey, Encoders.STRING())
                .transformWithState(new SoftpickSessions(SparkTest.ECG.toString(), Window.EXACT), TimeMode.None(),
                        OutputMode.Append(), Encoders.bean(Answer.class));
        if (halts(name)) {
            // In the third key of a task: the store holds what was stepped of two keys, and nothing is written yet.
            Halt halt = new Halt(folder.toString(), 2 * FRAMES + FRAMES / 2);
            answers = answers.mapPartitions((MapPartitionsFunction<Answer, Answer>) rows -> halt.watch(rows,
                    answer -> answer.getNumber() >= DISTURBED * FRAMES), Encoders.bean(Answer.class));
        }
        answers.writeStream()
                .format("parquet")
                .option("path", folder.resolve("out").toString())
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(Trigger.AvailableNow())
                .start()
                .awaitTermination();
        write(spark.read().parquet(folder.resolve("out").toString()).as(Encoders.bean(Answer.class)).collectAsList(),
                folder.resolve("answers"));
    }

    private static boolean halts(String name) {
        return !name.endsWith("undisturbed");
    }

    static void write(List<Answer> answers, Path file) throws IOException {
        List<Answer> sorted = new ArrayList<>(answers);
        sorted.sort(Comparator.comparing(Answer::getKey).thenComparingLong(Answer::getNumber));
        try (var out = new DataOutputStream(new java.io.BufferedOutputStream(Files.newOutputStream(file)))) {
            for (Answer answer : sorted) {
                out.writeUTF(answer.getKey());
                out.writeLong(answer.getNumber());
                for (float value : answer.getValues()) {
                    out.writeInt(Float.floatToRawIntBits(value));
                }
            }
        }
    }
}
