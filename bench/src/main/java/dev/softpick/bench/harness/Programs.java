package dev.softpick.bench.harness;

import picocli.CommandLine;

/** Runs a command; what goes wrong is one line. */
public final class Programs {

    private Programs() {}

    /** Exit code 0 good, 2 wrong use, 1 anything else. */
    public static int run(String name, CommandLine commands, String... arguments) {
        return commands
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(name + ": " + failure.getMessage());
                    return failure instanceof IllegalArgumentException ? 2 : 1;
                })
                .setParameterExceptionHandler((wrong, given) -> {
                    System.err.println(name + ": " + wrong.getMessage() + "; --help lists the options");
                    return 2;
                })
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }
}
