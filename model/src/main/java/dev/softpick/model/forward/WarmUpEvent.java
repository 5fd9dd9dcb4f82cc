package dev.softpick.model.forward;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Tells the flight recorder that calls run on vector kernels from now on. Loaded only where {@code jdk.jfr} is. */
@Name("dev.softpick.WarmUp")
@Label("Warm-Up")
@Category("Softpick")
@Description("The vector kernels of a normalizer are compiled, and models have moved to them")
@StackTrace(false)
final class WarmUpEvent extends Event {

    @Label("Normalizer")
    private String normalizer;

    @Label("Kernel Calls")
    private int calls;

    @Label("Time Taken")
    @Timespan(Timespan.NANOSECONDS)
    private long timeTaken;

    static void commit(String normalizer, int calls, long nanos) {
        WarmUpEvent event = new WarmUpEvent();
        event.normalizer = normalizer;
        event.calls = calls;
        event.timeTaken = nanos;
        event.commit();
    }
}
