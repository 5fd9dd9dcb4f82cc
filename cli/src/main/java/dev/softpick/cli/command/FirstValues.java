package dev.softpick.cli.command;

import dev.softpick.cli.io.Pass;
import java.io.PrintWriter;

/** Keeps the first values of an output, to show them. */
final class FirstValues implements Pass.Sink {

    private static final int ROWS = 4;
    private static final int COLUMNS = 6;

    private final int[] shape;
    private final float[] values;
    private final int columns;
    private final int rows;

    FirstValues(int[] shape) {
        this.shape = shape;
        int width = shape[shape.length - 1];
        columns = Math.min(COLUMNS, width);
        rows = (int) Math.min(ROWS, shape.length == 2 ? shape[0] : (long) shape[0] * shape[1]);
        values = new float[rows * columns];
    }

    @Override
    public void accept(int first, int count, float[] output, float[] logits) {
        int width = shape[shape.length - 1];
        int perSequence = shape.length == 2 ? 1 : shape[1];
        for (int row = 0; row < rows; row++) {
            int sequence = row / perSequence - first;
            if (sequence >= 0 && sequence < count) {
                int from = (sequence * perSequence + row % perSequence) * width;
                System.arraycopy(output, from, values, row * columns, columns);
            }
        }
    }

    /** A line a row: its index, then its values. */
    void print(PrintWriter out) {
        for (int row = 0; row < rows; row++) {
            StringBuilder line = new StringBuilder();
            if (shape.length == 2) {
                line.append('[').append(row).append(']');
            } else {
                line.append('[').append(row / shape[1]).append(", ").append(row % shape[1]).append(']');
            }
            for (int column = 0; column < columns; column++) {
                line.append(' ').append(values[row * columns + column]);
            }
            out.println(columns < shape[shape.length - 1] ? line.append(" ...") : line);
        }
        if (shape.length == 3 ? (long) shape[0] * shape[1] > rows : shape[0] > rows) {
            out.println("...");
        }
    }
}
