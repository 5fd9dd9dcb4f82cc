package dev.softpick.kernels;

import java.util.Arrays;
import org.assertj.core.api.Assertions;

/** Compares arrays bit by bit; any NaN equals any NaN. */
final class Bits {

    private Bits() {}

    static void assertEqual(String what, float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            Assertions.fail(what + ": " + actual.length + " elements, expected " + expected.length);
        }
        int at = Arrays.mismatch(actual, expected);
        if (at >= 0) {
            Assertions.fail(what + ", element " + at + ": " + actual[at] + ", expected " + expected[at]);
        }
    }
}
