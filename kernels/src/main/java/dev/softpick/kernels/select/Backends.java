package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.scalar.ScalarBackend;
import dev.softpick.kernels.vector.VectorBackend;

/**
 * Chooses the backend, once, and says why.
 *
 * <p>Kernels that are called on their own ask {@link #current}. A model serves its first calls on {@link #scalar} while
 * {@link #preferred} warms up, unless the choice {@linkplain #isForced is forced}.
 */
public final class Backends {

    /** System property that overrides the choice: {@code vector}, from the first call on, or {@code scalar}. */
    public static final String PROPERTY = "softpick.backend";

    private Backends() {}

    /**
     * The backend of this JVM. The first to ask has it logged.
     *
     * @throws IllegalStateException if the system property asks for something that cannot be had
     */
    public static Backend current() {
        check();
        return Current.BACKEND;
    }

    /**
     * What {@link #current} most likely is, without a look at the flags of the JVM and the line in the log, which take
     * a cold one 100 ms: what weights are packed for.
     */
    public static Backend preferred() {
        check();
        return FirstSight.BACKEND;
    }

    private static void check() {
        String problem = FirstSight.CHOICE.problem();
        if (problem != null) {
            throw new IllegalStateException(problem);
        }
    }

    /** Whether the system property chose. */
    public static boolean isForced() {
        return FirstSight.CHOICE.forced();
    }

    /** Why {@link #current} is what it is, in a few words. */
    public static String reason() {
        return Current.CHOICE.reason();
    }

    /** The scalar backend, which always works. */
    public static Backend scalar() {
        return Scalar.BACKEND;
    }

    /**
     * The vector backend.
     *
     * @throws IllegalStateException where it cannot be had, whose message says why
     */
    public static Backend vector() {
        String refusal = Machine.atFirstSight().refusal();
        if (refusal != null) {
            throw new IllegalStateException(refusal);
        }
        return Vector.BACKEND;
    }

    /** Whether {@link #vector} can be had. */
    public static boolean hasVector() {
        return Machine.atFirstSight().refusal() == null;
    }

    /** Made when the first kernel or model needs it; loads no vector class but the backend itself. */
    private static final class FirstSight {

        static final Choice CHOICE = Choice.of(System.getProperty(PROPERTY), Machine.atFirstSight());
        static final Backend BACKEND = CHOICE.vector() && CHOICE.problem() == null ? Vector.BACKEND : Scalar.BACKEND;
    }

    private static final class Current {

        static final Choice CHOICE = FirstSight.CHOICE.vector() && !FirstSight.CHOICE.forced()
                ? Choice.of(null, Machine.here()) : FirstSight.CHOICE;
        static final Backend BACKEND = CHOICE.vector() ? Vector.BACKEND : Scalar.BACKEND;

        static {
            String width = BACKEND.width() > 0 ? ", " + BACKEND.width() + " bits" : "";
            System.getLogger("dev.softpick")
                    .log(System.Logger.Level.INFO,
                            "softpick kernels: " + BACKEND.name() + " backend" + width + " (" + CHOICE.reason() + ")");
        }
    }

    private static final class Scalar {
        static final Backend BACKEND = ScalarBackend.create();
    }

    private static final class Vector {
        static final Backend BACKEND = VectorBackend.create();
    }
}
