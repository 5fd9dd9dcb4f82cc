package dev.softpick.bench.peers;

import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.file.Path;

/** A fresh JVM with our library: loads the model and calls it. */
final class ColdSoftpick {

    private ColdSoftpick() {}

    public static void main(String[] arguments) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(Path.of(arguments[0]));
        float[] x = ColdCalls.input();
        ColdCalls.run(
                arguments,
                () -> {
                    float[] y = new float[model.outputSize()];
                    model.forward(x, 1, ColdStart.STEPS, y);
                    return y;
                },
                () -> {
                    float[] y = new float[model.outputSize()];
                    return () -> model.forward(x, 1, ColdStart.STEPS, y);
                });
    }
}
