package dev.softpick.cli.command;

import dev.softpick.cli.terminal.UsageException;
import picocli.CommandLine.Option;
import org.jspecify.annotations.Nullable;

/** Options of every command; picocli itself acts on the help option, {@link Failures} on the stack trace. */
final class CommonOptions {

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    /** After the options that only the command has. */
    private static final int ORDER = 100;

    @Option(
            names = "--threads",
            order = ORDER,
            paramLabel = "N",
            defaultValue = "1",
            converter = Count.Threads.class,
            description = "Threads that share one computation, 1 to 1024; default ${DEFAULT-VALUE}. The results"
                    + " have the same bits for every number.")
    int threads;

    @Option(
            names = "--backend",
            order = ORDER,
            paramLabel = "NAME",
            description = "vector (SIMD) or scalar; default: vector where the JVM has it. The results have the"
                    + " same bits with both.")
    private @Nullable String backend;

    @Option(
            names = "--allow-non-finite",
            order = ORDER,
            description = "Load weights that are NaN or infinite, which are refused otherwise.")
    boolean allowNonFinite;

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = "--stacktrace",
            order = ORDER,
            description = "On a failure, print where in the program it happened instead of one line.")
    private boolean stacktrace;

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = {"-h", "--help"},
            order = ORDER,
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    /** Chooses the backend; before the first kernel is used, because the choice is made once. */
    void apply() {
        if (backend == null) {
            return;
        }
        if (!backend.equals("vector") && !backend.equals("scalar")) {
            throw new UsageException("--backend is '" + backend + "'; allowed are vector and scalar");
        }
        if (backend.equals("vector") && ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
            throw new IllegalStateException("--backend vector needs the module " + VECTOR_MODULE
                    + "; start java with --add-modules " + VECTOR_MODULE + ", as the launcher ./softpick does");
        }
        System.setProperty("softpick.backend", backend);
    }
}
