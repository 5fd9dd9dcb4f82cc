package dev.softpick.cli.report;

import dev.softpick.cli.io.Bundled;
import dev.softpick.measure.R2;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.Tensor;
import dev.softpick.model.TransformerBlock;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bundled model on its test set: how good it is, and what goes on inside.
 *
 * @param metric {@code accuracy} or {@code r2}
 * @param value on the bundled test set, as the library computes it
 * @param reported the same figure as training reported it
 * @param seeds what training reported for three seeds, for r2 on the longer test set
 * @param weights of all heads and layers, visible keys only
 * @param sinkRate share of the heads, one for each sequence, that give key 0 more than {@value #SINK} of their weight
 * @param firstKeyShare |w| of key 0 over Σ|w|, on average over the queries that see more keys
 * @param firstKeyIfEven the same where every key gets the same weight
 * @param ssmaxScales what each block has learned; empty for other normalizers
 */
record TrainedModel(
        String data, String normalizer, String metric, double value, @Nullable String reported, @Nullable String seeds,
        int sequences, WeightStatistics.Summary weights, double sinkRate, double firstKeyShare, double firstKeyIfEven,
        List<Layer> layers, List<Float> ssmaxScales) {

    private static final double SINK = 0.3;

    /**
     * One block.
     *
     * @param kurtosis {@code E(h − Eh)⁴ / (E(h − Eh)²)²} of the hidden states behind it; 3 for a normal
     *     distribution
     * @param largest the largest |h|
     * @param firstKeyShare of each head
     * @param effectiveKeys of each head
     */
    record Layer(double kurtosis, double largest, List<Double> firstKeyShare, List<Double> effectiveKeys) {}

    /** A test set, read once for all normalizers. */
    record TestSet(String data, SafetensorsFile file, Tensor input) {

        static TestSet open(String data) throws IOException {
            SafetensorsFile file;
            try (InputStream in = resource(data + "-test")) {
                file = SafetensorsFile.read(in);
            }
            int[] shape = tensor(file, "input").shape().stream().mapToInt(Long::intValue).toArray();
            return new TestSet(data, file, Tensor.of(file.floats("input"), shape));
        }

        private static TensorInfo tensor(SafetensorsFile file, String name) {
            return Objects.requireNonNull(file.tensors().get(name), name);
        }

        boolean classes() {
            return tensor(file, "label").dtype().isInteger();
        }

        String metric() {
            return classes() ? "accuracy" : "r2";
        }

        /** How good a model's answers are. */
        double quality(float[] logits) throws IOException {
            return classes() ? accuracy(logits, file.longs("label")) : R2.of(logits, file.floats("label"));
        }
    }

    private static InputStream resource(String name) {
        return Bundled.open(name + ".safetensors");
    }

    static TrainedModel measure(TestSet test, Normalizer normalizer, int mostSequences) throws IOException {
        SoftpickTransformer model;
        try (InputStream in = resource(test.data + "-" + normalizer.id())) {
            model = SoftpickTransformer.load(in);
        }
        float[] outputs = model.logits(test.input).values();
        boolean classes = test.classes();
        int sequences = Math.min(mostSequences, test.input.size(0));
        Inside inside = new Inside(model, first(test.input, sequences));
        return new TrainedModel(
                test.data, normalizer.id(), test.metric(), test.quality(outputs), reported(model, test, normalizer),
                model.metadata().get(classes ? "test_accuracy_seeds" : "test_r2_seeds"), sequences,
                inside.all.summary(), inside.sinkRate(), inside.firstKeyShare(), inside.firstKeyIfEven(),
                inside.layers, inside.ssmaxScales);
    }

    private static @Nullable String reported(SoftpickTransformer model, TestSet test, Normalizer normalizer) {
        return test.classes()
                ? model.metadata().get("test_accuracy")
                : test.file.metadata().get("test_r2_this_subset_" + normalizer.id());
    }

    private static Tensor first(Tensor x, int sequences) {
        int size = x.size(1) * x.size(2);
        return Tensor.of(Arrays.copyOf(x.values(), sequences * size), sequences, x.size(1), x.size(2));
    }

    private static double accuracy(float[] logits, long[] labels) {
        int classes = logits.length / labels.length;
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int largest = 0;
            for (int c = 1; c < classes; c++) {
                largest = logits[i * classes + c] > logits[i * classes + largest] ? c : largest;
            }
            right += largest == labels[i] ? 1 : 0;
        }
        return (double) right / labels.length;
    }

    /** Goes through a model block by block and looks at the weights and the hidden states. */
    private static final class Inside {

        private final WeightStatistics all = new WeightStatistics();
        private final List<Layer> layers = new ArrayList<>();
        private final List<Float> ssmaxScales = new ArrayList<>();
        private final int steps;
        private long heads;
        private long sinks;
        private double shares;

        Inside(SoftpickTransformer model, Tensor x) {
            steps = x.size(1);
            Tensor h = model.inputProjection().map(projection -> projection.forward(x)).orElse(x);
            for (TransformerBlock block : model.blocks()) {
                Tensor weights = block.attention().weights(block.attentionNorm().forward(h));
                h = block.forward(h);
                layers.add(layer(weights, h));
                if (block.attention().normalizer() == Normalizer.SSMAX) {
                    ssmaxScales.add(block.attention().ssmaxScale());
                }
            }
            Tensor last = h;
            checkSame(model.forward(x), model.finalNorm().map(norm -> norm.forward(last)).orElse(last));
        }

        /** What was looked at is what the model computes, to the last bit. */
        private static void checkSame(Tensor forward, Tensor all) {
            int hidden = forward.size(1);
            int row = all.size(1) * hidden;
            for (int i = 0; i < forward.size(0); i++) {
                int end = (i + 1) * row;
                if (!Arrays.equals(
                        forward.values(), i * hidden, (i + 1) * hidden, all.values(), end - hidden, end)) {
                    throw new IllegalStateException("sequence " + i + ": the blocks differ from the forward pass");
                }
            }
        }

        private Layer layer(Tensor weights, Tensor h) {
            int count = weights.size(1);
            WeightStatistics[] byHead = new WeightStatistics[count];
            Arrays.setAll(byHead, i -> new WeightStatistics());
            double[] shareByHead = new double[count];
            for (int i = 0; i < weights.size(0) * count; i++) {
                double share = firstKeyShare(weights.values(), i, byHead[i % count]);
                shareByHead[i % count] += share / weights.size(0);
                shares += share;
                sinks += share > SINK ? 1 : 0;
                heads++;
            }
            List<Double> effective = new ArrayList<>();
            for (WeightStatistics head : byHead) {
                effective.add(head.summary().effectiveKeys());
                all.addAll(head);
            }
            double largest = 0;
            for (float value : h.values()) {
                largest = Math.max(largest, Math.abs(value));
            }
            return new Layer(
                    kurtosis(h.values()), largest, Arrays.stream(shareByHead).boxed().toList(), effective);
        }

        /** On average over the queries of one head and sequence that see more than key 0. */
        private double firstKeyShare(float[] weights, int head, WeightStatistics statistics) {
            double shareOfAll = 0;
            for (int query = 0; query < steps; query++) {
                int from = (head * steps + query) * steps;
                statistics.add(weights, from, query + 1);
                double magnitude = 0;
                for (int key = 0; key <= query; key++) {
                    magnitude += Math.abs(weights[from + key]);
                }
                shareOfAll += query > 0 && magnitude > 0 ? Math.abs(weights[from]) / magnitude : 0;
            }
            return shareOfAll / (steps - 1);
        }

        double sinkRate() {
            return (double) sinks / heads;
        }

        double firstKeyShare() {
            return shares / heads;
        }

        double firstKeyIfEven() {
            double sum = 0;
            for (int keys = 2; keys <= steps; keys++) {
                sum += 1.0 / keys;
            }
            return sum / (steps - 1);
        }
    }

    static double kurtosis(float[] values) {
        double mean = 0;
        for (float value : values) {
            mean += value;
        }
        mean /= values.length;
        double second = 0;
        double fourth = 0;
        for (float value : values) {
            double square = (value - mean) * (value - mean);
            second += square;
            fourth += square * square;
        }
        return fourth * values.length / (second * second);
    }
}
