package dev.softpick.bench.peers;

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
import java.util.Locale;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * From the start of a JVM to the first output of the default model, ours and ONNX Runtime's, each in JVMs of their own with
 * nothing but what they need on the class path, in turns; then how soon calls without a pause reach full speed.
 *
 * <pre>
 *   java -cp bench/target/peers.jar dev.softpick.bench.peers.ColdStart [rounds]
 * </pre>
 */
public final class ColdStart {

    static final int STEPS = 60;
    static final int EMBED = 64;
    static final int HIDDEN = 256;

    private static final String[] VECTOR = {"--add-modules", "jdk.incubator.vector"};
    private static final int SECONDS = 6;
    private static final double ALLOWED_DIFFERENCE = 2e-5;

    private final Path folder;
    private final int rounds;
    private final int steadyRounds;

    /** Who starts: a name, flags of its JVM, its main class, its model. */
    private record Starter(String name, List<String> flags, Class<?> main, Path jar, Path model) {}

    /** What one JVM said, and when its first output arrived. */
    private record Run(double firstMillis, Map<String, String> lines) {
        double number(String key) {
            return Double.parseDouble(lines.get(key));
        }
    }

    private ColdStart(Path folder, int rounds) {
        this.folder = folder;
        this.rounds = rounds;
        steadyRounds = Math.max(1, rounds / 3);
    }

    /** Measures; the argument is the number of rounds, 10 without one. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length == 0 ? 10 : Integer.parseInt(arguments[0]);
        Path folder = Files.createTempDirectory("softpick-cold");
        try {
            new ColdStart(folder, rounds).run();
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void run() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        SoftpickConfig config = SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).build();
        SoftpickTransformer.random(config, 1).save(weights);
        Path graph = folder.resolve("model.onnx");
        try (SafetensorsFile file = SafetensorsFile.read(weights)) {
            Files.write(graph, OnnxTransformer.graph(config, file, 1, STEPS, true));
        }
        Path ours = jar("softpick.jar", "dev/softpick/kernels/", "dev/softpick/model/");
        Path onnx = jar("onnxruntime.jar", "ai/onnxruntime/");
        Path natives = unpackNatives(onnx);
        Path cache = folder.resolve("softpick.aot");

        Starter softpick = new Starter("softpick", List.of(VECTOR), ColdSoftpick.class, ours, weights);
        Starter cached = new Starter(
                "softpick, AOT cache", List.of(VECTOR[0], VECTOR[1], "-XX:AOTCache=" + cache), ColdSoftpick.class, ours,
                weights);
        Path archive = folder.resolve("softpick.jsa");
        Starter archived = new Starter(
                "softpick, class data archive", List.of(VECTOR[0], VECTOR[1], "-XX:SharedArchiveFile=" + archive),
                ColdSoftpick.class, ours, weights);
        Starter scalar = new Starter(
                "softpick, scalar", List.of("-Dsoftpick.backend=scalar"), ColdSoftpick.class, ours, weights);
        Starter vector = new Starter(
                "softpick, vector at once", List.of(VECTOR[0], VECTOR[1], "-Dsoftpick.backend=vector"),
                ColdSoftpick.class, ours, weights);
        Starter shipped = new Starter("ONNX Runtime, as shipped", List.of("--enable-native-access=ALL-UNNAMED"),
                ColdOnnx.class, onnx, graph);
        Starter unpacked = new Starter(
                "ONNX Runtime, libraries unpacked before",
                List.of("--enable-native-access=ALL-UNNAMED", "-Donnxruntime.native.path=" + natives), ColdOnnx.class,
                onnx, graph);
        train(softpick, "-XX:AOTCacheOutput=", cache);
        train(softpick, "-XX:ArchiveClassesAtExit=", archive);
        first(List.of(softpick, cached, archived, scalar, vector, shipped, unpacked));
        Starter small = new Starter("softpick, -Xmn16m", List.of(VECTOR[0], VECTOR[1], "-Xmn16m"), ColdSoftpick.class,
                ours, weights);
        steady(List.of(softpick, small, scalar, vector, unpacked));
    }

    /** Medians from the start of the JVM to the first output. */
    private void first(List<Starter> starters) throws IOException {
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
                Turns.same(starters.get(i).name(), y, expected, ALLOWED_DIFFERENCE);
            }
        }
        double best = Math.min(median(millis[starters.size() - 1]), median(millis[starters.size() - 2]));
        System.out.println("JVM start to first output, median of " + rounds + ", in turns");
        System.out.println("| | ms | of the better ONNX Runtime | second call, ms | peak memory at the first output, MB |");
        System.out.println("|---|---|---|---|---|");
        for (int i = 0; i < starters.size(); i++) {
            System.out.printf(Locale.ROOT, "| %s | %.0f | %.2f | %.1f | %.0f |%n", starters.get(i).name(),
                    median(millis[i]), median(millis[i]) / best, median(second[i]), median(memory[i]));
        }
        System.out.println();
    }

    /** How soon calls without a pause are near full speed. */
    private void steady(List<Starter> starters) throws IOException {
        System.out.println("Calls without a pause, " + SECONDS + " s, median of " + steadyRounds + ", in turns");
        System.out.println("| | calling threads | full speed, ms a call | within 1.25 of it after, ms |"
                + " slowest call from the second on, ms | peak memory, MB |");
        System.out.println("|---|---|---|---|---|---|");
        for (int threads = 1; threads <= 2; threads++) {
            Run[][] runs = new Run[starters.size()][steadyRounds];
            for (int round = 0; round < steadyRounds; round++) {
                for (int i = 0; i < starters.size(); i++) {
                    runs[i][round] = run(starters.get(i), "many", Integer.toString(threads), Integer.toString(SECONDS));
                }
            }
            for (int i = 0; i < starters.size(); i++) {
                System.out.printf(Locale.ROOT, "| %s | %d | %.2f | %.0f | %.1f | %.0f |%n", starters.get(i).name(), threads,
                        median(runs[i], "full") / 1e6, median(runs[i], "near"), median(runs[i], "slowest") / 1e6,
                        median(runs[i], "memory") / 1024);
            }
        }
    }

    /** One run that notes which classes are needed, from which the JVM makes its cache or archive as it ends. */
    private void train(Starter starter, String flag, Path cache) throws IOException {
        List<String> flags = new ArrayList<>(starter.flags());
        flags.add(flag + cache);
        run(new Starter(starter.name(), flags, starter.main(), starter.jar(), starter.model()), "many", "1", "3");
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
        String[] own = {"ColdCalls", "ColdSoftpick", "ColdOnnx", "ColdStart", "Turns"};
        try (JarFile all = new JarFile(self()); OutputStream out = Files.newOutputStream(jar);
                JarOutputStream part = new JarOutputStream(out)) {
            for (JarEntry entry : (Iterable<JarEntry>) all.stream()::iterator) {
                String path = entry.getName();
                String simple = path.replaceAll(".*/|[.$].*", "");
                if (Arrays.stream(packages).anyMatch(path::startsWith) && !entry.isDirectory()
                        || path.startsWith("dev/softpick/bench/peers/") && Arrays.asList(own).contains(simple)) {
                    part.putNextEntry(new JarEntry(path));
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
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
}
