package dev.softpick.model.weights;

/**
 * A region of memory that layers read and write: dense rows of floats, one behind the other.
 *
 * @param values the array that holds them, and other regions beside it
 * @param start where row 0 starts
 * @param length elements of a row
 */
public record Rows(float[] values, int start, int length) {

    /** Where a row starts. */
    public int at(int row) {
        return start + row * length;
    }

    /** Takes rows from elsewhere. */
    public void put(int row, int count, float[] from, int offset) {
        System.arraycopy(from, offset, values, at(row), count * length);
    }

    /** Copies rows to elsewhere. */
    public void get(int row, int count, float[] to, int offset) {
        System.arraycopy(values, at(row), to, offset, count * length);
    }

    /** Takes one row of another region with rows of the same length. */
    public void put(int row, Rows from, int fromRow) {
        put(row, 1, from.values, from.at(fromRow));
    }
}
