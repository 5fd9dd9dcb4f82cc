package dev.softpick.cli.report;

import java.util.List;

/**
 * How much a comparison measures.
 *
 * @param seconds for all timings together
 * @param rows lengths of the rows that are timed
 * @param attention numbers of steps of one head
 * @param forward numbers of steps of a whole model
 * @param seeds random inputs that a median is taken over
 * @param sequences of each test set whose attention is looked into, at most
 * @param bits that a weight is rounded to
 */
public record Effort(
        String name, double seconds, List<Integer> rows, List<Integer> attention, List<Integer> forward, int seeds,
        int sequences, List<Integer> bits) {

    /** What {@code softpick compare} does unless told otherwise. */
    public static final Effort FULL = new Effort(
            "full", 85,
            List.of(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536),
            List.of(16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192),
            List.of(60, 120, 256, 512, 1024, 2048, 4096),
            15, Integer.MAX_VALUE, List.of(8, 7, 6, 5, 4, 3, 2));

    /** {@code --quick}: every chart, fewer points. */
    public static final Effort QUICK = new Effort(
            "quick", 11, List.of(8, 64, 512, 4096, 65536), List.of(16, 128, 1024, 4096), List.of(60, 256, 1024),
            5, Integer.MAX_VALUE, List.of(8, 6, 5, 4, 3, 2));

    /** Shows that everything works; its timings mean nothing. */
    public static final Effort SMOKE =
            new Effort("smoke", 0.05, List.of(8, 100), List.of(16, 200), List.of(3, 12), 3, 12, List.of(8, 2));

    int timedPoints() {
        return rows.size() + attention.size() + forward.size();
    }
}
