package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** The same work by all: ours in each format, float first, then ONNX Runtime's, its pruned float and its int8 last. */
final class RoundedRow {

    private static final int WARM_UP_MILLIS = 1500;

    private final List<String> names = new ArrayList<>();
    private final List<Runnable> works = new ArrayList<>();
    private final List<Double> differences = new ArrayList<>();
    private float[] expected;

    /** Runs it once and compares: what is in float must be our float model's output. */
    void add(String name, Runnable work, Supplier<float[]> output) {
        work.run();
        float[] y = output.get().clone();
        expected = expected == null ? y : expected;
        Outputs.same(name + " and our float model", y, expected, RoundedModels.allowed(name));
        names.add(name);
        works.add(work);
        differences.add(Outputs.difference(y, expected));
    }

    /** Of the works that were added, of some more, and what the ceilings are. */
    double[] medians(Rounds rounds, List<Runnable> more, List<DoubleSupplier> ceilings) {
        Rounds.warmUp(() -> Ceilings.fma(1), 500);
        List<Runnable> all = new ArrayList<>(works);
        all.addAll(more);
        return rounds.medians(all, ceilings, WARM_UP_MILLIS);
    }

    long bytes(int i) {
        return Rounds.allocated(works.get(i));
    }

    void write(Table table, String what, double[] m) {
        int onnx = names.size() - 2;
        for (int i = 0; i < names.size(); i++) {
            table.row(
                    what, names.get(i), m[i] / 1e6, m[0] / m[i], m[onnx] / m[i], m[onnx + 1] / m[i],
                    differences.get(i), i < onnx ? bytes(i) : null, m[names.size()]);
        }
    }

    int size() {
        return names.size();
    }

    String name(int i) {
        return names.get(i);
    }

    int indexOf(String name) {
        return names.indexOf(name);
    }

    double difference(int i) {
        return differences.get(i);
    }
}
