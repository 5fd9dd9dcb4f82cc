package dev.softpick.spark;

import com.sun.management.OperatingSystemMXBean;
import dev.softpick.model.SessionGroup;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryProgress;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What scoring on Spark costs beside the plain library, measured in turns on the same two threads; docs/distributed.md
 * has the commands and what they showed.
 *
 * <pre>
 *   scoring ecg|default ROWS TURNS    a plain loop, the function of SQL, the transformer, the function for Python
 *   heap ROWS                         what is live while a task scores ROWS windows of the default model
 *   stream KEYS FRAMES BATCHES WINDOW time of a micro-batch and its parts
 *   together SESSIONS TURNS           sessions stepped one by one and in a group
 * </pre>
 */
final class Costs {

    private static final int THREADS = 2;
    private static final int STEPS = 60;
    private static final double MILLION = 1e6;

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** Nanoseconds of the threads that score, in a turn. */
    private static final AtomicLong THREAD_CPU = new AtomicLong();

    private final Path folder;

    private Costs(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("softpick-costs");
        try {
            Costs costs = new Costs(folder);
            switch (args[0]) {
                case "scoring" -> costs.scoring(args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]));
                case "heap" -> costs.heap(Integer.parseInt(args[1]));
                case "stream" -> costs.stream(Integer.parseInt(args[1]), Integer.parseInt(args[2]),
                        Integer.parseInt(args[3]), Window.valueOf(args[4]));
                case "together" -> together(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
                default -> throw new IllegalArgumentException("there is no '" + args[0] + "'");
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    private static SoftpickTransformer model(String name) {
        return name.equals("ecg")
                ? SparkTest.load(SparkTest.ECG)
                : SoftpickTransformer.random(SoftpickConfig.builder().embedDim(64).build(), 1);
    }

    private static SparkSession session(Path file) {
        SparkSession spark = SparkSession.builder()
                .master("local[" + THREADS + "]")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "localhost")
                .config("spark.sql.shuffle.partitions", THREADS)
                .config("spark.sql.files.maxPartitionBytes", "1g")
                .config("spark.sql.catalog.softpick", SoftpickCatalog.class.getName())
                .config(SoftpickCatalog.MODELS + "m", file.toString())
                .config(ScoreUdf.MODEL, file.toString())
                .config("spark.sql.streaming.stateStore.providerClass",
                        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                THREAD_CPU.addAndGet(end.taskMetrics().executorCpuTime());
            }
        });
        return spark;
    }

    private Path save(SoftpickTransformer model) throws IOException {
        Path file = folder.resolve("model.safetensors");
        model.save(file);
        return file;
    }

    /** Something to be measured. */
    private interface Work {
        void run() throws Exception;
    }

    private void scoring(String name, int count, int turns) throws Exception {
        SoftpickTransformer model = model(name);
        model.warmUp();
        SparkSession spark = session(save(model));
        int size = STEPS * model.config().embedDim();
        float[][] windows = new float[count][];
        for (int i = 0; i < count; i++) {
            windows[i] = window(i, size);
        }
        StructType schema = new StructType().add("id", DataTypes.IntegerType)
                .add("window", DataTypes.createArrayType(DataTypes.FloatType, false));
        String at = folder.resolve("windows").toString();
        for (int from = 0; from < count; from += 1_000) {
            List<Row> rows = new ArrayList<>();
            for (int i = from; i < Math.min(count, from + 1_000); i++) {
                rows.add(RowFactory.create(i, windows[i]));
            }
            spark.createDataFrame(rows, schema).coalesce(1).write().mode("append").parquet(at);
        }
        // In two partitions that Spark holds as it holds any table in memory: what is compared is scoring, not a disk.
        Dataset<Row> table = spark.read().parquet(at).repartition(THREADS).cache();
        table.count();
        table.createOrReplaceTempView("windows");
        spark.udf().registerJava("udf", HiddenUdf.class.getName(), DataTypes.createArrayType(DataTypes.FloatType));
        SoftpickModel scorer = new SoftpickModel().setModelPath(spark.conf().get(ScoreUdf.MODEL))
                .setInputCol("window").setOutputCol("scores");

        Map<String, Work> works = new LinkedHashMap<>();
        works.put("plain loop", () -> plain(model, windows));
        works.put("bare scan", () -> sink(spark.sql("select id, window[0] from windows")));
        works.put("function of SQL", () -> sink(spark.sql("select id, softpick.m.hidden(window) from windows")));
        works.put("transformer", () -> sink(scorer.transform(table).select("id", "scores")));
        works.put("function for Python", () -> sink(spark.sql("select id, udf(window) from windows")));
        inTurns(name + ", " + count + " windows", count, works, turns);
    }

    private static void inTurns(String title, int count, Map<String, Work> works, int turns) throws Exception {
        Map<String, double[]> threads = new LinkedHashMap<>();
        Map<String, double[]> cpu = new LinkedHashMap<>();
        Map<String, double[]> wall = new LinkedHashMap<>();
        for (String each : works.keySet()) {
            threads.put(each, new double[turns]);
            cpu.put(each, new double[turns]);
            wall.put(each, new double[turns]);
        }
        for (int turn = -2; turn < turns; turn++) { // the first two warm up
            for (var each : works.entrySet()) {
                System.gc();
                THREAD_CPU.set(0);
                long cpuFrom = SYSTEM.getProcessCpuTime();
                long from = System.nanoTime();
                each.getValue().run();
                if (turn >= 0) {
                    wall.get(each.getKey())[turn] = (System.nanoTime() - from) / 1e3 / count;
                    cpu.get(each.getKey())[turn] = (SYSTEM.getProcessCpuTime() - cpuFrom) / 1e3 / count;
                    threads.get(each.getKey())[turn] = THREAD_CPU.get() / 1e3 / count;
                }
            }
        }
        double first = median(threads.values().iterator().next());
        System.out.println(title + "; medians of " + turns + " turns, µs each");
        System.out.printf("%-22s %12s %12s %12s %14s%n", "", "threads' CPU", "all CPU", "wall", "CPU throughput");
        for (String each : works.keySet()) {
            double mine = median(threads.get(each));
            System.out.printf("%-22s %12.1f %12.1f %12.1f %12.1f %%%n", each, mine, median(cpu.get(each)),
                    median(wall.get(each)), 100 * first / mine);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static void plain(SoftpickTransformer model, float[][] windows) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int first = t;
            threads.add(Thread.ofPlatform().start(() -> {
                float[] out = new float[model.outputSize()];
                for (int i = first; i < windows.length; i += THREADS) {
                    model.forward(windows[i], 1, STEPS, out);
                }
                THREAD_CPU.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void measured(Work work) throws Exception {
        long from = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        work.run();
        THREAD_CPU.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - from);
    }

    private static void sink(Dataset<Row> rows) throws Exception {
        rows.write().format("noop").mode("overwrite").save();
        rows.sparkSession().sparkContext().listenerBus().waitUntilEmpty();
    }

    private static float[] window(long seed, int size) {
        Random random = new Random(seed);
        float[] window = new float[size];
        for (int i = 0; i < size; i++) {
            window[i] = random.nextFloat() * 2 - 1;
        }
        return window;
    }

    private void heap(int count) throws Exception {
        SoftpickTransformer model = model("default");
        SparkSession spark = session(save(model));
        int size = STEPS * model.config().embedDim();
        StructType schema = new StructType().add("window", DataTypes.createArrayType(DataTypes.FloatType, false));
        Dataset<Row> windows = spark.range(0, count, 1, THREADS)
                .map((MapFunction<Long, Row>) id -> RowFactory.create((Object) window(id, size)), Encoders.row(schema));
        SoftpickModel scorer = new SoftpickModel().setModelPath(spark.conf().get(ScoreUdf.MODEL))
                .setInputCol("window").setOutputCol("scores");
        Dataset<Row> scored = scorer.transform(windows).select("scores");
        sink(scorer.transform(windows.limit(2_000)).select("scores"));
        System.gc();
        double before = used();
        ConcurrentLinkedQueue<Double> live = new ConcurrentLinkedQueue<>();
        Thread sampler = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    Thread.sleep(10_000);
                    System.gc();
                    live.add(used());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        long from = System.nanoTime();
        sink(scored);
        double seconds = (System.nanoTime() - from) / 1e9;
        sampler.interrupt();
        sampler.join();
        System.gc();
        System.out.printf("%d windows of the default model in %.0f s; MB live after a full collection:%n", count,
                seconds);
        System.out.printf("before %.1f, every 10 s of scoring %s, after %.1f%n", before,
                live.stream().map(each -> String.format("%.1f", each)).toList(), used());
        System.out.printf("a batch of 32 windows is %.1f MB, the model's file %.1f MB%n", 32 * size * 4 / MILLION,
                Files.size(folder.resolve("model.safetensors")) / MILLION);
    }

    private static double used() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MILLION;
    }

    private void stream(int keys, int frames, int batches, Window window) throws Exception {
        SoftpickTransformer model = model("ecg");
        model.warmUp();
        SparkSession spark = session(SparkTest.ECG);
        Path in = Files.createDirectories(folder.resolve("in"));
        for (int batch = 0; batch < batches; batch++) {
            int first = batch * frames;
            Path written = folder.resolve("written-" + batch);
            spark.range(0, (long) keys * frames, 1, 1).map((MapFunction<Long, Frame>) id -> new Frame(
                            "key " + id % keys, first + id / keys, window(id, 4)), Encoders.bean(Frame.class))
                    .write().parquet(written.toString());
            try (Stream<Path> files = Files.list(written)) {
                Path file = files.filter(each -> each.toString().endsWith(".parquet")).findFirst().orElseThrow();
                Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L + 60_000L * batch));
                Files.move(file, in.resolve(batch + ".parquet"));
            }
        }
        StreamingQuery query = spark.readStream().schema(Encoders.bean(Frame.class).schema())
                .option("maxFilesPerTrigger", 1).parquet(in.toString()).as(Encoders.bean(Frame.class))
                .groupByKey((MapFunction<Frame, String>) Frame::getKey, Encoders.STRING())
                .transformWithState(new SoftpickSessions(SparkTest.ECG.toString(), window), TimeMode.None(),
                        OutputMode.Append(), Encoders.bean(Answer.class))
                .writeStream().format("noop").option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(Trigger.AvailableNow()).start();
        query.awaitTermination();
        System.out.println(keys + " keys × " + frames + " frames, ecg model, " + window + "; milliseconds");
        for (StreamingQueryProgress each : query.recentProgress()) {
            var state = each.stateOperators()[0];
            System.out.println("micro-batch " + each.batchId() + ": " + each.numInputRows() + " rows, "
                    + each.durationMs() + ", all updates of tasks " + state.allUpdatesTimeMs() + ", commit of tasks "
                    + state.commitTimeMs() + ", keys " + state.numRowsTotal() + ", memory used "
                    + state.memoryUsedBytes());
            if (each.batchId() == batches - 1) {
                System.out.println("  " + state.customMetrics());
            }
        }
        System.out.println("bytes of state of a key: " + stateBytes(model, window));
    }

    private static int stateBytes(SoftpickTransformer model, Window window) {
        try (StreamingSession session = model.newSession(window)) {
            float[] out = new float[model.outputSize()];
            for (int i = 0; i < 2 * STEPS; i++) {
                session.step(window(i, model.config().embedDim()), out);
            }
            return session.save().length;
        }
    }

    /** What stepping keys together would save, and what restoring and saving cost beside it. */
    private static void together(int count, int turns) throws Exception {
        for (String name : List.of("ecg", "default")) {
            for (Window window : List.of(Window.EXACT, Window.SLIDING)) {
                SoftpickTransformer model = model(name);
                model.warmUp();
                List<StreamingSession> sessions = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    sessions.add(model.newSession(window));
                }
                SessionGroup group = SessionGroup.of(sessions);
                float[] frame = window(1, model.config().embedDim());
                float[] frames = window(1, count * frame.length);
                float[] out = new float[model.outputSize()];
                float[] outs = new float[count * out.length];
                for (int i = 0; i < 2 * STEPS; i++) {
                    group.step(frames, outs); // all windows are full
                }
                int rounds = 20;
                Map<String, Work> works = new LinkedHashMap<>();
                works.put("one by one", () -> measured(() -> {
                    for (int i = 0; i < rounds; i++) {
                        for (StreamingSession session : sessions) {
                            session.step(frame, out);
                        }
                    }
                }));
                works.put("in a group", () -> measured(() -> {
                    for (int i = 0; i < rounds; i++) {
                        group.step(frames, outs);
                    }
                }));
                works.put("save and restore", () -> measured(() -> {
                    for (int i = 0; i < rounds; i++) {
                        for (StreamingSession session : sessions) {
                            session.restore(session.save());
                        }
                    }
                }));
                inTurns(name + " " + window + ", " + count + " sessions, state of " + stateBytes(model, window)
                        + " bytes", count * rounds, works, turns);
            }
        }
    }
}
