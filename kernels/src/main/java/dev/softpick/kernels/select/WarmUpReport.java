package dev.softpick.kernels.select;

import dev.softpick.kernels.backend.Backend.Family;
import java.util.Set;
import jdk.jfr.FlightRecorder;

/** Tells the log and the flight recorder how a warm-up ended. */
final class WarmUpReport {

    private WarmUpReport() {}

    static void tell(String normalizer, Set<Family> failed, int calls, long nanos, long limitNanos) {
        System.Logger log = System.getLogger("dev.softpick");
        if (failed.isEmpty()) {
            log.log(System.Logger.Level.DEBUG, "softpick kernels: vector kernels for " + normalizer + " warm after "
                    + calls + " calls in " + nanos / 1_000_000 + " ms");
        } else {
            log.log(System.Logger.Level.INFO, "softpick kernels: " + failed + " stay scalar for " + normalizer
                    + ": C2 did not turn their vectors into instructions within " + limitNanos / 1_000_000
                    + " ms of processor time; warmUp() or more calls try again");
        }
        // An event's class would start a recorder that nobody has asked for, at the price of 500 classes.
        if (ModuleLayer.boot().findModule("jdk.jfr").isPresent() && FlightRecorder.isInitialized()) {
            WarmUpEvent.commit(normalizer, calls, nanos, failed.isEmpty());
        }
    }
}
