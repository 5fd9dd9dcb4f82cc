package dev.softpick.bench.harness;

import java.util.Locale;

/**
 * A column of a table.
 *
 * @param key its name in the JSON file
 * @param heading its name in the Markdown file
 * @param format how a value is shown
 * @param role what it is for
 */
public record Column(String key, String heading, String format, Role role) {

    /** What a column is for. */
    public enum Role {
        /** Says which row it is: rows of two results with the same keys are the same row. */
        KEY,
        /** A figure. */
        FIGURE,
        /** A figure that is followed from result to result. */
        FOLLOWED
    }

    /** A column of text that tells rows apart. */
    public static Column key(String key, String heading) {
        return new Column(key, heading, "%s", Role.KEY);
    }

    /** A column of whole numbers that tells rows apart. */
    public static Column number(String key, String heading) {
        return new Column(key, heading, "%d", Role.KEY);
    }

    /** A column of figures. */
    public static Column figure(String key, String heading, String format) {
        return new Column(key, heading, format, Role.FIGURE);
    }

    /** A column of figures that say how good a row is on whatever machine: ratios and percentages. */
    public static Column followed(String key, String heading, String format) {
        return new Column(key, heading, format, Role.FOLLOWED);
    }

    /** A value as it is shown. */
    String show(Object value) {
        Object shown = switch (value) {
            case null -> null;
            case Number number when format.contains("d") -> Math.round(number.doubleValue());
            case Number number when !format.equals("%s") -> number.doubleValue();
            default -> value;
        };
        return shown == null ? "" : String.format(Locale.ROOT, format, shown);
    }
}
