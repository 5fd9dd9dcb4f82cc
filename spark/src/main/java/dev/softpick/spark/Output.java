package dev.softpick.spark;

import dev.softpick.model.SoftpickTransformer;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** What is asked of a model for each window. */
enum Output {

    /** The hidden state at the last position: an array of floats. */
    HIDDEN(DataTypes.createArrayType(DataTypes.FloatType, false)),

    /** What the classifier head makes of it: an array of floats. */
    LOGITS(DataTypes.createArrayType(DataTypes.FloatType, false)),

    /** The class with the largest logit, the first of equals; of a head with one output, that output. A double. */
    PREDICTION(DataTypes.DoubleType);

    private final DataType type;

    Output(DataType type) {
        this.type = type;
    }

    /** The type of a column of it. */
    DataType type() {
        return type;
    }

    /** As options spell it. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The output of that name. */
    static Output of(String id) {
        for (Output output : values()) {
            if (output.id().equals(id)) {
                return output;
            }
        }
        throw new IllegalArgumentException("output is '" + id + "'; allowed are "
                + Arrays.stream(values()).map(Output::id).collect(Collectors.joining(", ")));
    }

    /** Refuses a model without a head where one is needed. */
    void check(SoftpickTransformer model) {
        if (this != HIDDEN && !model.hasClassifier()) {
            throw new IllegalArgumentException(
                    "output is " + id() + " and the model has no classifier head; allowed is hidden");
        }
    }

    /** Floats of an answer, before a class is picked. */
    int size(SoftpickTransformer model) {
        return this == HIDDEN ? model.outputSize() : model.classes();
    }

    void compute(SoftpickTransformer model, float[] windows, int batch, int steps, int[] lengths, float[] out) {
        if (this == HIDDEN) {
            model.forward(windows, batch, steps, lengths, out);
        } else {
            model.logits(windows, batch, steps, lengths, out);
        }
    }

    /** The value of a row of what was computed: {@code float[]} or {@code Double}. */
    Object value(float[] computed, int row, int size) {
        int from = row * size;
        if (this != PREDICTION) {
            return Arrays.copyOfRange(computed, from, from + size);
        }
        if (size == 1) {
            return (double) computed[from];
        }
        int best = 0;
        for (int i = 1; i < size; i++) {
            if (computed[from + i] > computed[from + best]) {
                best = i;
            }
        }
        return (double) best;
    }
}
