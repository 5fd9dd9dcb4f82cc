package dev.softpick.bench.peers;

import dev.softpick.kernels.RectifiedSoftpick;
import dev.softpick.kernels.Reduce;
import dev.softpick.kernels.SSMax;
import dev.softpick.kernels.Softmax;
import dev.softpick.kernels.Softpick;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Sums and normalizers over rows, in GB/s of the bytes that must move: reading for the sum, reading and writing for the
 * others.
 *
 * @param rows number of rows
 * @param length elements of a row
 * @param source which memory they fit in
 * @param read GB/s of reading as many bytes
 * @param copy GB/s of copying as many, vector by vector
 * @param arrayCopy GB/s of {@code System.arraycopy}
 */
record RowTurns(
        int rows, int length, String source, double absSum, double softpick, double softmax, double ssmax,
        double rectified, double read, double copy,
        double arrayCopy) {

    private static final int WARM_UP_MILLIS = 600;
    private static final float FACTOR = 0.4f;

    /** Keeps the sums, so that they are computed. */
    private static volatile float sink;

    static RowTurns measure(int rows, int length, String source, int rounds) {
        float[] x = WidthTurns.gaussian(new Random(1), rows * length);
        float[] y = new float[x.length];
        List<Runnable> works = List.of(
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        sink = Reduce.absSum(x, i, length);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        Softpick.normalize(x, i, length, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        Softmax.normalize(x, i, length, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        SSMax.normalize(x, i, length, FACTOR, y, i);
                    }
                },
                () -> {
                    for (int i = 0; i < x.length; i += length) {
                        RectifiedSoftpick.normalize(x, i, length, y, i);
                    }
                });
        Turns.warmUp(() -> Ceilings.read(x), 300);
        Turns.warmUp(() -> Ceilings.copy(x, y), 300);
        List<DoubleSupplier> ceilings =
                List.of(() -> Ceilings.read(x), () -> Ceilings.copy(x, y), () -> Ceilings.arrayCopy(x, y));
        double[] m = Turns.medians(works, ceilings, rounds, WARM_UP_MILLIS);
        double bytes = 4.0 * x.length;
        return new RowTurns(
                rows, length, source, bytes / m[0], 2 * bytes / m[1], 2 * bytes / m[2], 2 * bytes / m[3],
                2 * bytes / m[4], m[5], m[6], m[7]);
    }
}
