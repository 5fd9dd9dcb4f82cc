package dev.softpick.kernels.select;

import org.jspecify.annotations.Nullable;

/**
 * Which backend runs, and why: a function of the system property and the machine.
 *
 * @param vector whether it is the vector backend
 * @param forced whether the property says so
 * @param reason in a few words
 * @param problem why the property's choice cannot be had; null where there is none
 */
record Choice(boolean vector, boolean forced, String reason, @Nullable String problem) {

    /** {@code property} is null where it is not set. */
    static Choice of(@Nullable String property, Machine machine) {
        if (property == null) {
            String obstacle = machine.obstacle();
            return obstacle == null
                    ? new Choice(true, false, "module " + Machine.VECTOR_MODULE + " is present", null)
                    : new Choice(false, false, obstacle, null);
        }
        String reason = "system property " + Backends.PROPERTY;
        return switch (property) {
            case "scalar" -> new Choice(false, true, reason, null);
            // Slow vectors are the caller's wish, wrong ones are nobody's.
            case "vector" -> new Choice(true, true, reason, machine.refusal() == null
                    ? null : reason + " is 'vector', but " + machine.refusal());
            default -> new Choice(false, true, reason,
                    reason + " is '" + property + "'; allowed are vector and scalar");
        };
    }
}
