package dev.softpick.cli.report;

import dev.softpick.kernels.CausalAttention;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.measure.Arithmetic;
import dev.softpick.measure.Gaussian;
import dev.softpick.measure.Turns.Plan;
import dev.softpick.measure.Turns.Timing;
import dev.softpick.measure.Turns.Work;
import dev.softpick.measure.Turns;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How fast the four are, each at three sizes of work, beside what the machine can do.
 *
 * @param gflops of the fastest matrix product of this run: the FMA ceiling
 * @param headSize of the attention that is timed
 * @param model whose forward pass is timed
 * @param threads that share one forward pass
 */
record Speed(
        double gflops, int headSize, String model, int threads, Curve rows, Curve attention, Curve forward) {

    private static final int HEAD_SIZE = 64;

    /** A product whose operands stay in the second cache. */
    private static final int M = 240;

    private static final int KN = 256;

    /** Share of a curve's time that goes to the compiler, before its first size, and how much is enough. */
    private static final double COMPILER = 0.25;

    private static final long COMPILED_NANOS = 3_000_000_000L;

    /**
     * Timings against a size.
     *
     * @param leftOut sizes for which there was no time
     */
    record Curve(List<Point> points, List<Integer> leftOut) {}

    /**
     * One size.
     *
     * @param nanos by normalizer
     * @param ceiling nanoseconds that the machine needs at least: to copy the row, or to do the arithmetic of softmax
     * @param stateCeiling to do the arithmetic of softpick, which beyond a chunk is less; null for rows
     */
    record Point(int size, Map<String, Timing> nanos, double ceiling, @Nullable Double stateCeiling) {

        double ratio() {
            return Rows.of(Normalizer.SOFTMAX, nanos).median() / Rows.of(Normalizer.SOFTPICK, nanos).median();
        }
    }

    /** What is timed at a size, and how much of it there is. */
    private record Subject(double share, IntFunction<List<Work>> works, IntToDoubleFunction amount) {}

    /** What is timed besides the normalizers, and the time that is left. */
    private static final class Run {
        private final Turns turns = new Turns(System::nanoTime);
        private final Effort effort;
        private final Runnable done;
        private double fastestProduct = Double.POSITIVE_INFINITY;

        Run(Effort effort, Runnable done) {
            this.effort = effort;
            this.done = done;
        }

        /** The timings of each size, as long as there is time for the next one. */
        Map<Integer, List<Timing>> curve(List<Integer> sizes, Subject subject) {
            long nanos = (long) (subject.share * effort.seconds() * 1e9);
            long end = System.nanoTime() + nanos;
            Plan warmUp = Plan.within(Math.min((long) (COMPILER * nanos), COMPILED_NANOS));
            turns.warmUp(subject.works.apply(sizes.get(sizes.size() / 2)), warmUp.nanos(), warmUp.turnNanos());
            Map<Integer, List<Timing>> timings = new LinkedHashMap<>();
            double pace = 0;
            for (int i = 0; i < sizes.size(); i++) {
                int size = sizes.get(i);
                double left = Math.max(end - System.nanoTime(), 0);
                double needed = pace * subject.amount.applyAsDouble(size);
                if (needed > left && effort != Effort.SMOKE) {
                    break;
                }
                // each gets what it needs at least, and all the same on top
                double neededByAll = pace * sizes.subList(i, sizes.size()).stream()
                        .mapToDouble(subject.amount::applyAsDouble)
                        .sum();
                double time = needed + Math.max(left - neededByAll, 0) / (sizes.size() - i);
                List<Timing> of = turns.measure(subject.works.apply(size), Plan.within((long) time));
                timings.put(size, of);
                double turn = of.stream().mapToDouble(Timing::median).sum();
                pace = Turns.FEWEST_TURNS * turn / subject.amount.applyAsDouble(size);
                done.run();
            }
            for (int i = timings.size(); i < sizes.size(); i++) {
                done.run();
            }
            return timings;
        }
    }

    /**
     * The models whose forward pass is timed: of these sizes, whatever output mode they come with, because
     * {@link Arithmetic#forward} counts a last block of one row.
     *
     * @throws IllegalArgumentException if a model cannot have so many threads
     */
    static Map<String, SoftpickTransformer> models(SoftpickConfig sizes, int threads) {
        SoftpickConfig.Builder config = sizes.toBuilder().outputMode(OutputMode.LAST_TIMESTEP);
        return Rows.each(normalizer ->
                SoftpickTransformer.random(config.normalizer(normalizer).build(), 1).parallelism(threads));
    }

    /** Takes about as long as the effort says; {@code done} runs after each size. */
    static Speed measure(Effort effort, Map<String, SoftpickTransformer> models, String model, Runnable done) {
        SoftpickTransformer softpick = Rows.of(Normalizer.SOFTPICK, models);
        SoftpickConfig config = softpick.config();
        Run run = new Run(effort, done);
        Map<Integer, List<Timing>> rows = run.curve(
                effort.rows(), new Subject(0.15, Speed::rowWorks, size -> size));
        Map<Integer, List<Timing>> attention = run.curve(
                effort.attention(), new Subject(
                        0.25, Speed::attentionWorks, size -> Arithmetic.attention(size, HEAD_SIZE, false)));
        Map<Integer, List<Timing>> forward = run.curve(
                effort.forward(),
                new Subject(0.6, steps -> forwardWorks(models, steps),
                        steps -> Arithmetic.forward(config, 1, steps, false)));
        for (Map<Integer, List<Timing>> timings : List.of(attention, forward)) {
            timings.values().forEach(of -> run.fastestProduct = Math.min(run.fastestProduct, of.getLast().median()));
        }
        double gflops = 2.0 * M * KN * KN / run.fastestProduct;
        double together = gflops * Math.min(softpick.parallelism(), Runtime.getRuntime().availableProcessors());
        return new Speed(
                gflops, HEAD_SIZE, model, softpick.parallelism(),
                curve(effort.rows(), rows, (size, of) -> new Point(size, named(of), of.getLast().median(), null)),
                curve(effort.attention(), attention, (size, of) -> new Point(
                        size, named(of), Arithmetic.attention(size, HEAD_SIZE, false) / gflops,
                        Arithmetic.attention(size, HEAD_SIZE, true) / gflops)),
                curve(effort.forward(), forward, (size, of) -> new Point(
                        size, named(of), Arithmetic.forward(config, 1, size, false) / together,
                        Arithmetic.forward(config, 1, size, true) / together)));
    }

    @FunctionalInterface
    private interface ToPoint {
        Point of(int size, List<Timing> timings);
    }

    private static Curve curve(List<Integer> sizes, Map<Integer, List<Timing>> timings, ToPoint point) {
        List<Point> points = new ArrayList<>();
        timings.forEach((size, of) -> points.add(point.of(size, of)));
        return new Curve(points, sizes.subList(points.size(), sizes.size()));
    }

    /** The timings of the normalizers, which come in their order. */
    private static Map<String, Timing> named(List<Timing> timings) {
        Iterator<Timing> inOrder = timings.iterator();
        return Rows.each(normalizer -> inOrder.next());
    }

    /** The normalizers in their order, then a copy. */
    private static List<Work> rowWorks(int n) {
        float[] x = Gaussian.of(1, n);
        float[] y = new float[n];
        return List.of(
                times -> {
                    for (int i = 0; i < times; i++) {
                        Softpick.normalize(x, 0, n, y, 0);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        Softmax.normalize(x, 0, n, y, 0);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        SSMax.normalize(x, 0, n, Rows.SSMAX_FACTOR, y, 0);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        RectifiedSoftpick.normalize(x, 0, n, y, 0);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        System.arraycopy(x, 0, y, 0, n);
                    }
                });
    }

    private static List<Work> attentionWorks(int steps) {
        float[] q = Gaussian.of(1, steps * HEAD_SIZE);
        float[] k = Gaussian.of(2, steps * HEAD_SIZE);
        float[] v = Gaussian.of(3, steps * HEAD_SIZE);
        float[] y = new float[steps * HEAD_SIZE];
        return List.of(
                times -> {
                    for (int i = 0; i < times; i++) {
                        CausalAttention.softpick(q, k, v, steps, HEAD_SIZE, y);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        CausalAttention.softmax(q, k, v, steps, HEAD_SIZE, y);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        CausalAttention.ssmax(q, k, v, steps, HEAD_SIZE, Rows.SSMAX_FACTOR, y);
                    }
                },
                times -> {
                    for (int i = 0; i < times; i++) {
                        CausalAttention.rectifiedSoftpick(q, k, v, steps, HEAD_SIZE, y);
                    }
                },
                product());
    }

    private static List<Work> forwardWorks(Map<String, SoftpickTransformer> models, int steps) {
        List<Work> works = new ArrayList<>();
        models.values().forEach(model -> {
            float[] x = Gaussian.of(1, steps * model.config().embedDim());
            float[] y = new float[model.outputSize()];
            works.add(times -> {
                for (int i = 0; i < times; i++) {
                    model.forward(x, 1, steps, y);
                }
            });
        });
        works.add(product());
        return works;
    }

    private static Work product() {
        float[] a = Gaussian.of(1, M * KN);
        PackedMatrix w = PackedMatrix.pack(Gaussian.of(2, KN * KN), KN, KN);
        float[] c = new float[M * KN];
        return times -> {
            for (int i = 0; i < times; i++) {
                MatMul.multiply(a, M, w, c);
            }
        };
    }
}
