package dev.softpick.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.softpick.model.SoftpickConfig;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An {@link OnnxStep} with its caches: outputs lie in memory that is there before, and two sets of caches swap roles
 * after each step, so that nothing is copied between steps.
 */
final class OnnxStream implements AutoCloseable {

    private final OrtSession session;
    private final List<OnnxTensor> tensors = new ArrayList<>();
    private final FloatBuffer frame;
    private final FloatBuffer answer;
    private final List<Map<String, OnnxTensor>> inputs = List.of(new HashMap<>(), new HashMap<>());
    private final List<Map<String, OnnxTensor>> outputs = List.of(new HashMap<>(), new HashMap<>());
    private int turn;

    OnnxStream(byte[] graph, SoftpickConfig config, int batch) throws OrtException {
        session = OnnxSession.open(graph, 1);
        frame = OnnxSession.direct(batch * config.embedDim());
        answer = OnnxSession.direct(batch * config.hiddenSize());
        OnnxTensor x = tensor(frame, batch, config.embedDim());
        OnnxTensor y = tensor(answer, batch, config.hiddenSize());
        long[] shape = OnnxStep.cacheShape(config, batch);
        int floats = Math.toIntExact(shape[0] * shape[1] * shape[2] * shape[3]);
        for (int set = 0; set < 2; set++) {
            inputs.get(set).put("x", x);
            outputs.get(set).put("y", y);
            for (int layer = 1; layer <= config.numLayers(); layer++) {
                for (String name : new String[] {"keys_" + layer, "values_" + layer}) {
                    OnnxTensor cache = tensor(OnnxSession.direct(floats), shape);
                    inputs.get(set).put(name, cache);
                    outputs.get(1 - set).put("new_" + name, cache);
                }
            }
        }
    }

    private OnnxTensor tensor(FloatBuffer values, long... shape) throws OrtException {
        OnnxTensor tensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, shape);
        tensors.add(tensor);
        return tensor;
    }

    /** Takes the next frame of each stream. */
    void step(float[] frames) {
        frame.put(0, frames);
        try {
            session.run(inputs.get(turn), Set.of(), outputs.get(turn)).close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
        turn = 1 - turn;
    }

    /** Of the last step. */
    float[] answer() {
        float[] y = new float[answer.capacity()];
        answer.get(0, y);
        return y;
    }

    @Override
    public void close() throws OrtException {
        tensors.forEach(OnnxTensor::close);
        session.close();
    }
}
