package dev.softpick.bench.peers;

import com.google.gson.Gson;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Fork;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Table;
import dev.softpick.bench.peers.OnnxLayers.Precision;
import dev.softpick.bench.peers.ServiceCalls.Order;
import dev.softpick.bench.peers.ServiceCalls.Report;
import dev.softpick.bench.peers.ServiceCalls.Runtimes;
import dev.softpick.measure.Turns;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A service under load: many callers of one model, one window of 60 a request. Closed loops, in which each caller asks
 * again when it is answered, and open ones, in which requests arrive at a fixed rate and latency counts from the
 * intended start. Each run is a JVM of its own; they take turns.
 */
@Command(
        name = "load",
        header = "A service under load: closed and open loops, latencies, CPU time, memory.",
        mixinStandardHelpOptions = true)
final class ServiceLoad implements Callable<Integer> {

    private static final int ROUNDS = 3;

    /** Of the capacity that a closed loop of so many callers has shown. */
    private static final int CAPACITY_CALLERS = 8;

    private static final int[] PERCENT_OF_CAPACITY = {50, 80};

    @Mixin
    private Peers.Common common;

    @Option(names = "--callers", split = ",", paramLabel = "N",
            description = "Of closed loops. Default: ${DEFAULT-VALUE}.")
    private List<Integer> callers = List.of(1, 2, 8, 64);

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "5",
            description = "That count. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "4",
            description = "Before them. Default: ${DEFAULT-VALUE}.")
    private double warmUp;

    /**
     * Who is under load.
     *
     * @param file its model, or the graph
     * @param threads of ONNX Runtime's pool, 1 for none
     * @param flags of its JVM besides the default ones
     */
    private record Subject(
            String name, Runtimes runtime, Path file, int threads, int models, boolean virtual,
            List<String> flags) {

        Order order(int callers, double rate, double warmUp, double seconds) {
            return new Order(runtime, file.toString(), threads, models, virtual, callers, rate, warmUp, seconds);
        }
    }

    /** A closed loop of some callers, or an open one at a part of the subject's capacity. */
    private record Load(int callers, int percent) {
        String name() {
            return callers > 0 ? callers + (callers == 1 ? " caller" : " callers") : "open, " + percent + " % of"
                    + " capacity";
        }
    }

    private final Map<String, Map<Load, List<Report>>> reports = new LinkedHashMap<>();

    @Override
    public Integer call() throws Exception {
        int rounds = common.rounds(ROUNDS);
        Result result = Result.here(
                "load", "A service under load", Peers.commands(
                        "load --rounds %d --seconds %s --warm-up %s".formatted(rounds, seconds, warmUp)),
                "The default model, one window of 60 a request, one model or session for all callers, each run"
                        + " in a JVM of its"
                        + " own, in turns; medians. Open loops: fixed arrivals at a part of the requests a"
                        + " second that the"
                        + " subject's own closed loop of " + CAPACITY_CALLERS + " callers answered; latencies"
                        + " from the intended"
                        + " start.",
                rounds);
        Path folder = Files.createTempDirectory("softpick-load");
        try {
            List<Subject> subjects = subjects(folder);
            List<Load> loads = loads();
            for (int round = 0; round < rounds; round++) {
                for (Load load : loads) {
                    for (Subject subject : subjects) {
                        run(subject, load);
                    }
                }
            }
            write(result, subjects, loads);
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

    private List<Load> loads() {
        List<Load> loads = new ArrayList<>();
        loads.add(new Load(CAPACITY_CALLERS, 0));
        callers.stream().map(n -> new Load(n, 0)).filter(load -> !loads.contains(load)).forEach(loads::add);
        for (int percent : PERCENT_OF_CAPACITY) {
            loads.add(new Load(0, percent));
        }
        return loads;
    }

    private static List<Subject> subjects(Path folder) throws IOException {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(ColdStart.EMBED).hiddenSize(ColdStart.HIDDEN).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 1);
        List<Subject> subjects = new ArrayList<>();
        for (Map.Entry<String, SoftpickTransformer> format : RoundedModels.of(model).entrySet()) {
            Path file = folder.resolve(format.getKey() + ".safetensors");
            format.getValue().save(file);
            subjects.add(ours(format.getKey(), file, 1, false, List.of()));
        }
        Path floats = subjects.getFirst().file();
        subjects.add(ours("float32, virtual threads", floats, 1, true, List.of()));
        subjects.add(ours("float32, two models", floats, 2, false, List.of()));
        subjects.add(ours("float32, " + String.join(" ", Goals.SMALL_SERVICE), floats, 1, false, Goals.SMALL_SERVICE));
        SafetensorsFile weights = OnnxTransformer.weights(model);
        for (Precision precision : Precision.values()) {
            String name = precision.name().toLowerCase(Locale.ROOT);
            Path graph = folder.resolve(name + ".onnx");
            Files.write(graph, OnnxTransformer.pruned(config, weights, 1, ColdStart.STEPS, precision));
            subjects.add(onnx(name + ", one thread a call", graph, 1));
            subjects.add(onnx(name + ", its own pool", graph, Runtime.getRuntime().availableProcessors()));
        }
        return subjects;
    }

    private static Subject ours(String name, Path file, int models, boolean virtual, List<String> flags) {
        return new Subject("ours, " + name, Runtimes.SOFTPICK, file, 1, models, virtual, flags);
    }

    private static Subject onnx(String name, Path graph, int threads) {
        return new Subject("ONNX Runtime, " + name, Runtimes.ONNX_RUNTIME, graph, threads, 1, false, List.of());
    }

    private void run(Subject subject, Load load) throws IOException {
        double rate = load.callers() > 0 ? 0
                : load.percent() / 100.0 * median(subject, new Load(CAPACITY_CALLERS, 0), Report::requestsPerSecond);
        Fork fork = Fork.run(
                ServiceCalls.class, subject.flags(), Map.of(),
                new Gson().toJson(subject.order(load.callers(), rate, warmUp, seconds)));
        Report report = new Gson().fromJson(fork.lines().getLast(), Report.class);
        System.out.println(subject.name() + ", " + load.name() + ": " + report);
        reports.computeIfAbsent(subject.name(), name -> new LinkedHashMap<>())
                .computeIfAbsent(load, name -> new ArrayList<>())
                .add(report);
    }

    private double median(Subject subject, Load load, ToDoubleFunction<Report> figure) {
        return Turns.quantile(
                reports.get(subject.name()).get(load).stream().mapToDouble(figure).toArray(), 0.5);
    }

    private void write(Result result, List<Subject> subjects, List<Load> loads) {
        Table table = result.add(new Table(
                "load", "Requests", "Milliseconds. *Of ONNX Runtime's*: over the better of its two settings in float.",
                Column.key("load", "load"), Column.key("who", "who"),
                Column.figure("requests_per_second", "requests/s", "%.0f"),
                Column.followed("of_onnx", "of ONNX Runtime's", "%.2f"), Column.figure("p50_ms", "p50", "%.2f"),
                Column.figure("p99_ms", "p99", "%.2f"), Column.figure("p999_ms", "p99.9", "%.2f"),
                Column.followed("p99_of_onnx", "p99 of ONNX Runtime's", "%.2f"),
                Column.figure("cpu_ms", "CPU a request", "%.2f"), Column.figure("peak_mb", "peak memory, MB", "%.0f")));
        for (Load load : loads) {
            Subject peer = better(subjects, load);
            double theirs = median(peer, load, Report::requestsPerSecond);
            double theirP99 = median(peer, load, Report::p99);
            for (Subject subject : subjects) {
                double rate = median(subject, load, Report::requestsPerSecond);
                double p99 = median(subject, load, Report::p99);
                table.row(
                        load.name(), subject.name(), rate, rate / theirs, median(subject, load, Report::p50), p99,
                        median(subject, load, Report::p999), p99 / theirP99, median(subject, load, Report::cpuMillis),
                        median(subject, load, Report::peakMb));
            }
            goals(result, subjects.getFirst(), load, theirs, theirP99);
        }
        summary(result, subjects, loads);
        memory(result, subjects, loads);
    }

    /** A row for each subject: what a reader wants first. */
    private void summary(Result result, List<Subject> subjects, List<Load> loads) {
        List<Load> closed = loads.stream()
                .filter(load -> load.callers() > 0)
                .sorted(Comparator.comparingInt(Load::callers))
                .toList();
        List<Column> columns = new ArrayList<>(List.of(Column.key("who", "who")));
        closed.forEach(load -> columns.add(
                Column.figure("rate_" + load.callers(), "requests/s, " + load.name(), "%.0f")));
        closed.forEach(load -> columns.add(Column.figure("p99_" + load.callers(), "p99, " + load.callers(), "%.1f")));
        columns.add(Column.figure("peak_mb", "peak memory, MB", "%.0f"));
        Table table = result.add(new Table(
                "summary", "Closed loops", "The same: requests a second, and p99 in milliseconds, by the number of"
                        + " callers; peak memory of all these runs.",
                columns.toArray(Column[]::new)));
        for (Subject subject : subjects) {
            List<Object> row = new ArrayList<>(List.of(subject.name()));
            closed.forEach(load -> row.add(median(subject, load, Report::requestsPerSecond)));
            closed.forEach(load -> row.add(median(subject, load, Report::p99)));
            row.add(peak(subject, closed));
            table.row(row.toArray());
        }
    }

    /** ONNX Runtime in float at its better setting: more requests in a closed loop, a shorter p99 in an open one. */
    private Subject better(List<Subject> subjects, Load load) {
        Comparator<Subject> by = Comparator.comparingDouble(subject -> load.callers() > 0
                ? -median(subject, load, Report::requestsPerSecond)
                : median(subject, load, Report::p99));
        return subjects.stream()
                .filter(subject -> subject.name().startsWith("ONNX Runtime, float"))
                .min(by)
                .orElseThrow();
    }

    private void goals(Result result, Subject ours, Load load, double theirs, double theirP99) {
        if (load.callers() > 1) {
            result.goal(Goals.serviceRate(load.name()), median(ours, load, Report::requestsPerSecond) / theirs);
        }
        result.goal(Goals.serviceLatency(load.name()), median(ours, load, Report::p99) / theirP99);
    }

    private void memory(Result result, List<Subject> subjects, List<Load> loads) {
        Subject peer = better(subjects, loads.getFirst());
        double theirs = peak(peer, loads);
        result.goal(Goals.SERVICE_MEMORY, peak(subjects.getFirst(), loads) / theirs);
        subjects.stream()
                .filter(subject -> subject.flags().equals(Goals.SMALL_SERVICE))
                .forEach(subject -> result.goal(Goals.SMALL_SERVICE_MEMORY, peak(subject, loads)));
    }

    private double peak(Subject subject, List<Load> loads) {
        return loads.stream().mapToDouble(load -> median(subject, load, Report::peakMb)).max().orElseThrow();
    }
}
