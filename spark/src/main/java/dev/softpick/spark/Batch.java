package dev.softpick.spark;

import dev.softpick.model.SoftpickTransformer;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * Windows that are computed together, in memory that a task uses again and again. Sequences may differ in length; each
 * has the bits that it has alone.
 */
final class Batch {

    private final SoftpickTransformer model;
    private final Output output;
    private final int embed;
    private final int size;

    /** Windows at the places that {@link #steps} tells. */
    private float[] windows = {};
    private final int[] lengths;
    private float[] computed = {};
    private int steps;
    private int rows;

    /** The window that is being read. */
    private float[] window = {};
    private int length;

    Batch(SoftpickTransformer model, Output output, int capacity) {
        output.check(model);
        this.model = model;
        this.output = output;
        embed = model.config().embedDim();
        size = output.size(model);
        lengths = new int[capacity];
    }

    /** Whether a column of this type holds windows. */
    static boolean reads(DataType type) {
        if (type.equals(SQLDataTypes.VectorType())) {
            return true;
        }
        return type instanceof ArrayType array
                && (isNumber(array.elementType())
                        || array.elementType() instanceof ArrayType frame && isNumber(frame.elementType()));
    }

    private static boolean isNumber(DataType type) {
        return type.equals(DataTypes.FloatType) || type.equals(DataTypes.DoubleType);
    }

    int rows() {
        return rows;
    }

    /** Numbers of a frame. */
    int frameSize() {
        return embed;
    }

    /**
     * Takes a window; null where it fits, else why it does not.
     *
     * @param value floats, an array of numbers or of arrays of numbers as rows hold it, or a vector
     * @param steps how many of its frames count; −1 for all
     */
    String add(Object value, int steps) {
        length = 0;
        String problem = read(value);
        if (problem == null && (length == 0 || length % embed != 0)) {
            problem = "it has " + length + " numbers; a frame has " + embed + " and a window one frame at least";
        }
        int frames = length / embed;
        if (problem == null && steps >= 0 && (steps < 1 || steps > frames)) {
            problem = "its length is " + steps + "; allowed is 1 to its " + frames + " frames";
        }
        if (problem == null) {
            put(steps < 0 ? frames : steps);
        }
        return problem;
    }

    private void put(int frames) {
        if (frames > steps) {
            float[] wider = new float[Math.multiplyExact(Math.multiplyExact(lengths.length, frames), embed)];
            for (int row = 0; row < rows; row++) {
                System.arraycopy(windows, row * steps * embed, wider, row * frames * embed, lengths[row] * embed);
            }
            windows = wider;
            steps = frames;
        }
        System.arraycopy(window, 0, windows, rows * steps * embed, frames * embed);
        lengths[rows++] = frames;
    }

    private String read(Object value) {
        switch (value) {
            case float[] floats -> {
                room(floats.length);
                System.arraycopy(floats, 0, window, length, floats.length);
                length += floats.length;
            }
            case Vector vector -> {
                room(vector.size());
                double[] values = vector.toArray();
                for (double each : values) {
                    window[length++] = (float) each;
                }
            }
            case scala.collection.Iterable<?> rows -> {
                var iterator = rows.iterator();
                while (iterator.hasNext()) {
                    String problem = readElement(iterator.next());
                    if (problem != null) {
                        return problem;
                    }
                }
            }
            case List<?> rows -> {
                for (Object row : rows) {
                    String problem = readElement(row);
                    if (problem != null) {
                        return problem;
                    }
                }
            }
            default -> {
                return "it is a " + value.getClass().getSimpleName();
            }
        }
        return null;
    }

    private String readElement(Object element) {
        switch (element) {
            case null -> {
                return "it has a null at " + length;
            }
            case Number number -> {
                room(1);
                window[length++] = number.floatValue();
            }
            default -> {
                int from = length;
                String problem = read(element);
                if (problem != null) {
                    return problem;
                }
                if (length - from != embed) {
                    return "a frame of it has " + (length - from) + " numbers; the model takes " + embed;
                }
            }
        }
        return null;
    }

    private void room(int count) {
        if (length + count > window.length) {
            window = Arrays.copyOf(window, Math.max(length + count, 2 * window.length));
        }
    }

    /** Computes all that was added; answers are there until something is added again. */
    void compute() {
        if (computed.length < lengths.length * size) {
            computed = new float[Math.multiplyExact(lengths.length, size)];
        }
        if (rows > 0) {
            output.compute(model, windows, rows, steps, Arrays.copyOf(lengths, rows), computed);
        }
    }

    /** The answer of a row, in the order of adding. */
    Object answer(int row) {
        return output.value(computed, row, size);
    }

    void clear() {
        rows = 0;
    }
}
