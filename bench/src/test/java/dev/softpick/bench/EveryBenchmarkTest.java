package dev.softpick.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark method once with its first parameters: its setup compares the variants' results. */
class EveryBenchmarkTest {

    @Test
    void everyBenchmarkRuns() throws Exception {
        var options = new OptionsBuilder()
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(10))
                .param("length", "1021")
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        int methods = BenchmarkList.readBenchmarkList(
                        EveryBenchmarkTest.class.getResourceAsStream("/META-INF/BenchmarkList"))
                .size();
        assertThat(methods).isPositive();
        assertThat(results).hasSizeGreaterThanOrEqualTo(methods);
    }
}
