package dev.softpick.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** A fresh JVM with ONNX Runtime: loads the graph and runs it, input and output pinned. */
final class ColdOnnx {

    private ColdOnnx() {}

    public static void main(String[] arguments) throws IOException, OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        OrtSession session = environment.createSession(arguments[0], options);
        ColdCalls.run(
                arguments,
                () -> {
                    Call call = new Call(environment, session);
                    call.run();
                    float[] y = new float[ColdStart.HIDDEN];
                    call.output.get(0, y);
                    return y;
                },
                () -> new Call(environment, session));
    }

    /** One caller's tensors. */
    private static final class Call implements Runnable {
        private final OrtSession session;
        private final OnnxTensor x;
        private final OnnxTensor y;
        private final FloatBuffer output = floats(ColdStart.HIDDEN);

        Call(OrtEnvironment environment, OrtSession session) {
            this.session = session;
            float[] values = ColdCalls.input();
            FloatBuffer input = floats(values.length);
            input.put(values).rewind();
            try {
                x = OnnxTensor.createTensor(environment, input, new long[] {1, ColdStart.STEPS, ColdStart.EMBED});
                y = OnnxTensor.createTensor(environment, output, new long[] {1, ColdStart.HIDDEN});
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        private static FloatBuffer floats(int length) {
            return ByteBuffer.allocateDirect(4 * length).order(ByteOrder.nativeOrder()).asFloatBuffer();
        }

        @Override
        public void run() {
            try {
                session.run(Map.of("x", x), Map.of("y", y)).close();
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
