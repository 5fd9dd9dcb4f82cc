package dev.softpick.cli.report;

import dev.softpick.model.Normalizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** The four normalizers on one row, chosen by name. */
final class Rows {

    /** SSMax's learned factor where there is no model that has learned one; those of the bundled models are near it. */
    static final float SSMAX_FACTOR = 0.4f;

    private Rows() {}

    static float[] weights(Normalizer normalizer, float[] scores) {
        return normalizer.weights(scores, SSMAX_FACTOR);
    }

    /** The vector-Jacobian product. */
    static float[] backward(Normalizer normalizer, float[] x, float[] g) {
        return normalizer.backward(x, g, SSMAX_FACTOR);
    }

    /** Something of each normalizer, by its name in model files. */
    static <T> Map<String, T> each(Function<Normalizer, T> what) {
        Map<String, T> all = new LinkedHashMap<>();
        for (Normalizer normalizer : Normalizer.values()) {
            all.put(normalizer.id(), what.apply(normalizer));
        }
        return all;
    }

    /** What {@link #each} has of one of them. */
    static <T> T of(Normalizer normalizer, Map<String, T> each) {
        return Objects.requireNonNull(each.get(normalizer.id()), normalizer.id());
    }
}
