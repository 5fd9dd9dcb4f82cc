package dev.softpick.spark;

import org.apache.spark.sql.api.java.UDF1;

/**
 * A function for Python, the hidden state of a window: with {@code spark.softpick.udf.model} set to the model's file,
 * {@code spark.udf.registerJavaFunction("hidden", "dev.softpick.spark.HiddenUdf", "array<float>")}.
 *
 * <p>A window is {@code array<float>} or {@code array<double>}, or an array of such frames; null gives null. One that
 * does not fit fails the query, or gives null with {@code spark.softpick.handleInvalid = keep}.
 */
public final class HiddenUdf extends ScoreUdf implements UDF1<Object, Object> {

    private static final long serialVersionUID = 1;

    /**
     * For Spark, on the driver, in the active Spark session.
     *
     * @throws IllegalArgumentException if a setting is missing or wrong, or the file is not a model
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public HiddenUdf() {
        super(Output.HIDDEN);
    }
}
