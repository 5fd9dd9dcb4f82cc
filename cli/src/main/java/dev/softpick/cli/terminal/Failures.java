package dev.softpick.cli.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** Turns every failure into one line on standard error and an exit code. */
public final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        StringBuilder text = new StringBuilder(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
            text.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions())).append('?');
        }
        return usage(command, text.toString());
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) throws Exception {
        if (command.getParseResult().hasMatchedOption("--stacktrace")) {
            throw e;
        }
        if (e instanceof UsageException) {
            return usage(command, message(e));
        }
        print(command, message(e));
        return exitCode(e);
    }

    public static int exitCode(Throwable e) {
        return e instanceof UsageException ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }

    private static int usage(CommandLine command, String text) {
        print(command, text + "; see " + command.getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    private static void print(CommandLine command, String text) {
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + oneLine(text));
        command.getErr().flush();
    }

    /** What went wrong, for people. Ours and the library's exceptions say it; the JDK's file errors do not. */
    public static String message(Throwable e) {
        String text = e.getMessage();
        return switch (e) {
            case FileSystemException file when file.getReason() != null -> file.getFile() + ": " + file.getReason();
            case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case UncheckedIOException unchecked -> message(Objects.requireNonNull(unchecked.getCause()));
            case UsageException _, IOException _, IllegalArgumentException _, IllegalStateException _,
                    ExecutionException _ when text != null -> text;
            default -> "internal error: " + e + "; --stacktrace shows where";
        };
    }

    /** Messages quote names from files and arguments, which may have line breaks and escape sequences in them. */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line.append(' ');
            } else if (c != '\r' || i + 1 == text.length() || text.charAt(i + 1) != '\n') {
                line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
            }
        }
        return line.toString();
    }
}
