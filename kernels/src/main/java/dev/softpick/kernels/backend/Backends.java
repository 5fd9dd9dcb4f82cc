package dev.softpick.kernels.backend;

import dev.softpick.kernels.scalar.ScalarBackend;
import dev.softpick.kernels.vector.VectorBackend;

/** Chooses the backend, once, and says why. */
public final class Backends {

    /** System property that overrides the choice: {@code vector} or {@code scalar}. */
    public static final String PROPERTY = "softpick.backend";

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private Backends() {}

    /** The backend that calls use unless they ask for another. */
    public static Backend current() {
        return Chosen.BACKEND;
    }

    /** Why {@link #current} is what it is, in a few words. */
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
            throw new IllegalStateException("the vector backend needs --add-modules " + VECTOR_MODULE);
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

    /** The choice, made when the first kernel is asked for; loads the vector classes only where they are chosen. */
    private static final class Chosen {

        static final Backend BACKEND;
        static final String REASON;

        static {
            String asked = System.getProperty(PROPERTY);
            boolean vector;
            if (asked != null) {
                if (!asked.equals("vector") && !asked.equals("scalar")) {
                    throw new IllegalStateException(
                            "system property " + PROPERTY + " is '" + asked + "'; allowed are vector and scalar");
                }
                vector = asked.equals("vector");
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
            BACKEND = vector ? vector() : scalar();
            System.getLogger("dev.softpick")
                    .log(System.Logger.Level.INFO, "softpick kernels: " + BACKEND.name() + " backend"
                            + (vector ? ", " + BACKEND.width() + " bits" : "") + " (" + REASON + ")");
        }
    }

    private static final class Scalar {
        static final Backend BACKEND = new ScalarBackend();
    }

    private static final class Vector {
        static final Backend BACKEND = new VectorBackend();
    }
}
