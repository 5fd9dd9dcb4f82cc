package dev.softpick.bench.peers;

import com.google.gson.Gson;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Gaussian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Our matmul and OpenBLAS's in turns, in a process of its own: OpenBLAS takes its threads and core type from the
 * environment when it is loaded. {@link MatMulTable} starts it and reads the JSON lines that it prints.
 */
final class MatMulTurns {

    /** Weights of six layers, which do not fit in L2. */
    private static final int STREAMED_FLOATS = 19 << 18;

    private static final int WARM_UP_MILLIS = 1500;

    /** Where the weights come from. */
    static final String ONE = "one matrix";

    static final String CYCLED = "cycled";
    static final String PACKING = "packing included";

    /** {@code copies} of the weights are used in turns; with {@code packing} ours packs them in every call. */
    private record Shape(int m, int k, int n, int copies, boolean packing) {}

    private MatMulTurns() {}

    /** Takes the number of rounds; prints a line per shape. */
    public static void main(String[] args) {
        int rounds = Integer.parseInt(args[0]);
        for (Shape shape : shapes()) {
            measure(shape, rounds);
        }
    }

    /** The model's matrices from L2 and from L3, one row of input, a large square with packing, an odd one. */
    private static List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        int[][] matrices = {{256, 768}, {256, 256}, {256, 1024}, {1024, 256}};
        for (int m : new int[] {60, 480}) {
            for (int[] kn : matrices) {
                shapes.add(new Shape(m, kn[0], kn[1], 1, false));
                shapes.add(new Shape(m, kn[0], kn[1], Math.ceilDiv(STREAMED_FLOATS, kn[0] * kn[1]), false));
            }
        }
        shapes.add(new Shape(1, 256, 1024, 1, false));
        shapes.add(new Shape(1, 256, 1024, Math.ceilDiv(STREAMED_FLOATS, 256 * 1024), false));
        shapes.add(new Shape(1024, 1024, 1024, 1, true));
        shapes.add(new Shape(37, 61, 129, 1, false));
        return shapes;
    }

    private static void measure(Shape shape, int rounds) {
        int m = shape.m();
        int k = shape.k();
        int n = shape.n();
        float[] a = Gaussian.of(1, m * k);
        float[] out = new float[m * n];
        float[][] b = new float[shape.copies()][];
        PackedMatrix[] packed = new PackedMatrix[b.length];
        FloatPointer[] theirB = new FloatPointer[b.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = Gaussian.of(2 + i, k * n);
            packed[i] = PackedMatrix.pack(b[i], k, n);
            theirB[i] = aligned(b[i].length).put(b[i]);
        }
        FloatPointer theirA = aligned(a.length).put(a);
        FloatPointer theirOut = aligned(out.length);

        int[] turn = new int[2];
        Runnable ours = () -> {
            int i = turn[0]++ % packed.length;
            MatMul.multiply(a, m, shape.packing() ? PackedMatrix.pack(b[i], k, n) : packed[i], out);
        };
        Runnable theirs = () -> openblas_nolapack.cblas_sgemm(
                openblas_nolapack.CblasRowMajor, openblas_nolapack.CblasNoTrans, openblas_nolapack.CblasNoTrans,
                m, n, k, 1f, theirA, k, theirB[turn[1]++ % theirB.length], n, 0f, theirOut, n);
        ours.run();
        theirs.run();
        float[] theirValues = new float[out.length];
        theirOut.get(theirValues);
        Outputs.same("OpenBLAS " + shape + " and ours", theirValues, out, 1e-4 * Math.sqrt(k));

        float[] bytes = new float[k * n * b.length];
        Arrays.fill(bytes, 1f); // untouched pages are all the same one
        Rounds.warmUp(() -> Ceilings.fma(1), 1000);
        Rounds.warmUp(() -> Ceilings.read(bytes), 200);
        List<DoubleSupplier> ceilings = List.of(() -> Ceilings.fma(1), () -> Ceilings.read(bytes));
        double[] medians = new Rounds(rounds).medians(List.of(ours, theirs), ceilings, WARM_UP_MILLIS);
        String source = shape.packing() ? PACKING : shape.copies() > 1 ? CYCLED : ONE;
        System.out.println(new Gson().toJson(
                new MatMulTable.Row(m, k, n, source, medians[0], medians[1], medians[2], medians[3])));
    }

    /** Native memory from a multiple of 64 bytes on. */
    private static FloatPointer aligned(int length) {
        FloatPointer x = new FloatPointer(length + 16L);
        long skip = (64 - (x.address() & 63)) % 64 / Float.BYTES;
        return x.position(skip);
    }
}
