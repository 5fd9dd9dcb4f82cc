package dev.softpick.bench;

import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** JMH with the module flag that the vector kernels need in every fork, whatever other flags the user gives. */
public final class Main {

    private Main() {}

    /** Takes JMH's own arguments, {@code -h} lists them; or {@code bits}, for {@link BitsMatrix}. */
    public static void main(String[] args) throws Exception {
        if (args.length == 1 && args[0].equals("bits")) {
            BitsMatrix.main(new String[0]);
            return;
        }
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
