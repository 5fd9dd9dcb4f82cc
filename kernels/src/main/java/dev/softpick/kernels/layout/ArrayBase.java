package dev.softpick.kernels.layout;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** Where an array's data starts in the object: behind 16 bytes, or 12 with compact object headers. */
final class ArrayBase {

    private static final int CACHE_LINE = 64;
    private static final int USUAL = 16;
    private static final int COMPACT = 12;

    /** C2 of JDK 25 makes the flag unsafe, so nobody should be using it there, and asking takes a cold JVM 50 ms. */
    private static final int FIRST_JDK = 26;

    private ArrayBase() {}

    /** Floats from the first element to a cache line, where the object itself starts on one. */
    static int floatsToLine() {
        boolean compact = Runtime.version().feature() >= FIRST_JDK
                && ModuleLayer.boot().findModule("jdk.management").isPresent()
                && Flag.compactObjectHeaders();
        return floatsToLine(compact);
    }

    static int floatsToLine(boolean compact) {
        return (CACHE_LINE - (compact ? COMPACT : USUAL)) / Float.BYTES;
    }

    /** In a class of its own: the module may be missing. */
    private static final class Flag {
        static boolean compactObjectHeaders() {
            HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            try {
                return jvm != null && "true".equals(jvm.getVMOption("UseCompactObjectHeaders").getValue());
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
    }
}
