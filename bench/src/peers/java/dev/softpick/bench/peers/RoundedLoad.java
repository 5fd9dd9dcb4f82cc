package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Fork;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.model.SoftpickTransformer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From the bytes of a file to a loaded model, and what the model then holds in memory, in each weight format. */
final class RoundedLoad {

    private static final int WARM_UP_MILLIS = 1500;

    /** Models that are held at once, so that what is measured is theirs. */
    private static final int HELD = 8;

    private RoundedLoad() {}

    static void measure(Result result, Map<String, SoftpickTransformer> models, Rounds rounds) throws IOException {
        List<String> names = new ArrayList<>(models.keySet());
        List<byte[]> files = new ArrayList<>();
        for (SoftpickTransformer model : models.values()) {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            model.save(file);
            files.add(file.toByteArray());
        }
        double[] m = rounds.medians(
                files.stream().map(file -> (Runnable) () -> load(file)).toList(), List.of(), WARM_UP_MILLIS);
        Table table = result.add(new Table(
                "load", "From bytes to a loaded model",
                "*Held*: what a loaded model keeps alive, in a JVM of its own with the serial collector: others round"
                        + " large arrays up to whole regions.",
                Column.key("format", "weights"), Column.figure("file_mb", "file, MB", "%.2f"),
                Column.figure("ms", "ms", "%.2f"), Column.followed("of_float", "it / float", "%.2f"),
                Column.followed("held_mb", "held, MB", "%.2f")));
        for (int i = 0; i < names.size(); i++) {
            double held = held(files.get(i)) / 1e6;
            table.row(names.get(i), files.get(i).length / 1e6, m[i] / 1e6, m[i] / m[0], held);
            if (names.get(i).equals("int8")) {
                result.goal(Goals.LOAD_INT8, m[i] / m[0]);
                result.goal(Goals.HELD_INT8, held);
            }
        }
    }

    private static SoftpickTransformer load(byte[] file) {
        try {
            return SoftpickTransformer.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double held(byte[] file) throws IOException {
        Path path = Files.createTempFile("held", ".safetensors");
        try {
            Files.write(path, file);
            Fork fork = Fork.run(RoundedLoad.class, List.of("-XX:+UseSerialGC"), Map.of(), path.toString());
            return Double.parseDouble(fork.lines().getLast());
        } finally {
            Files.delete(path);
        }
    }

    /** Prints the bytes that a model from a file keeps alive. */
    static void main(String[] args) throws IOException {
        byte[] file = Files.readAllBytes(Path.of(args[0]));
        load(file);
        long before = live();
        List<SoftpickTransformer> models = new ArrayList<>();
        for (int i = 0; i < HELD; i++) {
            models.add(load(file));
        }
        long after = live();
        System.out.println((after - before) / (double) models.size());
    }

    private static long live() {
        System.gc();
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
