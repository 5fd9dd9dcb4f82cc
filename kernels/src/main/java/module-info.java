import org.jspecify.annotations.NullMarked;

/**
 * SIMD kernels for transformer inference in pure Java: the same bits on every machine, vector width and thread count.
 *
 * <p>{@link dev.softpick.kernels} is what users call. The vector kernels need
 * {@code --add-modules jdk.incubator.vector}; without it the scalar kernels run, more slowly and with the same bits.
 */
@NullMarked
@SuppressWarnings("module") // dev.softpick.model is built later
module dev.softpick.kernels {
    requires static jdk.incubator.vector;

    // Read by compilers and development environments; nobody needs it to compile against this module, or to run it.
    requires static org.jspecify;

    // Used where the application has them: the warm-up counts allocated bytes, and tells the flight recorder.
    requires static jdk.jfr;
    requires static jdk.management;

    exports dev.softpick.kernels;
    exports dev.softpick.kernels.backend to
            dev.softpick.model;
    exports dev.softpick.kernels.layout to
            dev.softpick.model;
    exports dev.softpick.kernels.numerics to
            dev.softpick.model;
    exports dev.softpick.kernels.select to
            dev.softpick.model;
}
