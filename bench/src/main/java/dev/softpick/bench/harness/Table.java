package dev.softpick.bench.harness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One table of a result.
 *
 * @param subject its name in the JSON file, the only one of its result
 * @param title heading in the Markdown file
 * @param note what one must know to read it
 * @param columns in the order in which they are shown
 * @param rows values by the columns' keys
 */
public record Table(String subject, String title, String note, List<Column> columns, List<Map<String, Object>> rows) {

    /** An empty one. */
    public Table(String subject, String title, String note, Column... columns) {
        this(subject, title, note, List.of(columns), new ArrayList<>());
    }

    /** Adds a row, a value for each column or null, and prints it. */
    public void row(Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(
                    subject + " has " + columns.size() + " columns; the row has " + values.length);
        }
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null) {
                row.put(columns.get(i).key(), values[i]);
            }
        }
        rows.add(row);
        System.out.println(line(row));
    }

    private String line(Map<String, Object> row) {
        return columns.stream()
                .map(column -> column.show(row.get(column.key())))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** As Markdown, without the heading. */
    String markdown() {
        StringBuilder text = new StringBuilder(note.isEmpty() ? "" : note + "\n\n");
        text.append(columns.stream().map(Column::heading).collect(Collectors.joining(" | ", "| ", " |\n")));
        text.append("|").append("---|".repeat(columns.size())).append('\n');
        rows.forEach(row -> text.append(line(row)).append('\n'));
        return text.toString();
    }

    /** What tells a row from the others. */
    String name(Map<String, Object> row) {
        return columns.stream()
                .filter(column -> column.role() == Column.Role.KEY)
                .map(column -> column.show(row.get(column.key())))
                .collect(Collectors.joining(", "));
    }

    /** The row of that name, or null. */
    Map<String, Object> find(String name) {
        return rows.stream().filter(row -> name(row).equals(name)).findFirst().orElse(null);
    }

    List<Column> followed() {
        return columns.stream().filter(column -> column.role() == Column.Role.FOLLOWED).toList();
    }
}
