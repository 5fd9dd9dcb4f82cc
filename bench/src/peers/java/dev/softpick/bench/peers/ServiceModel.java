package dev.softpick.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** A model that many call at once, each with an input and an output of its own. */
@FunctionalInterface
interface ServiceModel {

    /** What one caller runs for each request. */
    Runnable caller();

    static ServiceModel load(ServiceCalls.Order order) throws IOException, OrtException {
        return order.runtime() == ServiceCalls.Runtimes.SOFTPICK ? softpick(order) : onnx(order);
    }

    private static ServiceModel softpick(ServiceCalls.Order order) throws IOException {
        SoftpickTransformer model = SoftpickTransformer.load(Path.of(order.file()));
        model.warmUp();
        return () -> {
            float[] x = ColdCalls.input();
            float[] y = new float[model.outputSize()];
            return () -> model.forward(x, 1, ColdStart.STEPS, y);
        };
    }

    private static ServiceModel onnx(ServiceCalls.Order order) throws OrtException {
        OrtSession session = OnnxSession.open(Path.of(order.file()), order.threads());
        return () -> {
            float[] values = ColdCalls.input();
            FloatBuffer input = OnnxSession.direct(values.length);
            input.put(0, values);
            try {
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OnnxTensor x = OnnxTensor.createTensor(
                        environment, input, new long[] {1, ColdStart.STEPS, ColdStart.EMBED});
                OnnxTensor y = OnnxTensor.createTensor(
                        environment, OnnxSession.direct(ColdStart.HIDDEN), new long[] {1, ColdStart.HIDDEN});
                return () -> run(session, x, y);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static void run(OrtSession session, OnnxTensor x, OnnxTensor y) {
        try {
            session.run(Map.of("x", x), Map.of("y", y)).close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
