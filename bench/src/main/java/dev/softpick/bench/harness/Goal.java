package dev.softpick.bench.harness;

import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * What is to be reached.
 *
 * @param work of which
 * @param figure what is looked at
 * @param limit the least, or the most where less is better
 * @param atMost whether less is better
 * @param format how the figure is shown
 */
public record Goal(String work, String figure, double limit, boolean atMost, String format) {

    /** At least so much. */
    public static Goal atLeast(String work, String figure, double limit, String format) {
        return new Goal(work, figure, limit, false, format);
    }

    /** At most so much. */
    public static Goal atMost(String work, String figure, double limit, String format) {
        return new Goal(work, figure, limit, true, format);
    }

    boolean reached(double seen) {
        return atMost ? seen <= limit : seen >= limit;
    }

    String wanted() {
        return (atMost ? "≤ " : "≥ ") + shown(limit);
    }

    String shown(double value) {
        return String.format(Locale.ROOT, format, value);
    }

    double worst(DoubleStream seen) {
        return (atMost ? seen.max() : seen.min()).orElse(Double.NaN);
    }
}
