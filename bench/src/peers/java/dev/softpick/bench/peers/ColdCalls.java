package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Rounds;
import dev.softpick.measure.Turns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * What a fresh JVM does for {@link ColdStart}, whichever runtime it tries: the first call as soon as it can, then
 * either a few more, or calls without a pause on some threads. Prints a line for each finding.
 */
final class ColdCalls {

    private static final int MORE_CALLS = 20;

    /** Calls whose median is the speed at a time. */
    private static final int WINDOW = 9;

    /** The speed at the end, which counts as full. */
    private static final int LAST_CALLS = 200;

    private static final double NEAR_FULL = 1.25;

    private ColdCalls() {}

    /**
     * Makes the first call, then what the arguments say: {@code few}, or {@code many <threads> <seconds> <start>}, the
     * start of this JVM in milliseconds since the epoch.
     *
     * @param first makes the first call and returns its output
     * @param caller what each thread calls, with an output of its own
     */
    static void run(String[] arguments, Supplier<float[]> first, Supplier<Runnable> caller) throws IOException {
        float[] y = first.get();
        System.out.println("first " + y[0] + " " + y[y.length - 1]);
        if (arguments[1].equals("few")) {
            System.out.println("memory " + peakMemory());
            Runnable call = caller.get();
            StringBuilder line = new StringBuilder("next");
            for (int i = 0; i < MORE_CALLS; i++) {
                line.append(' ').append(nanos(call));
            }
            System.out.println(line);
            return;
        }
        long start = Long.parseLong(arguments[4]);
        int threads = Integer.parseInt(arguments[2]);
        long end = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000_000L;
        Thread[] others = new Thread[threads - 1];
        for (int i = 0; i < others.length; i++) {
            Runnable call = caller.get();
            others[i] = new Thread(() -> {
                while (System.nanoTime() < end) {
                    call.run();
                }
            });
            others[i].start();
        }
        many(caller.get(), end, start);
        for (Thread other : others) {
            Rounds.join(other);
        }
        System.out.println("memory " + peakMemory());
    }

    private static void many(Runnable call, long end, long start) {
        double[] times = new double[1 << 16];
        long[] ends = new long[times.length];
        int n = 0;
        while (System.nanoTime() < end && n < times.length) {
            times[n] = nanos(call);
            ends[n++] = System.currentTimeMillis() - start;
        }
        double full = median(times, Math.max(0, n - LAST_CALLS), n);
        int near = WINDOW;
        while (near < n && median(times, near - WINDOW, near) > NEAR_FULL * full) {
            near++;
        }
        double slowest = Arrays.stream(times, 0, n).max().orElseThrow();
        System.out.println(String.format(Locale.ROOT, "full %.0f", full));
        System.out.println("near " + ends[Math.max(0, near - WINDOW)]);
        System.out.println(String.format(Locale.ROOT, "slowest %.0f", slowest));
    }

    private static double nanos(Runnable call) {
        long start = System.nanoTime();
        call.run();
        return System.nanoTime() - start;
    }

    private static double median(double[] values, int from, int to) {
        return Turns.quantile(Arrays.copyOfRange(values, from, to), 0.5);
    }

    /** Kilobytes of memory that this process has held at most; −1 where the system does not say. */
    static long peakMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.isReadable(status)) {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        }
        return -1;
    }

    /** The same input for everybody. */
    static float[] input() {
        float[] x = new float[ColdStart.STEPS * ColdStart.EMBED];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i % 31 - 15) / 10f;
        }
        return x;
    }
}
