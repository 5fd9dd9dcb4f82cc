package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.measure.Arithmetic;
import dev.softpick.measure.Gaussian;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.util.List;

/** Every window of a long series: the method for it beside a forward pass of all the windows. */
final class WindowTable {

    private static final int[] LAYERS = {6, 3, 2};

    /** Few, and more turns instead: a twentieth of a time is to be seen to a tenth. */
    private static final int WINDOWS = 40;

    private static final int TURNS_OF_A_ROUND = 3;
    private static final int WARM_UP_MILLIS = 1500;

    private WindowTable() {}

    static void measure(Result result, SoftpickConfig config, int rounds) {
        Table table = result.add(new Table(
                "windows", "Every window of a series, " + WINDOWS + " windows of " + config.windowSize() + " frames",
                "`forward` takes all windows in one call, laid out before, which is its fastest way. What they share"
                        + " (projection, first queries, keys and values) `forwardWindows` computes once a frame."
                        + " *Saved*: of `forward`'s time, and of its arithmetic. The outputs have the same bits. Three"
                        + " turns a round.",
                Column.number("layers", "layers"), Column.figure("forward_us", "forward, µs a window", "%,.0f"),
                Column.figure("windows_us", "forwardWindows, µs a window", "%,.0f"),
                Column.followed("ratio", "forward / forwardWindows", "%.3f"),
                Column.figure("allowed", "what the arithmetic allows", "%.3f"),
                Column.figure("saved", "time saved", "%.1f %%"),
                Column.figure("saved_arithmetic", "arithmetic saved", "%.1f %%"),
                Column.followed("percent", "of what can be saved", "%.0f %%")));
        for (int layers : LAYERS) {
            row(result, table, config.toBuilder().numLayers(layers).build(), rounds);
        }
    }

    private static void row(Result result, Table table, SoftpickConfig config, int rounds) {
        int embed = config.embedDim();
        int window = config.windowSize();
        int steps = WINDOWS + window - 1;
        SoftpickTransformer model = SoftpickTransformer.random(config, 1);
        model.warmUp();
        float[] series = Gaussian.of(2, steps * embed);
        float[] windows = new float[WINDOWS * window * embed];
        for (int i = 0; i < WINDOWS; i++) {
            System.arraycopy(series, i * embed, windows, i * window * embed, window * embed);
        }
        float[] all = new float[WINDOWS * model.outputSize()];
        float[] answers = new float[all.length];
        model.forward(windows, WINDOWS, window, all);
        model.forwardWindows(series, steps, answers);
        Outputs.same("forwardWindows and forward, " + config.numLayers() + " layers,", answers, all, 0);
        double[] m = new Rounds(TURNS_OF_A_ROUND * rounds).medians(
                List.of(
                        () -> model.forward(windows, WINDOWS, window, all),
                        () -> model.forwardWindows(series, steps, answers)),
                List.of(), WARM_UP_MILLIS);
        double needed = Arithmetic.forward(config, WINDOWS, window) / Arithmetic.windows(config, steps);
        double saved = 100 * (1 - m[1] / m[0]);
        double most = 100 * (1 - 1 / needed);
        table.row(
                config.numLayers(), m[0] / 1e3 / WINDOWS, m[1] / 1e3 / WINDOWS, m[0] / m[1], needed, saved, most,
                100 * saved / most);
        result.goal(Goals.windows(config.numLayers()), 100 * saved / most);
    }
}
