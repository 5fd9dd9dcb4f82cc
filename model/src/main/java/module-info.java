/**
 * The Softpick transformer of Edifice, its layers and its files, on {@link dev.softpick.kernels}: windows in, hidden
 * states out, the same bits on every machine, vector width, thread count and batch.
 */
module dev.softpick.model {
    requires transitive dev.softpick.kernels;

    // Where the application has it, calls tell the flight recorder.
    requires static jdk.jfr;

    exports dev.softpick.model;
    exports dev.softpick.model.safetensors;
}
