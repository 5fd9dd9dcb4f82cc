package dev.softpick.spark;

import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * Kills what a small cluster runs on while it works, and compares what comes out with undisturbed runs and with the
 * plain library, byte for byte; then reads the executors' logs. Started by {@code .ci/spark}.
 *
 * <p>That something is in the middle is known, not hoped: a task of it stands still ({@link Halt}) behind rows that it
 * has computed, and the micro-batch that it belongs to has been begun and not been committed, before the kill and, for
 * a driver, after it.
 */
final class ClusterCheck {

    private static final Pattern LOADED = Pattern.compile("softpick model (\\w+) loaded");
    private static final long LONGEST_SECONDS = 300;

    private final Path work;
    private final List<Process> drivers = new ArrayList<>();

    private ClusterCheck(Path work) {
        this.work = work;
    }

    /** The one argument is an empty folder. */
    public static void main(String[] args) throws Exception {
        ClusterCheck check = new ClusterCheck(Path.of(args[0]).toAbsolutePath());
        try {
            check.run();
        } finally {
            check.drivers.forEach(Process::destroyForcibly);
        }
    }

    private void run() throws Exception {
        prepare();
        Process driver = start("both");
        kill(standing(driver, "table-executor"), "the executor of a table");
        ProcessHandle executor = standing(driver, "stream-executor");
        requireMidBatch("stream-executor");
        kill(executor, "the executor of a stream");
        end(driver);

        driver = start("stream", "stream-driver");
        ProcessHandle inside = standing(driver, "stream-driver");
        requireMidBatch("stream-driver");
        List<ProcessHandle> executors = driver.descendants().toList();
        require(executors.contains(inside), "the task that stands is in no process of this driver");
        kill(driver.toHandle(), "the driver of a stream");
        requireMidBatch("stream-driver");
        for (ProcessHandle each : executors) {
            each.onExit().orTimeout(30, TimeUnit.SECONDS).join(); // executors without a driver end by themselves
        }
        requireMidBatch("stream-driver");
        end(start("stream", "stream-driver"));

        compare();
        logs();
    }

    /** The folder that Spark starts executors from. */
    private void prepare() throws IOException {
        Path jars = Files.createDirectories(home().resolve("jars"));
        for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (each.endsWith(".jar")) {
                Path jar = Path.of(each).toAbsolutePath();
                Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
            }
        }
        for (String name : List.of("table-undisturbed", "table-executor", "stream-undisturbed", "stream-executor",
                "stream-driver")) {
            Files.createDirectories(work.resolve(name));
        }
        ClusterJob.writeInput(work);
    }

    private Path home() {
        return work.resolve("home");
    }

    private Process start(String... job) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC"));
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ClusterJob.class.getName(),
                work.toString()));
        command.addAll(List.of(job));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(Map.of(
                "JAVA_HOME", System.getProperty("java.home"), "SPARK_HOME", home().toString(),
                "SPARK_SCALA_VERSION", "2.13", "SPARK_LOCAL_HOSTNAME", "localhost"));
        Process driver = builder.start();
        drivers.add(driver);
        return driver;
    }

    /** The process in which a task stands still. */
    private ProcessHandle standing(Process driver, String name) throws Exception {
        Path mark = Halt.mark(work.resolve(name));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
        while (!Files.exists(mark)) {
            require(driver.isAlive(), name + ": the driver ended, and no task had come to the place of the kill");
            require(System.nanoTime() < end, name + ": no task came to the place of the kill");
            Thread.sleep(50);
        }
        long pid = Long.parseLong(Files.readString(mark));
        require(pid != driver.pid(), name + ": the task runs in the driver");
        return ProcessHandle.of(pid).orElseThrow(() -> new IllegalStateException(name + ": nothing stands"));
    }

    /** The last micro-batch has been begun, and nobody has committed it. */
    private void requireMidBatch(String name) {
        Path checkpoint = work.resolve(name).resolve("checkpoint");
        int batch = ClusterJob.DISTURBED;
        require(Files.exists(checkpoint.resolve("offsets/" + batch))
                        && Files.exists(checkpoint.resolve("commits/" + (batch - 1)))
                        && !Files.exists(checkpoint.resolve("commits/" + batch)),
                name + ": micro-batch " + batch + " is not in its middle");
    }

    private static void kill(ProcessHandle process, String what) {
        require(process.destroyForcibly(), what + " cannot be killed");
        process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
        System.out.println("killed: " + what);
    }

    private static void end(Process driver) throws InterruptedException {
        boolean ended = driver.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
        require(ended && driver.exitValue() == 0, "a driver did not end well");
    }

    private void compare() throws IOException {
        var ecg = SparkTest.load(SparkTest.ECG);
        List<Answer> table = new ArrayList<>();
        for (float[] window : ClusterJob.windows()) {
            table.add(new Answer("window", table.size(), SparkTest.hidden(ecg, window)));
        }
        List<Answer> stream = new ArrayList<>();
        for (int key = 0; key < ClusterJob.KEYS; key++) {
            try (StreamingSession session = ecg.newSession(Window.EXACT)) {
                for (int number = 0; number < ClusterJob.BATCHES * ClusterJob.FRAMES; number++) {
                    float[] hidden = new float[ecg.outputSize()];
                    Frame frame = ClusterJob.frame(key, number);
                    session.step(frame.getValues(), hidden);
                    stream.add(new Answer(frame.getKey(), number, hidden));
                }
            }
        }
        same("table", table, "table-undisturbed", "table-executor");
        same("stream", stream, "stream-undisturbed", "stream-executor", "stream-driver");
    }

    private void same(String what, List<Answer> expected, String... runs) throws IOException {
        Path plain = work.resolve(what + "-plain");
        ClusterJob.write(expected, plain);
        for (String run : runs) {
            long differs = Files.mismatch(plain, work.resolve(run).resolve("answers"));
            require(differs < 0, run + ": differs from the plain library at byte " + differs);
            System.out.println("the same " + Files.size(plain) + " bytes as the plain library: " + run);
        }
    }

    /** Every executor that had a model: vectors, and each model once. */
    private void logs() throws IOException {
        List<Path> logs;
        try (Stream<Path> files = Files.walk(home().resolve("work"))) {
            logs = files.filter(file -> file.endsWith("stderr")).sorted().toList();
        }
        int users = 0;
        for (Path file : logs) {
            String executor = home().resolve("work").relativize(file.getParent()).toString();
            String log = Files.readString(file);
            Map<String, Integer> loads = new TreeMap<>();
            for (Matcher load = LOADED.matcher(log); load.find();) {
                loads.merge(load.group(1), 1, Integer::sum);
            }
            if (!loads.isEmpty()) {
                users++;
                require(log.contains("softpick kernels: vector backend"),
                        executor + ": its log shows no vector backend");
                require(loads.values().stream().allMatch(times -> times == 1),
                        executor + ": a model was loaded more than once: " + loads);
            }
            System.out.println(executor + ": " + (loads.isEmpty() ? "no model" : "vector backend, loads " + loads));
        }
        // Two executors of each of three drivers, and those that came for the two that were killed, as far as they had
        // rows to score: at least one for each driver and kill.
        require(users >= 5, "only " + users + " executors loaded a model");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
