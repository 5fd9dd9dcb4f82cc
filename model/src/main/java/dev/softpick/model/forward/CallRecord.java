package dev.softpick.model.forward;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** Calls under the flight recorder. */
public final class CallRecord {

    private static final boolean HAS_RECORDER =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private CallRecord() {}

    /**
     * The event of the call that begins; null where the recorder is missing or does not ask for it. An event's class
     * starts the recorder when it is first used, which takes a cold JVM longer than a call: so it is not used before.
     */
    public static @Nullable CallEvent begin() {
        return HAS_RECORDER && FlightRecorder.isInitialized() ? CallEvent.begun() : null;
    }
}
