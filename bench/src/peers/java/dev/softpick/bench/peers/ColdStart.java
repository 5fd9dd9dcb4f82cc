package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Table;
import dev.softpick.bench.peers.OnnxLayers.Precision;
import dev.softpick.measure.Turns;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * From the start of a JVM to the first output of the default model, ours and ONNX Runtime's, each in JVMs of their own
 * with nothing but what they need on the class path, in turns; then how soon calls without a pause reach full speed.
 */
@Command(
        name = "cold",
        header = "From the start of a JVM to the first output, and to full speed.",
        mixinStandardHelpOptions = true)
final class ColdStart implements Callable<Integer> {

    private static final int ROUNDS = 10;
    static final int STEPS = 60;
    static final int EMBED = 64;
    static final int HIDDEN = 256;

    private static final List<String> VECTOR = List.of("--add-modules", "jdk.incubator.vector");
    private static final String ONNX_FLOAT = "ONNX Runtime, as shipped";
    private static final String ONNX_INT8 = "ONNX Runtime, int8, as shipped";
    private static final String UNPACKED = ", libraries unpacked before";

    /** What the fresh JVMs run besides the runtime that they try. */
    private static final List<String> OWN = List.of(
            "dev/softpick/bench/peers/Cold", "dev/softpick/bench/harness/Rounds", "dev/softpick/measure/Turns",
            "org/apache/commons/statistics/", "org/apache/commons/numbers/");

    private static final int SECONDS = 6;

    @Mixin
    private Peers.Common common;

    private Path folder;
    private int rounds;
    private int steadyRounds;

    /** Who starts: a name, flags of its JVM, its main class, its model. */
    private record Starter(String name, List<String> flags, Class<?> main, Path jar, Path model) {

        /** The same with one more flag. */
        Starter with(String what, String flag) {
            List<String> more = new ArrayList<>(flags);
            more.add(flag);
            return new Starter(name + what, more, main, jar, model);
        }
    }

    /** What one JVM said, and when its first output arrived. */
    private record Run(double firstMillis, Map<String, String> lines) {
        double number(String key) {
            return Double.parseDouble(lines.get(key));
        }
    }

    @Override
    public Integer call() throws Exception {
        rounds = common.rounds(ROUNDS);
        steadyRounds = Math.max(1, rounds / 3);
        Result result = Result.here(
                "cold", "From a cold start", Peers.commands("cold --rounds " + rounds),
                "The default model, 19 MB, and one window of 1 × 60.", rounds);
        folder = Files.createTempDirectory("softpick-cold");
        try {
            run(result);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        result.write(common.out());
        return 0;
    }

    private void run(Result result) throws Exception {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 1);
        Path weights = folder.resolve("model.safetensors");
        model.save(weights);
        Path ours = jar("softpick.jar", "dev/softpick/kernels/", "dev/softpick/model/");
        Starter softpick = new Starter("softpick", VECTOR, ColdSoftpick.class, ours, weights);
        Path cache = folder.resolve("softpick.aot");
        train(softpick, "-XX:AOTCacheOutput=", cache);
        Path archive = folder.resolve("softpick.jsa");
        train(softpick, "-XX:ArchiveClassesAtExit=", archive);
        Starter scalar = new Starter(
                "softpick, scalar", List.of("-Dsoftpick.backend=scalar"), ColdSoftpick.class, ours, weights);
        Starter vector = softpick.with(", vector at once", "-Dsoftpick.backend=vector");
        List<Starter> starters = new ArrayList<>(List.of(
                softpick, softpick.with(", AOT cache", "-XX:AOTCache=" + cache),
                softpick.with(", class data archive", "-XX:SharedArchiveFile=" + archive), scalar, vector));
        for (Map.Entry<String, SoftpickTransformer> format : RoundedModels.of(model).entrySet()) {
            if (format.getValue() != model) {
                Path file = folder.resolve(format.getKey() + ".safetensors");
                format.getValue().save(file);
                starters.add(new Starter("softpick, " + format.getKey(), VECTOR, ColdSoftpick.class, ours, file));
            }
        }
        List<Starter> theirs = onnx(config, model);
        starters.addAll(theirs);
        first(result, starters);
        steady(result, List.of(softpick, softpick.with(", -Xmn16m", "-Xmn16m"), scalar, vector, theirs.get(1)));
    }

    /** Float as shipped and with its libraries unpacked before, then int8 in the same ways. */
    private List<Starter> onnx(SoftpickConfig config, SoftpickTransformer model) throws IOException {
        Path jar = jar("onnxruntime.jar", "ai/onnxruntime/");
        Path natives = unpackNatives(jar);
        SafetensorsFile file = OnnxTransformer.weights(model);
        List<Starter> starters = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            Path graph = folder.resolve(precision + ".onnx");
            Files.write(graph, OnnxTransformer.pruned(config, file, 1, STEPS, precision));
            Starter starter = new Starter(
                    precision == Precision.FLOAT ? ONNX_FLOAT : ONNX_INT8,
                    List.of("--enable-native-access=ALL-UNNAMED"),
                    ColdOnnx.class, jar, graph);
            starters.add(starter);
            starters.add(starter.with(UNPACKED, "-Donnxruntime.native.path=" + natives));
        }
        return starters;
    }

    /** Medians from the start of the JVM to the first output. */
    private void first(Result result, List<Starter> starters) throws IOException {
        double[][] millis = new double[starters.size()][rounds];
        double[][] second = new double[starters.size()][rounds];
        double[][] memory = new double[starters.size()][rounds];
        float[] expected = null;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < starters.size(); i++) {
                Run run = run(starters.get(i), "few");
                millis[i][round] = run.firstMillis();
                memory[i][round] = run.number("memory") / 1024;
                second[i][round] = Double.parseDouble(run.lines().get("next").split(" ")[0]) / 1e6;
                float[] y = floats(run.lines().get("first"));
                expected = expected == null ? y : expected;
                String name = starters.get(i).name();
                Outputs.same(name + " and ours", y, expected, RoundedModels.allowed(name));
            }
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        for (int i = 0; i < starters.size(); i++) {
            medians.put(starters.get(i).name(), median(millis[i]));
        }
        double best = Math.min(medians.get(ONNX_FLOAT), medians.get(ONNX_FLOAT + UNPACKED));
        Table table = result.add(new Table(
                "first", "JVM start to first output", "Medians, in turns.", Column.key("who", "who"),
                Column.figure("ms", "ms", "%.0f"),
                Column.followed("ratio", "of the better ONNX Runtime, float", "%.2f"),
                Column.figure("second_ms", "second call, ms", "%.1f"),
                Column.figure("memory_mb", "peak memory at the first output, MB", "%.0f")));
        for (int i = 0; i < starters.size(); i++) {
            table.row(
                    starters.get(i).name(), median(millis[i]), median(millis[i]) / best, median(second[i]),
                    median(memory[i]));
        }
        if (medians.containsKey("softpick, int8")) {
            result.goal(Goals.COLD_INT8, medians.get("softpick, int8") / medians.get(ONNX_INT8));
        }
    }

    /** How soon calls without a pause are near full speed. */
    private void steady(Result result, List<Starter> starters) throws IOException {
        Table table = result.add(new Table(
                "steady", "Calls without a pause, " + SECONDS + " s", "Medians of " + steadyRounds + ", in turns.",
                Column.key("who", "who"), Column.number("threads", "calling threads"),
                Column.figure("full_ms", "full speed, ms a call", "%.2f"),
                Column.figure("near_ms", "within 1.25 of it after, ms", "%.0f"),
                Column.figure("slowest_ms", "slowest call from the second on, ms", "%.1f"),
                Column.figure("memory_mb", "peak memory, MB", "%.0f")));
        for (int threads = 1; threads <= 2; threads++) {
            Run[][] runs = new Run[starters.size()][steadyRounds];
            for (int round = 0; round < steadyRounds; round++) {
                for (int i = 0; i < starters.size(); i++) {
                    runs[i][round] = run(starters.get(i), "many", Integer.toString(threads), Integer.toString(SECONDS));
                }
            }
            for (int i = 0; i < starters.size(); i++) {
                table.row(
                        starters.get(i).name(), threads, median(runs[i], "full") / 1e6, median(runs[i], "near"),
                        median(runs[i], "slowest") / 1e6, median(runs[i], "memory") / 1024);
            }
        }
    }

    /** One run that notes which classes are needed, from which the JVM makes its cache or archive as it ends. */
    private void train(Starter starter, String flag, Path cache) throws IOException {
        run(starter.with("", flag + cache), "many", "1", "3");
        if (!Files.exists(cache)) {
            throw new IllegalStateException("the JVM has not written what it was asked for with " + flag);
        }
    }

    private Run run(Starter starter, String... what) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(starter.flags());
        command.addAll(List.of("-cp", starter.jar().toString(), starter.main().getName(), starter.model().toString()));
        command.addAll(List.of(what));
        command.add(Long.toString(System.currentTimeMillis()));
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("errors.txt").toFile())
                .start();
        double first = Double.NaN;
        Map<String, String> lines = new LinkedHashMap<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("first ")) {
                    first = (System.nanoTime() - start) / 1e6;
                }
                int space = line.indexOf(' ');
                lines.put(space < 0 ? line : line.substring(0, space), line.substring(space + 1));
            }
        }
        if (process.onExit().join().exitValue() != 0) {
            throw new IllegalStateException(command + ": " + Files.readString(folder.resolve("errors.txt")));
        }
        return new Run(first, lines);
    }

    /** A jar with some packages of our own jar, and the classes that a fresh JVM runs. */
    private Path jar(String name, String... packages) throws IOException {
        Path jar = folder.resolve(name);
        List<String> wanted = new ArrayList<>(OWN);
        wanted.addAll(List.of(packages));
        try (JarFile all = new JarFile(self()); OutputStream out = Files.newOutputStream(jar);
                JarOutputStream part = new JarOutputStream(out)) {
            for (JarEntry entry : (Iterable<JarEntry>) all.stream()::iterator) {
                if (!entry.isDirectory() && wanted.stream().anyMatch(entry.getName()::startsWith)) {
                    part.putNextEntry(new JarEntry(entry.getName()));
                    try (InputStream in = all.getInputStream(entry)) {
                        in.transferTo(part);
                    }
                    part.closeEntry();
                }
            }
        }
        return jar;
    }

    private static File self() {
        return new File(ColdStart.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    private Path unpackNatives(Path jar) throws IOException {
        Path natives = Files.createDirectory(folder.resolve("natives"));
        String platform = System.getProperty("os.arch").equals("aarch64") ? "linux-aarch64" : "linux-x64";
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) file.stream()::iterator) {
                if (entry.getName().startsWith("ai/onnxruntime/native/" + platform + "/") && !entry.isDirectory()) {
                    try (InputStream in = file.getInputStream(entry)) {
                        Files.copy(in, natives.resolve(entry.getName().replaceAll(".*/", "")));
                    }
                }
            }
        }
        return natives;
    }

    private static float[] floats(String text) {
        String[] words = text.split(" ");
        float[] values = new float[words.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(words[i]);
        }
        return values;
    }

    private static double median(Run[] runs, String key) {
        return median(Arrays.stream(runs).mapToDouble(run -> run.number(key)).toArray());
    }

    private static double median(double[] values) {
        return Turns.quantile(values, 0.5);
    }
}
