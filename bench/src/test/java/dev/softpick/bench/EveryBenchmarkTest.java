package dev.softpick.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark method once with the first value of each parameter; its setup compares the variants. */
@Tag("long")
class EveryBenchmarkTest {

    @TestFactory
    Stream<DynamicTest> everyBenchmarkRuns() throws IOException {
        List<String> methods = BenchmarkList.readBenchmarkList(
                        EveryBenchmarkTest.class.getResourceAsStream("/META-INF/BenchmarkList"))
                .stream()
                .map(BenchmarkListEntry::getUsername)
                .distinct()
                .toList();
        assertThat(methods).isNotEmpty();
        return methods.stream().map(method -> DynamicTest.dynamicTest(method, () -> runs(method)));
    }

    private static void runs(String method) throws Exception {
        var options = new OptionsBuilder()
                .include("^" + Pattern.quote(method) + "$")
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(10))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        Class<?> type = Class.forName(method.substring(0, method.lastIndexOf('.')));
        for (var field : type.getFields()) {
            Param values = field.getAnnotation(Param.class);
            if (values != null) {
                options.param(field.getName(), values.value()[0]);
            }
        }
        Collection<RunResult> results = new Runner(options.build()).run();
        assertThat(results).hasSize(1);
    }
}
