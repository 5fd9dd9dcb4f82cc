package dev.softpick.kernels.vector;

import dev.softpick.kernels.layout.ColumnSums;
import dev.softpick.kernels.numerics.VirtualLanes;
import dev.softpick.kernels.scalar.ScalarSoftpick;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code x_i / (1 + Σ|x_j|)}: one pass for the sum, one that multiplies with the reciprocal. A vector division takes 16
 * cycles for 64 bytes, more than memory does.
 *
 * <p>Columns: a narrow block is read as one flat array. Its element i adds to number {@code i mod 64·columns}, so that
 * the virtual lanes lie behind one another, a row of numbers each, and fold by halves. The lanes of a wide block are
 * too many to keep; it goes in strips, one lane after the other, the lanes' numbers in bit-reversed order, so that
 * their sums merge like the digits of a binary counter: the same tree.
 */
final class VectorSoftpick {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> BITS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int COUNT = VirtualLanes.COUNT;
    private static final int BLOCK = VirtualLanes.BLOCK;
    private static final int STRIP = ColumnSums.COLUMNS;

    /** Most columns of a narrow block. */
    private static final int NARROW = ColumnSums.FLOATS / COUNT;

    private VectorSoftpick() {}

    static void softpick(float[] x, int xOffset, float[] out, int outOffset, int length) {
        double sum = VectorReduce.absSum(x, xOffset, length);
        if (sum > ScalarSoftpick.LARGEST_SUM) {
            ScalarSoftpick.column(x, xOffset, out, outOffset, length, 1);
            return;
        }
        float scale = (float) (1 / (1 + sum));
        VectorPasses.scale(x, xOffset, scale, out, outOffset, length);
    }

    /** The steps of {@code ScalarSoftpick.backward}. */
    static void backward(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        double sum = VectorReduce.absSum(x, xOffset, length);
        if (sum > ScalarSoftpick.LARGEST_SUM) {
            ScalarSoftpick.largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        double share = 1 / (1 + sum);
        float mean = (float) (VectorDot.dot(x, xOffset, g, gOffset, length) * share);
        if (!Float.isFinite(mean)) {
            ScalarSoftpick.largeBackward(x, xOffset, g, gOffset, length, dx, dxOffset);
            return;
        }
        spread(x, xOffset, g, gOffset, length, mean, (float) share, dx, dxOffset);
    }

    /** {@code dx = (g − sign(x)·mean)·scale}. */
    private static void spread(
            float[] x, int xo, float[] g, int go, int n, float mean, float scale, float[] dx, int dxo) {
        FloatVector none = FloatVector.broadcast(SPECIES, 0f * mean);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector value = FloatVector.fromArray(SPECIES, x, xo + i);
            FloatVector part = none.blend(mean, value.compare(VectorOperators.GT, 0f))
                    .blend(-mean, value.compare(VectorOperators.LT, 0f));
            FloatVector.fromArray(SPECIES, g, go + i).sub(part).mul(scale).intoArray(dx, dxo + i);
        }
        if (i < n) {
            VectorMask<Float> mask = SPECIES.indexInRange(i, n);
            FloatVector value = FloatVector.fromArray(SPECIES, x, xo + i, mask);
            FloatVector part = none.blend(mean, value.compare(VectorOperators.GT, 0f))
                    .blend(-mean, value.compare(VectorOperators.LT, 0f));
            FloatVector.fromArray(SPECIES, g, go + i, mask).sub(part).mul(scale).intoArray(dx, dxo + i, mask);
        }
    }

    static void softpickColumns(float[] x, int xOffset, float[] out, int outOffset, int length, int columns) {
        ColumnSums scratch = ColumnSums.take();
        int width = columns <= NARROW ? columns : STRIP;
        for (int column = 0; column < columns; column += width) {
            int rest = Math.min(width, columns - column);
            strip(x, xOffset + column, out, outOffset + column, length, columns, rest, scratch);
        }
        scratch.giveBack();
    }

    private static void strip(
            float[] x, int xOffset, float[] out, int outOffset, int length, int stride, int width,
            ColumnSums scratch) {
        boolean narrow = stride <= NARROW;
        float[] partial = scratch.partial;
        double[] sums = scratch.sums;
        Arrays.fill(sums, 0, width, 0);
        for (int i = 0; i < length; i += BLOCK) {
            int n = Math.min(BLOCK, length - i);
            int at = xOffset + i * stride;
            int total = narrow ? sumFlat(x, at, n, stride, partial) : sum(x, at, stride, n, width, partial);
            for (int c = 0; c < width; c++) {
                sums[c] += partial[total + c];
            }
        }
        if (!ScalarSoftpick.reciprocals(sums, partial, width)) {
            for (int c = 0; c < width; c++) {
                ScalarSoftpick.column(x, xOffset + c, out, outOffset + c, length, stride);
            }
        } else if (narrow) {
            scaleFlat(x, xOffset, partial, out, outOffset, length * stride, stride);
        } else {
            scale(x, xOffset, partial, out, outOffset, length, stride, width);
        }
    }

    /** Leaves the absolute sums of n rows at the start of {@code partial}; returns where that is. */
    private static int sumFlat(float[] x, int offset, int n, int columns, float[] partial) {
        IntVector magnitude = IntVector.broadcast(BITS, Integer.MAX_VALUE);
        FloatVector zero = FloatVector.zero(SPECIES);
        int total = n * columns;
        int size = ColumnSums.lanes(n) * columns;
        for (int first = 0; first < size; first += 2 * LANES) {
            FloatVector a = zero;
            FloatVector b = zero;
            int i = first;
            for (; i <= total - 2 * LANES; i += COUNT * columns) {
                var va = FloatVector.fromArray(SPECIES, x, offset + i).reinterpretAsInts();
                var vb = FloatVector.fromArray(SPECIES, x, offset + i + LANES).reinterpretAsInts();
                a = a.add(va.and(magnitude).reinterpretAsFloats());
                b = b.add(vb.and(magnitude).reinterpretAsFloats());
            }
            if (i < total) {
                int at = offset + i;
                a = a.add(FloatVector.fromArray(SPECIES, x, at, SPECIES.indexInRange(i, total)).abs());
                b = b.add(FloatVector.fromArray(SPECIES, x, at + LANES, SPECIES.indexInRange(i + LANES, total)).abs());
            }
            a.intoArray(partial, first);
            b.intoArray(partial, first + LANES);
        }
        for (int half = size / 2; half >= columns; half /= 2) {
            // The last step also writes behind the half, where everything has been read.
            for (int i = 0; i < half; i += LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, partial, i);
                a.add(FloatVector.fromArray(SPECIES, partial, i + half)).intoArray(partial, i);
            }
        }
        return 0;
    }

    /** Row after row with the scales repeated, so that a vector may run from one row into the next. */
    private static void scaleFlat(
            float[] x, int xOffset, float[] scale, float[] out, int outOffset, int total, int columns) {
        for (int c = 0; c < LANES; c++) {
            scale[columns + c] = scale[c];
        }
        int step = LANES % columns;
        int c = 0;
        int i = 0;
        for (; i <= total - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + i);
            v.mul(FloatVector.fromArray(SPECIES, scale, c)).intoArray(out, outOffset + i);
            c += step;
            c -= c < columns ? 0 : columns;
        }
        if (i < total) {
            VectorMask<Float> mask = SPECIES.indexInRange(i, total);
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + i, mask);
            v.mul(FloatVector.fromArray(SPECIES, scale, c)).intoArray(out, outOffset + i, mask);
        }
    }

    /** Leaves the absolute sums of n rows of a strip in {@code partial}; returns where. */
    private static int sum(float[] x, int offset, int stride, int n, int width, float[] partial) {
        IntVector magnitude = IntVector.broadcast(BITS, Integer.MAX_VALUE);
        FloatVector zero = FloatVector.zero(SPECIES);
        int full = SPECIES.loopBound(width);
        VectorMask<Float> mask = SPECIES.indexInRange(full, width);
        int lanes = ColumnSums.lanes(n);
        int next = COUNT * stride;
        int level = 0;
        for (int j = 0; j < lanes; j++) {
            int lane = ColumnSums.lane(j, lanes);
            level = Integer.numberOfTrailingZeros(~j);
            int row = offset + lane * stride;
            int column = 0;
            for (; column <= width - 4 * LANES; column += 4 * LANES) {
                FloatVector a = zero;
                FloatVector b = zero;
                FloatVector c = zero;
                FloatVector d = zero;
                int at = row + column;
                for (int i = lane; i < n; i += COUNT) {
                    var va = FloatVector.fromArray(SPECIES, x, at).reinterpretAsInts();
                    var vb = FloatVector.fromArray(SPECIES, x, at + LANES).reinterpretAsInts();
                    var vc = FloatVector.fromArray(SPECIES, x, at + 2 * LANES).reinterpretAsInts();
                    var vd = FloatVector.fromArray(SPECIES, x, at + 3 * LANES).reinterpretAsInts();
                    a = a.add(va.and(magnitude).reinterpretAsFloats());
                    b = b.add(vb.and(magnitude).reinterpretAsFloats());
                    c = c.add(vc.and(magnitude).reinterpretAsFloats());
                    d = d.add(vd.and(magnitude).reinterpretAsFloats());
                    at += next;
                }
                int to = column;
                for (; to < level * STRIP; to += STRIP) {
                    a = a.add(FloatVector.fromArray(SPECIES, partial, to));
                    b = b.add(FloatVector.fromArray(SPECIES, partial, to + LANES));
                    c = c.add(FloatVector.fromArray(SPECIES, partial, to + 2 * LANES));
                    d = d.add(FloatVector.fromArray(SPECIES, partial, to + 3 * LANES));
                }
                a.intoArray(partial, to);
                b.intoArray(partial, to + LANES);
                c.intoArray(partial, to + 2 * LANES);
                d.intoArray(partial, to + 3 * LANES);
            }
            for (; column < full; column += LANES) {
                FloatVector a = zero;
                int at = row + column;
                for (int i = lane; i < n; i += COUNT) {
                    a = a.add(FloatVector.fromArray(SPECIES, x, at).abs());
                    at += next;
                }
                int to = column;
                for (; to < level * STRIP; to += STRIP) {
                    a = a.add(FloatVector.fromArray(SPECIES, partial, to));
                }
                a.intoArray(partial, to);
            }
            if (column < width) {
                FloatVector a = zero;
                int at = row + column;
                for (int i = lane; i < n; i += COUNT) {
                    a = a.add(FloatVector.fromArray(SPECIES, x, at, mask).abs());
                    at += next;
                }
                int to = column;
                for (; to < level * STRIP; to += STRIP) {
                    a = a.add(FloatVector.fromArray(SPECIES, partial, to));
                }
                a.intoArray(partial, to);
            }
        }
        return level * STRIP;
    }

    private static void scale(
            float[] x, int xOffset, float[] scale, float[] out, int outOffset, int length, int stride, int width) {
        int full = SPECIES.loopBound(width);
        VectorMask<Float> mask = SPECIES.indexInRange(full, width);
        for (int row = 0; row < length; row++) {
            int from = xOffset + row * stride;
            int to = outOffset + row * stride;
            for (int c = 0; c < full; c += LANES) {
                FloatVector v = FloatVector.fromArray(SPECIES, x, from + c);
                v.mul(FloatVector.fromArray(SPECIES, scale, c)).intoArray(out, to + c);
            }
            if (full < width) {
                FloatVector v = FloatVector.fromArray(SPECIES, x, from + full, mask);
                v.mul(FloatVector.fromArray(SPECIES, scale, full)).intoArray(out, to + full, mask);
            }
        }
    }
}
