import org.jspecify.annotations.NullMarked;

/**
 * The Softpick transformer of Edifice, its layers and its files, on {@link dev.softpick.kernels}: windows in, hidden
 * states out, the same bits on every machine, vector width, thread count and batch.
 */
@NullMarked
module dev.softpick.model {
    requires transitive dev.softpick.kernels;

    // Read by compilers and development environments; nobody needs it to compile against this module, or to run it.
    requires static org.jspecify;

    // Where the application has it, calls tell the flight recorder.
    requires static jdk.jfr;

    exports dev.softpick.model;
    exports dev.softpick.model.safetensors;
}
