package dev.softpick.bench.jmh;

import dev.softpick.kernels.BackendInfo;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What all benchmarks have in common. The first value of every parameter is the one that the tests run. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class OnBackend {

    /** The kernels that run; {@code -p backend=scalar} measures the others. */
    @Param("vector")
    public String backend;

    /** A JVM chooses once, before its first kernel; each combination of parameters has a fork of its own. */
    @Setup
    public void choose() {
        System.setProperty("softpick.backend", backend);
        BackendInfo chosen = BackendInfo.current();
        if (!chosen.name().equals(backend)) {
            throw new IllegalStateException("this JVM already runs the " + chosen.name() + " backend");
        }
    }
}
