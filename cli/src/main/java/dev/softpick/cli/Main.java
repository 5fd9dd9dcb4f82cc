package dev.softpick.cli;

import dev.softpick.cli.command.BenchCommand;
import dev.softpick.cli.command.CompareCommand;
import dev.softpick.cli.command.InfoCommand;
import dev.softpick.cli.command.InitCommand;
import dev.softpick.cli.command.QuantizeCommand;
import dev.softpick.cli.command.RunCommand;
import dev.softpick.cli.command.StreamCommand;
import dev.softpick.cli.command.Version;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.StandardStreams;
import dev.softpick.cli.terminal.UsageException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** The command line. Exit codes: 0 good, 2 wrong use, 1 anything else; a failure is one line on standard error. */
@Command(
        name = "softpick",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            RunCommand.class, StreamCommand.class, InfoCommand.class, InitCommand.class, QuantizeCommand.class,
            CompareCommand.class, BenchCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Runs Softpick transformers (Edifice's: softpick(x) = x / (1 + sum|x|)) on the CPU, in pure Java:"
                    + " windows of frames in, hidden states or class scores out, the same bits on every machine.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  softpick run",
            "  softpick run --model m.safetensors --input x.npy --output y.npy",
            "  softpick stream --model m.safetensors < frames.csv",
            "  softpick info --model m.safetensors",
            "  softpick init --embed-dim 64 --seed 1 --output m.safetensors",
            "  softpick quantize --model m.safetensors --weights int8 --output q.safetensors",
            "  softpick compare",
            "",
            "Each command explains itself: softpick COMMAND --help",
            "Exit codes: 0 good, 2 wrong use, 1 anything else; a failure is one line on standard error."
        })
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec;

    private Main() {}

    @Override
    public void run() {
        throw new UsageException("a command is missing; there are " + String.join(", ", spec.subcommands().keySet()));
    }

    /** Runs the command that {@code args} name, and ends the JVM with its exit code. */
    public static void main(String[] args) {
        CommandLine commandLine = commandLine();
        int code = commandLine.execute(args);
        commandLine.getOut().flush();
        if (System.out.checkError() && code == 0) {
            code = afterLostOutput();
        }
        System.exit(code);
    }

    /** Print streams keep the reason to themselves, so ask once more. That a reader had enough is no failure. */
    private static int afterLostOutput() {
        String reason = "results were lost";
        try {
            // not to be closed: where the caller has closed it, the JVM has one of its own files there
            new FileOutputStream(FileDescriptor.out).write('\n');
        } catch (IOException e) {
            if (StandardStreams.isReaderGone(e)) {
                return CommandLine.ExitCode.OK;
            }
            reason = e.getMessage();
        }
        System.err.println("softpick: cannot write to standard output: " + reason);
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** The command line with all its commands, as {@link #main} and the tests run it. */
    public static CommandLine commandLine() {
        Failures failures = new Failures();
        CommandLine commandLine = new CommandLine(new Main())
                .setUsageHelpWidth(100)
                // a file may be named @x.npy
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setExecutionStrategy(Main::execute)
                .setExitCodeExceptionMapper(Failures::exitCode);
        for (CommandLine command : commandLine.getSubcommands().values()) {
            command.getCommandSpec().usageMessage().sortOptions(false);
        }
        return commandLine;
    }

    /** Picocli hands exceptions to {@link Failures} but lets errors through; too small a heap is no bug of ours. */
    private static int execute(ParseResult parsed) {
        try {
            return new RunLast().execute(parsed);
        } catch (OutOfMemoryError e) {
            throw new ExecutionException(last(parsed), "not enough memory: the heap limit is "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB; raise it, for instance with JAVA_TOOL_OPTIONS=-Xmx8g", e);
        }
    }

    private static CommandLine last(ParseResult parsed) {
        return parsed.asCommandLineList().getLast();
    }
}
