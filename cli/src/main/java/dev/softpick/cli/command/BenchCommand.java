package dev.softpick.cli.command;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;
import org.jspecify.annotations.Nullable;

/** Benchmarks live in a jar of their own, which the launcher runs; this says so to those who come by java -jar. */
@Command(
        name = "bench",
        header = "Runs the JMH benchmarks.",
        mixinStandardHelpOptions = true,
        description = {
            "",
            "The launcher ./softpick builds and starts them, and passes every argument"
                    + " on to JMH; from the application's jar alone they cannot run.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  ./softpick bench -l                        lists the benchmarks",
            "  ./softpick bench Forward -f 1 -wi 3 -i 5   those whose name contains Forward"
        })
@SuppressWarnings("UnusedVariable") // what picocli fills so that it takes every argument
public final class BenchCommand implements Runnable {

    @Parameters(paramLabel = "JMH-ARGUMENT", arity = "0..*", description = "Passed on to JMH; its own help is -h.")
    private @Nullable List<String> arguments;

    @Unmatched
    private @Nullable List<String> options;

    @Override
    public void run() {
        throw new IllegalStateException("the benchmarks are in a jar of their own; run ./softpick bench,"
                + " or mvn package and java -jar bench/target/benchmarks.jar");
    }
}
