package dev.softpick.cli.report;

/**
 * Where the figures come from. Names no host and no folder.
 *
 * @param backend {@code vector} or {@code scalar}
 * @param width of a vector in bits, 0 for none
 * @param flags of the JVM, those that have to do with speed
 * @param commit that was built, or unknown
 * @param command that repeats it
 */
record Method(
        String date, String machine, String jdk, String flags, String backend, int width, String version,
        String commit, String effort, String command, double seconds) {}
