package dev.softpick.cli.report;

import dev.softpick.cli.report.Shapes.Rows64;
import dev.softpick.model.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What is said of softpick beside what was measured.
 *
 * @param supported whether the numbers support it
 */
record Claim(String claim, String measured, boolean supported) {

    /** Where a norm falls below this part of what it was at spread 1, it saturates. */
    private static final double SATURATED = 0.1;

    private static final double WIDEST = 64;

    static List<Claim> of(Shapes shapes, Saturation saturation, List<TrainedModel> models) {
        return List.of(range(shapes), sum(shapes), sign(shapes), saturates(saturation), sparse(models));
    }

    private static double extreme(Shapes shapes, ToDoubleFunction<WeightStatistics.Summary> what, boolean largest) {
        var values = shapes.rows().stream()
                .filter(rows -> rows.normalizer().equals(Normalizer.SOFTPICK.id()))
                .mapToDouble(rows -> what.applyAsDouble(rows.weights()));
        return largest ? values.max().orElseThrow() : values.min().orElseThrow();
    }

    private static Claim range(Shapes shapes) {
        double smallest = extreme(shapes, WeightStatistics.Summary::smallest, false);
        double largest = extreme(shapes, WeightStatistics.Summary::largest, true);
        float rounded = shapes.lone().stream()
                .filter(lone -> Rows.of(Normalizer.SOFTPICK, lone.weight()) == 1f)
                .map(Shapes.Lone::score)
                .findFirst()
                .orElse(Float.NaN);
        return new Claim(
                "Weights lie in (−1, 1)",
                text("Smallest %.3f, largest %.3f over 3,000 random rows of 64 scores. A lone key of score 100 gets "
                        + "%.4f; in float32, one of %,.0f rounds to exactly 1.", smallest, largest,
                        Rows.of(Normalizer.SOFTPICK, shapes.lone().get(2).weight()), rounded),
                smallest > -1 && largest < 1);
    }

    private static Claim sum(Shapes shapes) {
        double smallest = extreme(shapes, WeightStatistics.Summary::smallestSum, false);
        double largest = extreme(shapes, WeightStatistics.Summary::largestSum, true);
        return new Claim(
                "The sum of a row varies",
                text("From %.2f to %.2f over the same rows; softmax and ssmax: 1 to rounding.", smallest, largest),
                largest - smallest > 0.1);
    }

    private static Claim sign(Shapes shapes) {
        double least = shapes.rows().stream()
                .filter(rows -> rows.normalizer().equals(Normalizer.SOFTPICK.id()))
                .mapToDouble(Rows64::signKept)
                .min()
                .orElseThrow();
        double negative = shapes.rows().stream()
                .filter(rows -> !rows.normalizer().equals(Normalizer.SOFTPICK.id()))
                .mapToDouble(rows -> rows.weights().negative())
                .max()
                .orElseThrow();
        return new Claim(
                "The sign of the score is kept",
                text("%.1f %% of softpick’s weights have the sign of their score; of the other three’s, %.1f %% "
                        + "are negative.", 100 * least, 100 * negative),
                least == 1);
    }

    private static Claim saturates(Saturation saturation) {
        double softpick = saturation.at(Normalizer.SOFTPICK, WIDEST) / saturation.at(Normalizer.SOFTPICK, 1);
        double softmax = saturation.at(Normalizer.SOFTMAX, WIDEST) / saturation.at(Normalizer.SOFTMAX, 1);
        String rest = 100 * softmax < 0.001 ? "under 0.001 %" : text("%.3f %%", 100 * softmax);
        String slower = softpick > softmax ? "far more slowly than softmax’s" : "no more slowly than softmax’s";
        return new Claim(
                "No saturation",
                text("From spread 1 to %.0f the Jacobian’s norm falls to %.1f %% of what it was (softmax’s: %s). "
                        + "It shrinks like 1 over the spread: %s, but it does saturate.", WIDEST, 100 * softpick,
                        rest, slower),
                softpick > SATURATED);
    }

    private static Claim sparse(List<TrainedModel> models) {
        double[] small = shares(models, WeightStatistics.Summary::small);
        double[] zero = shares(models, WeightStatistics.Summary::zero);
        return new Claim(
                "Naturally sparse",
                text("In the trained models %.1f %% of softpick’s weights are below 0.001 and %.1f %% are 0; softmax "
                        + "%.1f and %.1f %%, ssmax %.1f and %.1f %%, rectified softpick %.1f and %.1f %%.",
                        small[0], zero[0], small[1], zero[1], small[2], zero[2], small[3], zero[3]),
                small[0] > small[1] && zero[0] > zero[1]);
    }

    /** Percent by normalizer, the mean over the models. */
    private static double[] shares(List<TrainedModel> models, ToDoubleFunction<WeightStatistics.Summary> what) {
        return Arrays.stream(Normalizer.values())
                .mapToDouble(normalizer -> 100
                        * models.stream()
                                .filter(model -> model.normalizer().equals(normalizer.id()))
                                .mapToDouble(model -> what.applyAsDouble(model.weights()))
                                .average()
                                .orElseThrow())
                .toArray();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values).replace(" -", " −");
    }
}
