package dev.softpick.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine;

/** JMH with the module flag that the vector kernels need in every fork, whatever other flags the user gives. */
public final class Main {

    private Main() {}

    /** Takes JMH's own arguments, {@code -h} or {@code --help} lists them; or {@code bits}, for {@link BitsMatrix}. */
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("bits")) {
            System.exit(new CommandLine(new BitsMatrix())
                    .setExecutionExceptionHandler((failure, command, parsed) -> {
                        System.err.println("bench: " + failure.getMessage());
                        return 1;
                    })
                    .execute(Arrays.copyOfRange(args, 1, args.length)));
        }
        try {
            run(args.length == 1 && args[0].equals("--help") ? new String[] {"-h"} : args);
        } catch (CommandLineOptionException | RunnerException e) {
            String what = e instanceof NoBenchmarksException ? "no benchmark has such a name" : e.getMessage();
            System.err.println("bench: " + what + "; -h lists JMH's options, -l the benchmarks");
            System.exit(1);
        }
    }

    private static void run(String[] args) throws Exception {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp() || options.shouldList() || options.shouldListProfilers()
                || options.shouldListResultFormats() || options.shouldListWithParams()) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        List<String> flags = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector"));
        flags.addAll(options.getJvmArgsPrepend().orElse(List.of())); // the builder's value would replace them
        new Runner(new OptionsBuilder()
                        .parent(options)
                        .jvmArgsPrepend(flags.toArray(String[]::new))
                        .build())
                .run();
    }
}
