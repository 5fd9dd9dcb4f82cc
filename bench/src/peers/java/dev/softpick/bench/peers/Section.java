package dev.softpick.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One table of a report.
 *
 * @param subject what its rows are called in the JSON file
 * @param title heading in the Markdown file
 * @param note what one must know to read it
 * @param columns in the order in which they are shown
 * @param rows a value for each column
 */
record Section(String subject, String title, String note, List<Column> columns, List<Object[]> rows) {

    /**
     * A column.
     *
     * @param key its name in the JSON file
     * @param heading its name in the Markdown file
     * @param format how a number is shown
     */
    record Column(String key, String heading, String format) {}

    Section(String subject, String title, String note, Column... columns) {
        this(subject, title, note, List.of(columns), new ArrayList<>());
    }

    static Column text(String key, String heading) {
        return new Column(key, heading, "%s");
    }

    static Column number(String key, String heading, String format) {
        return new Column(key, heading, format);
    }

    /** Adds a row and prints it. */
    void row(Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(
                    subject + " has " + columns.size() + " columns; the row has " + values.length);
        }
        rows.add(values);
        System.out.println(line(values));
    }

    private String line(Object[] values) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < values.length; i++) {
            line.append(' ')
                    .append(values[i] == null ? "" : String.format(Locale.ROOT, columns.get(i).format(), values[i]))
                    .append(" |");
        }
        return line.toString();
    }

    String markdown() {
        StringBuilder text = new StringBuilder("\n## " + title + "\n\n" + (note.isEmpty() ? "" : note + "\n\n") + "|");
        columns.forEach(column -> text.append(' ').append(column.heading()).append(" |"));
        text.append("\n|").append("---|".repeat(columns.size())).append('\n');
        rows.forEach(row -> text.append(line(row)).append('\n'));
        return text.toString();
    }

    List<String> json() {
        List<String> objects = new ArrayList<>();
        for (Object[] row : rows) {
            StringBuilder text = new StringBuilder("{\"subject\": " + quoted(subject));
            for (int i = 0; i < row.length; i++) {
                if (row[i] != null) {
                    text.append(", ").append(quoted(columns.get(i).key())).append(": ").append(value(row[i]));
                }
            }
            objects.add(text.append('}').toString());
        }
        return objects;
    }

    private static String value(Object value) {
        return switch (value) {
            case Double d -> String.format(Locale.ROOT, "%.6g", d);
            case Integer i -> i.toString();
            case Boolean b -> b.toString();
            default -> quoted(value.toString());
        };
    }

    static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
