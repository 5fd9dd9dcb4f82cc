package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.scalar.ScalarBackend;
import dev.softpick.kernels.vector.VectorBackend;

/**
 * Chooses the backend, once, and says why.
 *
 * <p>Kernels that are called on their own ask {@link #current}. A model serves its first calls on {@link #scalar} while
 * {@link #chosen} warms up, unless the choice {@linkplain #isAsked was asked for}.
 */
public final class Backends {

    /** System property that overrides the choice: {@code vector}, from the first call on, or {@code scalar}. */
    public static final String PROPERTY = "softpick.backend";

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private static final String NO_VECTORS = "the vector backend needs --add-modules " + VECTOR_MODULE;

    private Backends() {}

    /**
     * The backend of this JVM. The first to ask has it logged.
     *
     * @throws IllegalStateException if the system property asks for something that cannot be had
     */
    public static Backend current() {
        Chosen.check();
        return Announced.BACKEND;
    }

    /** The same without the line in the log, which takes a young JVM 50 ms. */
    public static Backend chosen() {
        Chosen.check();
        return Chosen.BACKEND;
    }

    /** Whether {@link #chosen} follows the system property. */
    public static boolean isAsked() {
        return Chosen.ASKED;
    }

    /** Why {@link #chosen} is what it is, in a few words. */
    public static String reason() {
        return Chosen.REASON;
    }

    /** The scalar backend, which always works. */
    public static Backend scalar() {
        return Scalar.BACKEND;
    }

    /**
     * The vector backend.
     *
     * @throws IllegalStateException where {@code jdk.incubator.vector} is not in the boot layer
     */
    public static Backend vector() {
        if (!vectorModulePresent()) {
            throw new IllegalStateException(NO_VECTORS);
        }
        return Vector.BACKEND;
    }

    /** Whether {@link #vector} can be had. */
    public static boolean vectorModulePresent() {
        return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
    }

    /** C2 turns vectors into instructions; without it each one is an object. */
    private static boolean hasOptimizingCompiler() {
        String mode = System.getProperty("java.vm.info", "");
        return !mode.contains("interpreted mode") && !mode.contains("emulated-client");
    }

    /** The choice, made when the first kernel is asked for; loads no vector class but the backend itself. */
    private static final class Chosen {

        static final Backend BACKEND;
        static final String REASON;
        static final boolean ASKED;

        /** Why there is no backend; null where there is. Kept, since an initializer that throws is an error, once. */
        private static final String PROBLEM;

        static {
            String asked = System.getProperty(PROPERTY);
            ASKED = asked != null;
            String problem = null;
            boolean vector;
            if (asked != null) {
                vector = asked.equals("vector");
                if (!vector && !asked.equals("scalar")) {
                    problem = "system property " + PROPERTY + " is '" + asked + "'; allowed are vector and scalar";
                } else if (vector && !vectorModulePresent()) {
                    problem = NO_VECTORS;
                }
                REASON = "system property " + PROPERTY;
            } else if (!vectorModulePresent()) {
                vector = false;
                REASON = "module " + VECTOR_MODULE + " is missing; start java with --add-modules " + VECTOR_MODULE;
            } else if (!hasOptimizingCompiler()) {
                vector = false;
                REASON = "this JVM runs without the C2 compiler";
            } else {
                vector = true;
                REASON = "module " + VECTOR_MODULE + " is present";
            }
            PROBLEM = problem;
            BACKEND = problem != null ? null : vector ? vector() : scalar();
        }

        static void check() {
            if (PROBLEM != null) {
                throw new IllegalStateException(PROBLEM);
            }
        }
    }

    private static final class Announced {

        static final Backend BACKEND = Chosen.BACKEND;

        static {
            System.getLogger("dev.softpick")
                    .log(System.Logger.Level.INFO, "softpick kernels: " + BACKEND.name() + " backend"
                            + (BACKEND.width() > 0 ? ", " + BACKEND.width() + " bits" : "") + " (" + Chosen.REASON + ")");
        }
    }

    private static final class Scalar {
        static final Backend BACKEND = ScalarBackend.create();
    }

    private static final class Vector {
        static final Backend BACKEND = VectorBackend.create();
    }
}
