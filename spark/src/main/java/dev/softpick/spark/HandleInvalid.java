package dev.softpick.spark;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What happens to a row whose length does not fit, as Spark ML names it. */
enum HandleInvalid {

    /** Fails the job, with the row and the lengths. */
    ERROR,

    /** Drops the row. */
    SKIP,

    /** Gives null. */
    KEEP;

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    static HandleInvalid of(String id, HandleInvalid... allowed) {
        for (HandleInvalid each : allowed) {
            if (each.id().equals(id)) {
                return each;
            }
        }
        throw new IllegalArgumentException("handleInvalid is '" + id + "'; allowed are "
                + Arrays.stream(allowed).map(HandleInvalid::id).collect(Collectors.joining(", ")));
    }
}
