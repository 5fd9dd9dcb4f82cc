package dev.softpick.cli.terminal;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * One line on a terminal that shows how far long work is, from two seconds on. Silent, and without a thread, where
 * standard error is no terminal.
 */
public final class Progress implements AutoCloseable {

    /** Set by the launcher, which can ask the shell; Java itself only knows about standard input and output. */
    private static final String TERMINAL = "softpick.tty";

    private static final long DELAY_MILLIS = 2000;
    private static final long INTERVAL_MILLIS = 200;
    private static final int WIDTH = 30;

    private final PrintWriter err;
    private final @Nullable Thread ticker;
    private final long start = System.nanoTime();
    private volatile String phase = "loading";
    private volatile long total;
    private volatile long done;
    private int lineLength;

    private Progress(PrintWriter err, boolean terminal, long delayMillis) {
        this.err = err;
        ticker = terminal ? Thread.ofPlatform().daemon().name("softpick-progress").unstarted(() -> tick(delayMillis))
                : null;
    }

    /** Starts the clock. */
    public static Progress start(PrintWriter err) {
        return start(err, Boolean.getBoolean(TERMINAL), DELAY_MILLIS);
    }

    static Progress start(PrintWriter err, boolean terminal, long delayMillis) {
        Progress progress = new Progress(err, terminal, delayMillis);
        if (progress.ticker != null) {
            progress.ticker.start();
        }
        return progress;
    }

    /** What is being done now, and of how many parts. */
    public void phase(String name, long parts) {
        done = 0;
        total = parts;
        phase = name;
    }

    /** So many parts of the phase are done. */
    public void done(long parts) {
        done = parts;
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (ticker == null) {
            return;
        }
        ticker.interrupt();
        boolean interrupted = false;
        while (ticker.isAlive()) {
            try {
                ticker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (lineLength > 0) {
            err.print("\r" + " ".repeat(lineLength) + "\r");
            err.flush();
        }
    }

    private void tick(long delayMillis) {
        try {
            Thread.sleep(delayMillis);
            while (true) {
                String line = line();
                err.print("\r" + line + " ".repeat(Math.max(0, lineLength - line.length())));
                err.flush();
                lineLength = Math.max(lineLength, line.length());
                Thread.sleep(INTERVAL_MILLIS);
            }
        } catch (InterruptedException closed) {
            // the work is done
        }
    }

    private String line() {
        long seconds = (System.nanoTime() - start) / 1_000_000_000;
        long parts = total;
        if (parts == 0) {
            return phase + ", " + seconds + " s";
        }
        long now = Math.min(done, parts);
        int filled = (int) (WIDTH * now / parts);
        return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " + now + " of " + parts + " " + phase + ", "
                + seconds + " s";
    }
}
