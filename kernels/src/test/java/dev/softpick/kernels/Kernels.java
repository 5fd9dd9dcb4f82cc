package dev.softpick.kernels;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What the tests of the row kernels share: backends, lengths, inputs. */
final class Kernels {

    /** Elements before and behind a row; they hold a canary. */
    static final int GAP = 5;

    static final float CANARY = Float.intBitsToFloat(0x7fc0dead);

    private Kernels() {}

    /** Scalar first, then vector where this JVM has it. */
    static List<Backend> backends() {
        return Backends.hasVector()
                ? List.of(Backends.scalar(), Backends.vector())
                : List.of(Backends.scalar());
    }

    /**
     * Whether scalar kernels are to read the panels of every width, not just those of this JVM's vectors: that is the
     * same in every fork, and has its turn in the one without vectors.
     */
    static boolean scalarOfEveryWidth() {
        return !System.getProperty("softpick.test.fork", "scalar").startsWith("vector");
    }

    /** Every length around vectors and lanes, primes, and around the blocks of 2,048. */
    static IntStream lengths() {
        return IntStream.concat(
                IntStream.rangeClosed(0, 3 * 64 + 1), IntStream.of(257, 509, 1021, 2047, 2048, 2049, 2111, 4096, 6151));
    }

    /** An output before anything is written to it. */
    static float[] unwritten(int length) {
        float[] out = new float[length];
        Arrays.fill(out, Float.NaN);
        return out;
    }

    /** The row with a canary on either side. */
    static float[] framed(float[] row) {
        float[] framed = new float[row.length + 2 * GAP];
        Arrays.fill(framed, CANARY);
        System.arraycopy(row, 0, framed, GAP, row.length);
        return framed;
    }

    /** The row inside, after a check that nothing beside it was written. */
    static float[] unframed(String what, float[] framed) {
        for (int i = 0; i < GAP; i++) {
            if (Float.floatToRawIntBits(framed[i]) != Float.floatToRawIntBits(CANARY)
                    || Float.floatToRawIntBits(framed[framed.length - 1 - i]) != Float.floatToRawIntBits(CANARY)) {
                throw new AssertionError(what + ": wrote beside the row");
            }
        }
        return Arrays.copyOfRange(framed, GAP, framed.length - GAP);
    }
}
