package dev.softpick.kernels.select;

import dev.softpick.kernels.numerics.FusedMultiplyAdd;
import dev.softpick.kernels.vector.VectorWidth;
import org.jspecify.annotations.Nullable;

/**
 * What the choice of a backend depends on.
 *
 * @param vectorModule whether {@code jdk.incubator.vector} is in the boot layer
 * @param compiler why C2 will not turn vectors into instructions; null where it will, as far as the JVM tells
 * @param width of the vectors that the machine prefers, in bits; 0 without the module
 * @param fusedMultiplyAdd whether it is an instruction
 */
record Machine(boolean vectorModule, @Nullable String compiler, int width, boolean fusedMultiplyAdd) {

    static final String VECTOR_MODULE = "jdk.incubator.vector";

    /** This machine, without the flags of the JVM, which take a cold one 50 ms to ask for. */
    static Machine atFirstSight() {
        return with(Compiler.obstacleAtFirstSight());
    }

    /** This machine. */
    static Machine here() {
        return with(Compiler.obstacle());
    }

    private static Machine with(@Nullable String compiler) {
        boolean module = ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
        return new Machine(module, compiler, module ? VectorWidth.BITS : 0, FusedMultiplyAdd.HARDWARE);
    }

    /** Why vector kernels cannot run here, or would not be right; null where they can. */
    @Nullable String refusal() {
        if (!vectorModule) {
            return "module " + VECTOR_MODULE + " is missing; start java with --add-modules " + VECTOR_MODULE;
        }
        if (width != 128 && width != 256 && width != 512) {
            return "vectors have " + width + " bits here; the vector kernels are written for 128, 256 and 512";
        }
        if (!fusedMultiplyAdd) {
            return "this machine has no instruction for fused multiply-add, or the JVM does not use it";
        }
        return null;
    }

    /** Why scalar kernels are the better choice; null where vectors are. */
    @Nullable String obstacle() {
        String refusal = refusal();
        return refusal != null ? refusal : compiler;
    }
}
