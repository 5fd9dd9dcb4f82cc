package dev.softpick.model;

/** What leaves the model; the names are Edifice's. */
public enum OutputMode {

    /** The hidden state at the last position, {@code [batch, hidden]}. */
    LAST_TIMESTEP("last_timestep"),

    /** The hidden state at every position, {@code [batch, steps, hidden]}. */
    ALL("all"),

    /** The mean of the hidden states over the positions, {@code [batch, hidden]}. */
    MEAN_POOL("mean_pool");

    private final String id;

    OutputMode(String id) {
        this.id = id;
    }

    /** {@return the name in model files} */
    public String id() {
        return id;
    }

    /**
     * The mode of that name.
     *
     * @param id as in model files
     * @return the mode
     * @throws IllegalArgumentException if there is none; the message lists the names
     */
    public static OutputMode fromId(String id) {
        for (OutputMode mode : values()) {
            if (mode.id.equals(id)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("output_mode is '" + id + "'; allowed are last_timestep, all, mean_pool");
    }
}
