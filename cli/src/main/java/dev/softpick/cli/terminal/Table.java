package dev.softpick.cli.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Text in aligned columns. */
public final class Table {

    private static final String GAP = "  ";

    private final List<String> headers = new ArrayList<>();
    private final List<Boolean> right = new ArrayList<>();
    private final List<String[]> rows = new ArrayList<>();

    /** Adds a column of words. */
    public Table left(String header) {
        return column(header, false);
    }

    /** Adds a column of numbers. */
    public Table right(String header) {
        return column(header, true);
    }

    private Table column(String header, boolean alignRight) {
        headers.add(header);
        right.add(alignRight);
        return this;
    }

    /** Adds a row, a cell for each column. */
    public void row(String... cells) {
        rows.add(cells);
    }

    /** Prints the headers and the rows, without blanks at the ends of lines. */
    public void print(PrintWriter out) {
        int columns = headers.size();
        int[] widths = new int[columns];
        for (int i = 0; i < columns; i++) {
            widths[i] = headers.get(i).length();
            for (String[] row : rows) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        print(out, headers.toArray(new String[0]), widths);
        for (String[] row : rows) {
            print(out, row, widths);
        }
    }

    private void print(PrintWriter out, String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String blanks = " ".repeat(widths[i] - cells[i].length());
            line.append(i == 0 ? "" : GAP);
            line.append(right.get(i) ? blanks + cells[i] : cells[i] + blanks);
        }
        out.println(line.toString().stripTrailing());
    }
}
