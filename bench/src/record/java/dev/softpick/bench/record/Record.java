package dev.softpick.bench.record;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Programs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Ours against PyTorch through DJL, netlib's VectorBLAS and EJML, once for the record: one thread, in turns.
 *
 * <p>The variables keep glibc from mapping and returning large tensors in every call, which costs PyTorch more than
 * a third of its speed at 2048 steps.
 *
 * <pre>
 *   MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592
 *   java --add-modules jdk.incubator.vector -jar bench/target/record.jar
 * </pre>
 */
@Command(
        name = "record",
        header = "Forward passes beside PyTorch, products beside VectorBLAS and EJML.",
        mixinStandardHelpOptions = true)
public final class Record implements Callable<Integer> {

    /** Of glibc, which PyTorch takes its memory from. */
    private static final List<String> VARIABLES =
            List.of("MALLOC_ARENA_MAX", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_");

    private enum Subject { FORWARD, MATMUL }

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "7", description = "Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--only", split = ",", paramLabel = "SUBJECT", description = "Some of ${COMPLETION-CANDIDATES}.")
    private List<Subject> only = List.of(Subject.values());

    @Option(names = "--shapes", split = ",", paramLabel = "BxT",
            description = "Of the forward pass. Default: ${DEFAULT-VALUE}.")
    private List<String> shapes = List.of("1x60", "8x60", "1x512", "1x2048");

    @Option(names = "--out", paramLabel = "FOLDER", defaultValue = "bench/results",
            description = "Default: ${DEFAULT-VALUE}.")
    private Path out;

    private Record() {}

    /** Measures what the arguments say; everything without any. */
    public static void main(String[] args) {
        // DJL reads these when it loads PyTorch; offline it takes the natives from the jar and reports nothing home.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.exit(Programs.run("record", new CommandLine(new Record()), args));
    }

    @Override
    public Integer call() throws Exception {
        String environment = VARIABLES.stream()
                .filter(name -> System.getenv(name) != null)
                .map(name -> name + "=" + System.getenv(name) + " ")
                .collect(Collectors.joining());
        Result result = Result.here(
                "record", "Against PyTorch, VectorBLAS and EJML",
                List.of("mvn -q -Precord -pl bench -am -DskipTests package",
                        environment + "java --add-modules jdk.incubator.vector -jar bench/target/record.jar"),
                "Medians of calls taken in turns in one run, one thread; outputs compared before. The FMA peak"
                        + " is measured"
                        + " between the calls."
                        + (environment.isEmpty() ? "" : " The variables keep glibc from returning large tensors"
                        + " to the system and"
                                + " mapping them again in every call of PyTorch."),
                rounds);
        Rounds.warmUp(() -> Ceilings.fma(1), 1000);
        if (only.contains(Subject.FORWARD)) {
            TorchTable.measure(result, shapes, rounds);
        }
        if (only.contains(Subject.MATMUL)) {
            BlasTable.measure(result, rounds);
        }
        result.write(out);
        return 0;
    }
}
