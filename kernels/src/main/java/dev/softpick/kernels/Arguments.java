package dev.softpick.kernels;

import java.util.Arrays;

/** The checks at the public door; each message names the argument, its value and what is allowed. */
final class Arguments {

    private Arguments() {}

    static void atLeast(String name, int value, int smallest) {
        if (value < smallest) {
            throw new IllegalArgumentException(name + " is " + value + "; allowed is " + smallest + " or more");
        }
    }

    static void notNull(String name, Object value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is null");
        }
    }

    /** The array has exactly this many elements. */
    static void length(String name, float[] x, long length) {
        notNull(name, x);
        if (x.length != length) {
            throw new IllegalArgumentException(name + " has " + x.length + " elements; " + length + " are needed");
        }
    }

    /** The elements {@code offset … offset + length − 1} exist. */
    static void range(String name, float[] x, int offset, long length) {
        notNull(name, x);
        if (offset < 0 || length < 0 || offset + length > x.length) {
            throw new IllegalArgumentException(name + " has " + x.length + " elements; offset " + offset
                    + " and length " + length + " do not lie within it");
        }
    }

    /** Two ranges of one array are the same or do not meet. */
    static void sameOrApart(float[] x, int xOffset, float[] out, int outOffset, long length) {
        if (x == out && xOffset != outOffset && Math.abs((long) xOffset - outOffset) < length) {
            throw new IllegalArgumentException("outOffset is " + outOffset + "; in the array that is read from "
                    + xOffset + " on it must be " + xOffset + " or " + length + " away");
        }
    }

    /** Three rows of one length, the last of which meets neither of the others. */
    static void gradient(float[] x, int xOffset, float[] g, int gOffset, int length, float[] dx, int dxOffset) {
        range("x", x, xOffset, length);
        range("g", g, gOffset, length);
        range("dx", dx, dxOffset, length);
        apart("x", x, xOffset, dx, dxOffset, length);
        apart("g", g, gOffset, dx, dxOffset, length);
    }

    private static void apart(String name, float[] x, int xOffset, float[] dx, int dxOffset, long length) {
        if (x == dx && Math.abs((long) xOffset - dxOffset) < length) {
            throw new IllegalArgumentException("dxOffset is " + dxOffset + "; in the array that holds " + name
                    + " from " + xOffset + " on it must be " + length + " or more away");
        }
    }

    static String text(int[] shape) {
        return Arrays.toString(shape);
    }
}
