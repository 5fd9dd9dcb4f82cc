package dev.softpick.model.weights;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.BFloat16Panels;
import dev.softpick.kernels.layout.BlockSizes;
import dev.softpick.kernels.layout.Int8Panels;
import dev.softpick.kernels.layout.PanelBuffers;
import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.layout.Weights;
import dev.softpick.kernels.select.Backends;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.WeightFormat;
import org.jspecify.annotations.Nullable;

/** One array for all packed kernels, in the order in which they are read; {@link Panels#LEAD} says why one. */
final class WeightStore {

    private static final int LARGEST = BlockSizes.LARGEST_ARRAY;

    private final Backend backend = Backends.preferred();
    private final int width = backend.panelWidth();
    private final WeightFormat format;
    private final int longest;
    private final boolean edges;

    /** Empty but for the one of the model's format. */
    private float[] floats = {};

    private int[] halves = {};
    private byte[] bytes = {};

    private @Nullable PanelBuffers buffers;
    private int end;

    WeightStore(SoftpickConfig config, int classes) {
        format = config.weightFormat();
        int h = config.hiddenSize();
        int inner = config.feedForwardSize();
        int embed = config.inputProjection() ? config.embedDim() : 0;
        long block = size(h, 3 * h) + size(h, h) + size(h, inner) + size(inner, h);
        long size = lead() + config.numLayers() * block + size(embed, h);
        longest = Math.max(embed, Math.max(h, inner));
        edges = h % width != 0 || inner % width != 0;
        if (format == WeightFormat.FLOAT32) {
            size += size(h, classes);
        }
        if (size > LARGEST) {
            throw new IllegalArgumentException("hiddenSize " + h + " with " + config.numLayers() + " layers needs "
                    + size + " packed weights; a model holds at most " + LARGEST);
        }
        end = lead();
        allocate((int) size);
    }

    private int lead() {
        return switch (format) {
            case FLOAT32 -> Panels.LEAD;
            case BFLOAT16 -> BFloat16Panels.LEAD;
            case INT8 -> Int8Panels.LEAD;
        };
    }

    /** Elements of the array that a packed kernel takes. */
    private long size(int k, int n) {
        return switch (format) {
            case FLOAT32 -> Panels.size(k, n, width);
            case BFLOAT16 -> BFloat16Panels.size(k, n, width);
            case INT8 -> Int8Panels.size(k, n, width);
        };
    }

    /** The one large array of a model: where it fits, the rest does. */
    private void allocate(int size) {
        try {
            switch (format) {
                case FLOAT32 -> floats = new float[size];
                case BFLOAT16 -> halves = new int[size];
                case INT8 -> bytes = new byte[size];
            }
        } catch (OutOfMemoryError e) {
            long all = (format == WeightFormat.INT8 ? 1L : Float.BYTES) * size;
            OutOfMemoryError clear = new OutOfMemoryError("the model's weights take " + ((all >> 20) + 1)
                    + " MiB of heap, whose limit is " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB; raise -Xmx");
            clear.initCause(e);
            throw clear;
        }
    }

    /** Zeros, in the model's format. */
    Weights kernel(int k, int n) {
        int start = end;
        end += (int) size(k, n);
        float[] bias = new float[Math.ceilDiv(n, width) * width];
        return switch (format) {
            case FLOAT32 -> new Panels(floats, start, bias, 0, k, n, width);
            case BFLOAT16 -> new BFloat16Panels(
                    halves, start, bias, 0, k, n, width, backend.panelLanes(), buffers());
            case INT8 -> new Int8Panels(
                    bytes, start, new float[bias.length], bias, 0, k, n, width, backend.panelLanes(), buffers());
        };
    }

    /** Of all rounded kernels of the model. */
    private PanelBuffers buffers() {
        if (buffers == null) {
            buffers = new PanelBuffers(longest, width, edges);
        }
        return buffers;
    }

    /** Zeros, in floats whatever the model's format is; the last matrix that is asked for. */
    Panels floats(int k, int n) {
        return format == WeightFormat.FLOAT32
                ? (Panels) kernel(k, n)
                : new Panels(
                        new float[Math.toIntExact(Panels.LEAD + Panels.size(k, n, width))], Panels.LEAD,
                        new float[Math.ceilDiv(n, width) * width], 0, k, n, width);
    }
}
