package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.model.SoftpickConfig;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** Tells the flight recorder of a call that took longer than the event's threshold. Loaded only where jdk.jfr is. */
@Name("dev.softpick.Call")
@Label("Call")
@Category("Softpick")
@Description("A call of a model, or a step of its sessions, that took longer than the threshold")
@Enabled(false)
@Threshold("20 ms")
@SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
public final class CallEvent extends Event {

    /** Asked whether anybody records; never committed. */
    private static final CallEvent ASKED = new CallEvent();

    @Label("Operation")
    private @Nullable String operation;

    @Label("Batch")
    @Description("Sequences, or sessions that step together")
    private int batch;

    @Label("Steps")
    @Description("Frames of each sequence, the longest if they differ")
    private int steps;

    @Label("Threads")
    @Description("Threads that the call may spread over")
    private int threads;

    @Label("Backend")
    @Description("vector or scalar; staged while some kernels are not warm")
    private @Nullable String backend;

    @Label("Weight Format")
    private @Nullable String weightFormat;

    /** One that has begun; null where nobody records. */
    static @Nullable CallEvent begun() {
        if (!ASKED.isEnabled()) {
            return null;
        }
        CallEvent event = new CallEvent();
        event.begin();
        return event;
    }

    /** Writes it, if it took long enough. */
    public void ended(
            String operation, int batch, int steps, int threads, Backend backend, SoftpickConfig config) {
        end();
        if (shouldCommit()) {
            this.operation = operation;
            this.batch = batch;
            this.steps = steps;
            this.threads = threads;
            this.backend = backend.name();
            weightFormat = config.weightFormat().id();
            commit();
        }
    }
}
