package dev.softpick.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** A graph in ONNX Runtime with its input and output pinned: a run copies nothing between Java and native memory. */
final class OnnxSession implements AutoCloseable {

    private final OrtSession session;
    private final OnnxTensor input;
    private final OnnxTensor output;
    private final FloatBuffer result;

    OnnxSession(byte[] graph, float[] x, long[] inputShape, long[] outputShape, int threads) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        session = open(graph, threads);
        FloatBuffer in = direct(x.length);
        in.put(x).rewind();
        result = direct(Math.toIntExact(outputShape[0] * outputShape[1]));
        input = OnnxTensor.createTensor(environment, in, inputShape);
        output = OnnxTensor.createTensor(environment, result, outputShape);
    }

    static OrtSession open(byte[] graph, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = options(threads)) {
            return OrtEnvironment.getEnvironment().createSession(graph, options);
        }
    }

    static OrtSession open(Path graph, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = options(threads)) {
            return OrtEnvironment.getEnvironment().createSession(graph.toString(), options);
        }
    }

    /** Spinning between runs stays allowed, which is the runtime's default and its best. */
    private static OrtSession.SessionOptions options(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        return options;
    }

    static FloatBuffer direct(int length) {
        return ByteBuffer.allocateDirect(4 * length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    void run() {
        try {
            session.run(Map.of("x", input), Map.of("y", output)).close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    float[] output() {
        float[] y = new float[result.capacity()];
        result.get(0, y);
        return y;
    }

    @Override
    public void close() throws OrtException {
        output.close();
        input.close();
        session.close();
    }
}
