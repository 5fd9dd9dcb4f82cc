package dev.softpick.cli.report;

import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import dev.softpick.model.Normalizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/** The four normalizers on one row, chosen by name. */
final class Rows {

    /** SSMax's learned factor where there is no model that has learned one; those of the bundled models are near it. */
    static final float SSMAX_FACTOR = 0.4f;

    private Rows() {}

    static void normalize(Normalizer normalizer, float[] x, float[] y) {
        switch (normalizer) {
            case SOFTPICK -> Softpick.normalize(x, 0, x.length, y, 0);
            case SOFTMAX -> Softmax.normalize(x, 0, x.length, y, 0);
            case SSMAX -> SSMax.normalize(x, 0, x.length, SSMAX_FACTOR, y, 0);
            case RECTIFIED_SOFTPICK -> RectifiedSoftpick.normalize(x, 0, x.length, y, 0);
        }
    }

    static float[] weights(Normalizer normalizer, float[] scores) {
        float[] weights = new float[scores.length];
        normalize(normalizer, scores, weights);
        return weights;
    }

    /** The vector-Jacobian product. */
    static void backward(Normalizer normalizer, float[] x, float[] g, float[] dx) {
        switch (normalizer) {
            case SOFTPICK -> Softpick.backward(x, 0, g, 0, x.length, dx, 0);
            case SOFTMAX -> Softmax.backward(x, 0, g, 0, x.length, dx, 0);
            case SSMAX -> SSMax.backward(x, 0, g, 0, x.length, SSMAX_FACTOR, dx, 0);
            case RECTIFIED_SOFTPICK -> RectifiedSoftpick.backward(x, 0, g, 0, x.length, dx, 0);
        }
    }

    /** Something of each normalizer, by its name in model files. */
    static <T> Map<String, T> each(Function<Normalizer, T> what) {
        Map<String, T> all = new LinkedHashMap<>();
        for (Normalizer normalizer : Normalizer.values()) {
            all.put(normalizer.id(), what.apply(normalizer));
        }
        return all;
    }

    /** Normally distributed scores, always the same for a seed. */
    static float[] gaussian(long seed, int length, double spread) {
        Random random = new Random(seed);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) (random.nextGaussian() * spread);
        }
        return x;
    }
}
