package dev.softpick.model;

/**
 * How a model keeps its kernels: those of the input projection, of queries, keys, values and attention's output, and of
 * the feed-forward layer. Biases, norms, SSMax scales and the classifier are float in every format, and so is all
 * arithmetic: what a rounded model computes is defined, and has the same bits on every machine.
 */
public enum WeightFormat {
    /** 32 bits, as trained. */
    FLOAT32("float32"),

    /**
     * 16 bits, the upper half of a float: each weight rounded to the nearest, of two to the even one. The model has the
     * bits of the float model with these weights.
     */
    BFLOAT16("bfloat16"),

    /**
     * 8 bits and a float scale for each column j: {@code s_j = max_k |w_kj| / 127}, one float division;
     * {@code q_kj = clamp(rint((double) w_kj / s_j), -127, 127)}, 0 where s is. A product adds up
     * {@code t_j = Σ a_k · q_kj} from +0 in increasing order of k with fused multiply-add, and ends with
     * {@code fma(t_j, s_j, bias_j)}.
     */
    INT8("int8");

    private final String id;

    WeightFormat(String id) {
        this.id = id;
    }

    /** {@return its name in files and options: {@code float32}, {@code bfloat16}, {@code int8}} */
    public String id() {
        return id;
    }

    /**
     * The format with this {@link #id}.
     *
     * @param id its name in files and options
     * @return the format
     * @throws IllegalArgumentException if there is none
     */
    public static WeightFormat fromId(String id) {
        for (WeightFormat format : values()) {
            if (format.id.equals(id)) {
                return format;
            }
        }
        throw new IllegalArgumentException("weight_format is '" + id + "'; allowed are float32, bfloat16, int8");
    }
}
