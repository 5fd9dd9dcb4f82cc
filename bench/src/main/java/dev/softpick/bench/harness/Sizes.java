package dev.softpick.bench.harness;

import java.util.Arrays;

/** Shapes as they are written on a command line. */
public final class Sizes {

    private Sizes() {}

    /**
     * The numbers of a shape such as {@code 60x256x768}.
     *
     * @throws IllegalArgumentException if it is none of so many numbers from 1 up
     */
    public static int[] parse(String shape, int count) {
        String[] parts = shape.split("x", -1);
        if (parts.length != count || !Arrays.stream(parts).allMatch(part -> part.matches("[1-9]\\d{0,6}"))) {
            throw new IllegalArgumentException("the shape is '" + shape + "'; allowed are " + count
                    + " whole numbers from 1, for instance " + "8x60x64".substring(0, count == 2 ? 4 : 7));
        }
        return Arrays.stream(parts).mapToInt(Integer::parseInt).toArray();
    }
}
