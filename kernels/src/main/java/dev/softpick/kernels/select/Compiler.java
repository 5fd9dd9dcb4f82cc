package dev.softpick.kernels.select;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Whether C2, which alone turns vectors into instructions, compiles in this JVM; elsewhere vectors are objects. */
final class Compiler {

    private Compiler() {}

    /** What costs nothing to ask: properties of the system. */
    static @Nullable String obstacleAtFirstSight() {
        String mode = System.getProperty("java.vm.info", "");
        if (mode.contains("interpreted mode") || mode.contains("emulated-client")) {
            return "this JVM runs without the C2 compiler";
        }
        // Seen with JDK 25 under emulation: right bits, but a megabyte of boxed vectors a forward pass.
        String architecture = System.getProperty("os.arch");
        return architecture.equals("s390x") ? "C2 does not turn vectors into instructions on s390x" : null;
    }

    /** The same, and the flags of the JVM where it has the module that tells them. */
    static @Nullable String obstacle() {
        String obstacle = obstacleAtFirstSight();
        if (obstacle == null && ModuleLayer.boot().findModule("jdk.management").isPresent()) {
            obstacle = Flags.obstacle();
        }
        return obstacle;
    }

    /** In a class of its own: the module may be missing. */
    private static final class Flags {

        /** The highest tier, C2's. */
        private static final int C2 = 4;

        static @Nullable String obstacle() {
            HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            String tier = value(jvm, "TieredStopAtLevel");
            if (tier != null && Integer.parseInt(tier) < C2 || "false".equals(value(jvm, "UseCompiler"))) {
                return "this JVM runs without the C2 compiler";
            }
            return "false".equals(value(jvm, "EnableVectorSupport"))
                    ? "this JVM runs with -XX:-EnableVectorSupport: C2 does not turn vectors into instructions" : null;
        }

        /** Null where this JVM has no such flag, or has not unlocked it. */
        private static @Nullable String value(@Nullable HotSpotDiagnosticMXBean jvm, String flag) {
            try {
                return jvm == null ? null : jvm.getVMOption(flag).getValue();
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }
}
