package dev.softpick.bench.record;

import dev.ludovic.netlib.blas.JavaBLAS;
import dev.softpick.bench.harness.Ceilings;
import dev.softpick.bench.harness.Column;
import dev.softpick.bench.harness.Outputs;
import dev.softpick.bench.harness.Result;
import dev.softpick.bench.harness.Rounds;
import dev.softpick.bench.harness.Table;
import dev.softpick.kernels.MatMul;
import dev.softpick.kernels.PackedMatrix;
import dev.softpick.measure.Gaussian;
import java.util.List;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;

/**
 * {@code C = A·B} on one thread, ours with packed weights, netlib's VectorBLAS and EJML's. netlib stores columns, so
 * it computes {@code Cᵀ = Bᵀ·Aᵀ}, from the weights as they are and from weights transposed in advance.
 */
final class BlasTable {

    private static final int[][] SIZES = {{60, 256, 768}, {60, 256, 1024}, {60, 1024, 256}, {480, 256, 1024}};
    private static final int WARM_UP_MILLIS = 1000;

    private BlasTable() {}

    static void measure(Result result, int rounds) {
        Table table = result.add(new Table(
                "matmul", "Matmul, netlib VectorBLAS and EJML, GFLOP/s",
                "Ours takes weights packed in advance. netlib stores columns and computes Cᵀ = Bᵀ·Aᵀ.",
                Column.key("shape", "M×K×N"), Column.figure("ours_gflops", "ours", "%.1f"),
                Column.figure("vectorblas_gflops", "VectorBLAS", "%.1f"),
                Column.figure("vectorblas_transposed_gflops", "VectorBLAS, transposed weights", "%.1f"),
                Column.figure("ejml_gflops", "EJML", "%.1f"),
                Column.followed("vectorblas_ratio", "ours / better VectorBLAS", "%.1f"),
                Column.followed("ejml_ratio", "ours / EJML", "%.1f"), Column.figure("fma_gflops", "FMA peak", "%.0f")));
        for (int[] size : SIZES) {
            double[] m = medians(size[0], size[1], size[2], rounds);
            double flop = 2.0 * size[0] * size[1] * size[2];
            table.row(
                    size[0] + "×" + size[1] + "×" + size[2], flop / m[0], flop / m[1], flop / m[2], flop / m[3],
                    Math.min(m[1], m[2]) / m[0], m[3] / m[0], m[4]);
        }
    }

    /** Compares the outputs, then measures ours, netlib's two and EJML in turns, and the FMA peak. */
    private static double[] medians(int m, int k, int n, int rounds) {
        float[] a = Gaussian.of(1, m * k);
        float[] b = Gaussian.of(2, k * n);
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
        Outputs.same("VectorBLAS and ours", netlibOut, out, allowed);
        Outputs.same("VectorBLAS, transposed weights and ours", transposedOut, out, allowed);
        Outputs.same("EJML and ours", ejmlOut.getData(), out, allowed);
        return new Rounds(rounds).medians(works, List.of(() -> Ceilings.fma(1)), WARM_UP_MILLIS);
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
}
