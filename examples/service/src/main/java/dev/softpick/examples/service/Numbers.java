package dev.softpick.examples.service;

import dev.softpick.model.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Numbers as they travel: JSON {@code {"shape":[1,60,64],"values":[…]}}, row-major, or float32, little-endian.
 *
 * @param shape the sizes
 * @param values as many as their product
 */
record Numbers(int[] shape, float[] values) {

    static Numbers of(Tensor y) {
        return new Numbers(y.shape(), y.values());
    }

    /** Throws {@link IllegalArgumentException} where shape and values do not fit. */
    Tensor tensor() {
        if (shape == null) {
            throw new IllegalArgumentException("shape is missing; give its sizes");
        }
        return Tensor.of(values, shape);
    }

    /** Frames of {@code embed} floats, as {@code [batch, steps, embed]}. */
    static Tensor tensor(byte[] body, int batch, int embed) {
        long row = (long) batch * embed * Float.BYTES;
        if (batch < 1 || body.length % row != 0) {
            throw new IllegalArgumentException("the body has " + body.length + " bytes; batch " + batch
                    + " of frames of " + embed + " floats takes a multiple of " + row);
        }
        FloatBuffer floats = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] values = new float[floats.remaining()];
        floats.get(values);
        return Tensor.of(values, batch, values.length / (batch * embed), embed);
    }

    static byte[] bytes(Tensor y) {
        ByteBuffer bytes = ByteBuffer.allocate(y.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(y.values());
        return bytes.array();
    }
}
