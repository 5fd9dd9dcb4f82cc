package dev.softpick.cli.terminal;

import java.text.MessageFormat;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * Makes the application's log quiet: warnings and worse go to standard error, a line each, and nothing else does. A
 * logger finder rather than a setting of java.util.logging, whose start would cost each command some of its first
 * second.
 */
public final class QuietLoggerFinder extends System.LoggerFinder {

    /** For the service loader. */
    public QuietLoggerFinder() {}

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new QuietLogger(name);
    }

    private record QuietLogger(String name) implements System.Logger {

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.getSeverity() >= Level.WARNING.getSeverity() && level != Level.OFF;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String text, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                System.err.println(Failures.oneLine(level + ": " + text + (thrown == null ? "" : ": " + thrown)));
            }
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String format,
                @Nullable Object @Nullable ... parameters) {
            if (isLoggable(level)) {
                String text = format == null || parameters == null || parameters.length == 0 ? format
                        : MessageFormat.format(format, parameters);
                log(level, bundle, text, (Throwable) null);
            }
        }
    }
}
