package dev.softpick.bench.peers;

import com.google.gson.Gson;
import com.sun.management.OperatingSystemMXBean;
import dev.softpick.bench.harness.Rounds;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/** One JVM of {@link ServiceLoad}: a model that is called by many at once, with one window of 60 a request. */
final class ServiceCalls {

    /** Threads that serve an open loop; many more than can run. */
    private static final int SERVERS = 64;

    private static final long LONGEST_NANOS = 120_000_000_000L;
    private static final int DIGITS = 3;

    /**
     * What is asked of the JVM.
     *
     * @param runtime whose model
     * @param file the model
     * @param threads of ONNX Runtime's own pool
     * @param models loaded, called in turns by the callers
     * @param virtual whether the callers are virtual threads
     * @param callers of a closed loop; 0 is an open one
     * @param rate requests a second of an open loop
     */
    record Order(
            Runtimes runtime, String file, int threads, int models, boolean virtual, int callers,
            double rate, double warmUpSeconds, double seconds) {}

    /** Who computes. */
    enum Runtimes { SOFTPICK, ONNX_RUNTIME }

    /**
     * What came of it: latencies in milliseconds, of an open loop from the intended start on.
     *
     * @param cpuMillis of the process, a request
     * @param peakMb resident memory at most
     */
    record Report(
            double requestsPerSecond, double p50, double p99, double p999, double slowest, double cpuMillis,
            double peakMb) {}

    private final Order order;
    private final ServiceModel[] models;
    private volatile boolean counts;
    private volatile boolean over;

    private ServiceCalls(Order order) throws Exception {
        this.order = order;
        models = new ServiceModel[order.models()];
        for (int i = 0; i < models.length; i++) {
            models[i] = ServiceModel.load(order);
        }
    }

    /** Takes an order as JSON and prints a report as JSON. */
    public static void main(String[] arguments) throws Exception {
        Order order = new Gson().fromJson(arguments[0], Order.class);
        System.out.println(new Gson().toJson(new ServiceCalls(order).run()));
    }

    private Report run() throws Exception {
        boolean open = order.callers() == 0;
        int callers = open ? SERVERS : order.callers();
        AtomicLong ticket = new AtomicLong();
        long begin = System.nanoTime();
        // One for all: with one each, 64 callers need 20 MB more than a service would.
        Histogram histogram = new AtomicHistogram(LONGEST_NANOS, DIGITS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            Runnable call = models[i % models.length].caller();
            Runnable loop = open ? () -> open(call, ticket, begin, histogram) : () -> closed(call, histogram);
            threads.add(order.virtual() ? Thread.ofVirtual().start(loop) : Thread.ofPlatform().daemon().start(loop));
        }
        pause(order.warmUpSeconds());
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = process.getProcessCpuTime();
        long start = System.nanoTime();
        counts = true;
        pause(order.seconds());
        counts = false;
        double seconds = (System.nanoTime() - start) / 1e9;
        double cpuMillis = (process.getProcessCpuTime() - cpu) / 1e6;
        over = true;
        threads.forEach(Rounds::join);
        long count = histogram.getTotalCount();
        return new Report(
                count / seconds, histogram.getValueAtPercentile(50) / 1e6, histogram.getValueAtPercentile(99) / 1e6,
                histogram.getValueAtPercentile(99.9) / 1e6, histogram.getMaxValue() / 1e6, cpuMillis / count,
                ColdCalls.peakMemory() / 1024.0);
    }

    /**
     * The next request when the last one is answered. A virtual thread gives way first, as one does that reads from a
     * socket: else the first ones kept the processors, and the others waited where no latency sees it.
     */
    private void closed(Runnable call, Histogram histogram) {
        while (!over) {
            long start = System.nanoTime();
            if (order.virtual()) {
                Thread.yield();
            }
            call.run();
            record(histogram, System.nanoTime() - start);
        }
    }

    /** Request i arrives at its time, whether or not anybody is free: who waits for a server waits in its latency. */
    private void open(Runnable call, AtomicLong ticket, long begin, Histogram histogram) {
        while (!over) {
            long arrival = begin + (long) (ticket.getAndIncrement() / order.rate() * 1e9);
            for (long left = arrival - System.nanoTime(); left > 0 && !over; left = arrival - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            if (!over) {
                call.run();
                record(histogram, System.nanoTime() - arrival);
            }
        }
    }

    private void record(Histogram histogram, long nanos) {
        if (counts) {
            histogram.recordValue(Math.min(nanos, LONGEST_NANOS));
        }
    }

    private static void pause(double seconds) throws InterruptedException {
        Thread.sleep((long) (seconds * 1000));
    }
}
