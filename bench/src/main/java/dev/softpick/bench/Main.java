package dev.softpick.bench;

import dev.softpick.bench.harness.Programs;
import dev.softpick.bench.harness.Results;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code softpick bench}: a command of its own, or JMH's arguments. */
@Command(
        name = "bench",
        subcommands = {BitsMatrix.class, StreamLatency.class, StreamSoak.class, Results.class})
public final class Main {

    private Main() {}

    /** Takes a command and its options, or JMH's own arguments, which {@code -h} or {@code --help} lists. */
    public static void main(String[] args) throws Exception {
        CommandLine commands = new CommandLine(new Main());
        if (args.length > 0 && commands.getSubcommands().containsKey(args[0])) {
            System.exit(Programs.run("bench", commands, args));
        }
        try {
            benchmarks(args.length == 1 && args[0].equals("--help") ? new String[] {"-h"} : args);
        } catch (CommandLineOptionException | RunnerException e) {
            String what = e instanceof NoBenchmarksException ? "no benchmark has such a name" : e.getMessage();
            System.err.println("bench: " + what + "; -h lists JMH's options, -l the benchmarks; commands are "
                    + String.join(", ", commands.getSubcommands().keySet()));
            System.exit(1);
        }
    }

    /** JMH with the module flag that the vector kernels need in every fork, whatever other flags the user gives. */
    private static void benchmarks(String[] args) throws Exception {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp() || options.shouldList() || options.shouldListProfilers()
                || options.shouldListResultFormats() || options.shouldListWithParams()) {
            org.openjdk.jmh.Main.main(args);
            return;
        }
        Path lock = Path.of(System.getProperty("java.io.tmpdir"), "jmh.lock");
        if (!Boolean.getBoolean("jmh.ignoreLock") && !canBeLocked(lock)) {
            System.err.println("bench: " + lock
                    + " belongs to somebody else; see that nobody measures at the same time");
            System.setProperty("jmh.ignoreLock", "true"); // read as JMH's Runner is loaded
        }
        List<String> flags = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector"));
        flags.addAll(options.getJvmArgsPrepend().orElse(List.of())); // the builder's value would replace them
        new Runner(new OptionsBuilder()
                        .parent(options)
                        .jvmArgsPrepend(flags.toArray(String[]::new))
                        .build())
                .run();
    }

    /** JMH opens this file to be alone; it stays behind, and another user's cannot be opened, by root neither. */
    static boolean canBeLocked(Path lock) {
        try (RandomAccessFile file = new RandomAccessFile(lock.toFile(), "rw")) {
            return file.getChannel().isOpen();
        } catch (IOException e) {
            return false;
        }
    }
}
