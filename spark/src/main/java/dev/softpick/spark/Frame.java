package dev.softpick.spark;

import java.io.Serializable;

/**
 * A frame of a keyed stream: {@code key}, its {@code number} in the stream of that key, its {@code values}. A Java
 * bean.
 */
public final class Frame implements Serializable {

    private static final long serialVersionUID = 1;

    private String key;
    private long number;
    private float[] values;

    /** For Spark's encoder. */
    public Frame() {}

    /**
     * A frame.
     *
     * @param key whose stream it belongs to
     * @param number its place there; consecutive frames have consecutive numbers
     * @param values as many as the model's embedDim
     */
    public Frame(String key, long number, float[] values) {
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
     * The numbers of the frame.
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
