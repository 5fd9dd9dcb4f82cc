package dev.softpick.spark;

import java.io.Serializable;

/** The answer to a {@link Frame}: its {@code key} and {@code number}, and the model's {@code values}. A Java bean. */
public final class Answer implements Serializable {

    private static final long serialVersionUID = 1;

    private String key;
    private long number;
    private float[] values;

    /** For Spark's encoder. */
    public Answer() {}

    /**
     * An answer.
     *
     * @param key whose stream it belongs to
     * @param number its place there; consecutive frames have consecutive numbers
     * @param values the hidden state or the logits
     */
    public Answer(String key, long number, float[] values) {
        this.key = key;
        this.number = number;
        this.values = values;
    }

    /**
     * Whose stream it belongs to.
     *
     * @return the key
     */
    public String getKey() {
        return key;
    }

    /**
     * For Spark's encoder.
     *
     * @param key the key
     */
    public void setKey(String key) {
        this.key = key;
    }

    /**
     * Its place in the stream.
     *
     * @return the number
     */
    public long getNumber() {
        return number;
    }

    /**
     * For Spark's encoder.
     *
     * @param number the number
     */
    public void setNumber(long number) {
        this.number = number;
    }

    /**
     * The hidden state or the logits.
     *
     * @return the array itself
     */
    public float[] getValues() {
        return values;
    }

    /**
     * For Spark's encoder.
     *
     * @param values the numbers
     */
    public void setValues(float[] values) {
        this.values = values;
    }
}
