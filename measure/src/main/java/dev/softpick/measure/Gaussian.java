package dev.softpick.measure;

import java.util.Random;

/** Normally distributed input, always the same for a seed. */
public final class Gaussian {

    private Gaussian() {}

    /** Mean 0, standard deviation 1. */
    public static float[] of(long seed, int length) {
        return of(seed, length, 1);
    }

    /** Mean 0. */
    public static float[] of(long seed, int length, double standardDeviation) {
        Random random = new Random(seed);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) (random.nextGaussian() * standardDeviation);
        }
        return x;
    }
}
