package dev.softpick.kernels.select;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Tells the flight recorder how a warm-up ended. Loaded only where {@code jdk.jfr} is. */
@Name("dev.softpick.WarmUp")
@Label("Warm-Up")
@Category("Softpick")
@Description("The vector kernels that some models need are compiled, and the models have moved to them")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
final class WarmUpEvent extends Event {

    @Label("Normalizer")
    private @Nullable String normalizer;

    @Label("Kernel Calls")
    private int calls;

    @Label("Time Taken")
    @Timespan(Timespan.NANOSECONDS)
    private long timeTaken;

    @Label("Complete")
    @Description("Whether no kernel stays scalar because C2 did not compile it in time")
    private boolean complete;

    static void commit(String normalizer, int calls, long nanos, boolean complete) {
        WarmUpEvent event = new WarmUpEvent();
        event.normalizer = normalizer;
        event.calls = calls;
        event.timeTaken = nanos;
        event.complete = complete;
        event.commit();
    }
}
