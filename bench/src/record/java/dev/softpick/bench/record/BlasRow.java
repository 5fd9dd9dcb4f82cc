package dev.softpick.bench.record;

import dev.ludovic.netlib.blas.JavaBLAS;
import dev.softpick.bench.peers.Ceilings;
import dev.softpick.bench.peers.Turns;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;

/**
 * {@code C = A·B} on one thread, ours with packed weights, netlib's VectorBLAS and EJML's: medians of nanoseconds a
 * call. netlib stores columns, so it computes {@code Cᵀ = Bᵀ·Aᵀ}, from the weights as they are and from weights
 * transposed in advance.
 *
 * @param fma peak in GFLOP/s, measured between the calls
 */
record BlasRow(
        int m, int k, int n, double ours, double netlib, double netlibTransposed, double ejml, double fma) {

    static final String HEADER = """
            | M×K×N | ours | VectorBLAS | VectorBLAS, transposed weights | EJML | ours / better VectorBLAS\
             | ours / EJML | FMA peak |
            |---|---|---|---|---|---|---|---|
            """;

    private static final int WARM_UP_MILLIS = 1000;

    String line() {
        return String.format(
                Locale.ROOT, "| %d×%d×%d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f |",
                m, k, n, gflops(ours), gflops(netlib), gflops(netlibTransposed), gflops(ejml),
                Math.min(netlib, netlibTransposed) / ours, ejml / ours, fma);
    }

    private double gflops(double nanos) {
        return 2.0 * m * k * n / nanos;
    }

    /** Compares the outputs, then measures in turns. */
    static BlasRow measure(int m, int k, int n, int rounds) {
        Random random = new Random(1);
        float[] a = gaussian(random, m * k);
        float[] b = gaussian(random, k * n);
        float[] transposed = new float[k * n];
        for (int row = 0; row < k; row++) {
            for (int column = 0; column < n; column++) {
                transposed[column * k + row] = b[row * n + column];
            }
        }
        PackedMatrix packed = PackedMatrix.pack(b, k, n);
        JavaBLAS blas = vectorBlas();
        float[] out = new float[m * n];
        float[] netlibOut = new float[m * n];
        float[] transposedOut = new float[m * n];
        FMatrixRMaj ejmlA = FMatrixRMaj.wrap(m, k, a);
        FMatrixRMaj ejmlB = FMatrixRMaj.wrap(k, n, b);
        FMatrixRMaj ejmlOut = new FMatrixRMaj(m, n);

        Runnable ours = () -> MatMul.multiply(a, m, packed, out);
        Runnable netlib = () -> blas.sgemm("N", "N", n, m, k, 1, b, n, a, k, 0, netlibOut, n);
        Runnable netlibTransposed = () -> blas.sgemm("T", "N", n, m, k, 1, transposed, k, a, k, 0, transposedOut, n);
        Runnable ejml = () -> CommonOps_FDRM.mult(ejmlA, ejmlB, ejmlOut);
        List<Runnable> works = List.of(ours, netlib, netlibTransposed, ejml);
        works.forEach(Runnable::run);
        double allowed = 1e-4 * Math.sqrt(k);
        Turns.same("VectorBLAS", netlibOut, out, allowed);
        Turns.same("VectorBLAS, transposed weights", transposedOut, out, allowed);
        Turns.same("EJML", ejmlOut.getData(), out, allowed);
        double[] medians = Turns.medians(works, List.of(() -> Ceilings.fma(1)), rounds, WARM_UP_MILLIS);
        return new BlasRow(m, k, n, medians[0], medians[1], medians[2], medians[3], medians[4]);
    }

    /** What netlib picks, if it is the one that is meant. */
    private static JavaBLAS vectorBlas() {
        JavaBLAS blas = JavaBLAS.getInstance();
        if (!blas.getClass().getSimpleName().equals("VectorBLAS")) {
            throw new IllegalStateException(
                    "netlib picked " + blas.getClass().getName() + "; VectorBLAS needs jdk.incubator.vector");
        }
        return blas;
    }

    static float[] gaussian(Random random, int length) {
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
