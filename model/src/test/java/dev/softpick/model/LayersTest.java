package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.oracle.Attention;
import dev.softpick.oracle.Formula;
import dev.softpick.oracle.Gaussian;
import dev.softpick.oracle.Naive;
import java.util.Arrays;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each layer on its own against the naive double reference, and what layers compose to. */
class LayersTest {

    private static final double TOLERANCE = 1e-5;

    /** A dense layer and its parameters. */
    private record Weights(float[] kernel, float[] bias, int in, int out) {
        static Weights random(long seed, int in, int out) {
            float[] kernel = Gaussian.floats(seed, in * out);
            for (int i = 0; i < kernel.length; i++) {
                kernel[i] /= (float) Math.sqrt(in);
            }
            return new Weights(kernel, Gaussian.floats(seed + 1, out), in, out);
        }

        Dense layer() {
            return new Dense(kernel, bias, in, out);
        }

        double[] naive(double[] x) {
            return Naive.DOUBLE.dense(x, Naive.doubles(kernel), Naive.doubles(bias));
        }
    }

    private static double[] layerNorm(double[] x, float[] gamma, float[] beta) {
        return Naive.DOUBLE.layerNorm(x, Naive.doubles(gamma), Naive.doubles(beta));
    }

    private static void assertClose(Tensor y, double[] expected) {
        assertThat(Fixtures.worst(y.values(), expected)).isLessThanOrEqualTo(TOLERANCE);
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,5,7", "6,16,16", "7,17,33", "13,3,1", "250,31,29"})
    void denseIsXTimesKernelPlusBias(int rows, int in, int out) {
        Weights weights = Weights.random(rows, in, out);
        Tensor x = Tensor.of(Gaussian.floats(3, rows * in), rows, in);
        Tensor y = weights.layer().forward(x);
        assertThat(y.shape()).containsExactly(rows, out);
        assertClose(y, weights.naive(Naive.doubles(x.values())));
    }

    @Test
    @Tag("once")
    void theTableOfLayersCountsEveryParameter() {
        for (Normalizer normalizer : Normalizer.values()) {
            SoftpickConfig config = SoftpickConfig.builder().embedDim(64).normalizer(normalizer).build();
            SoftpickTransformer model = SoftpickTransformer.random(config, 1);
            long expected = 0;
            for (float[] values : Fixtures.parameters(model).values()) {
                expected += values.length;
            }
            assertThat(model.layers().stream().mapToLong(LayerSummary::parameters).sum()).isEqualTo(expected);
            assertThat(model.layers()).hasSize(1 + 6 * 4 + 1);
            assertThat(model.layers().get(2)).isEqualTo(new LayerSummary(
                    "softpick_block_1_attn", normalizer.id() + "_attention", "[batch, steps, 256]",
                    263_168 + (normalizer == Normalizer.SSMAX ? 1 : 0)));
        }
        SoftpickTransformer bare = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(64).hiddenSize(64).numLayers(1).finalNorm(false).build(), 1);
        assertThat(bare.layers()).extracting(LayerSummary::name).containsExactly(
                "softpick_block_1_attn_norm", "softpick_block_1_attn",
                "softpick_block_1_ffn_norm", "softpick_block_1_ffn");
    }

    @Test
    void denseTakesAnyRank() {
        Dense dense = Weights.random(1, 3, 5).layer();
        float[] x = Gaussian.floats(2, 24);
        assertThat(dense.forward(Tensor.of(x, 2, 4, 3)).shape()).containsExactly(2, 4, 5);
        assertThat(dense.forward(Tensor.of(Arrays.copyOf(x, 3), 3)).shape()).containsExactly(5);
        assertThat(dense.forward(Tensor.zeros(0, 3)).shape()).containsExactly(0, 5);
        refuses(() -> dense.forward(Tensor.zeros(2, 4)), "x has shape [2, 4]; the last axis must have 3 elements");
        refuses(() -> dense.forward(Tensor.zeros()), "x has shape []; the last axis must have 3 elements");
    }

    @Test
    void denseChecksItsParameters() {
        refuses(() -> new Dense(new float[5], new float[3], 2, 3),
                "kernel has 5 values; allowed are 6 for shape [2, 3]");
        refuses(() -> new Dense(new float[6], new float[2], 2, 3), "bias has 2 values; allowed are 3 for shape [3]");
        refuses(() -> new Dense(null, new float[3], 2, 3), "kernel has no values; allowed are 6 for shape [2, 3]");
        refuses(() -> new Dense(new float[0], new float[3], 0, 3),
                "kernel has shape [0, 3]; every size must be 1 or more");
        refuses(() -> new Dense(new float[0], new float[0], 65_536, 65_536),
                "kernel has 0 values; allowed are 4294967296 for shape [65536, 65536]");
    }

    @Test
    void parametersAreCopied() {
        Weights weights = Weights.random(1, 3, 5);
        float[] gamma = {1, 2, 3};
        Layer chain = new LayerNorm(gamma, new float[3]).then(weights.layer());
        Tensor x = Tensor.of(Gaussian.floats(2, 3), 1, 3);
        float[] before = chain.forward(x).values();
        Layer copied = new LayerNorm(gamma, new float[3]).then(weights.layer());
        Arrays.fill(gamma, 0);
        assertThat(copied.forward(x).values()).isEqualTo(before);
        Dense dense = weights.layer();
        float[] y = dense.forward(x).values();
        Arrays.fill(weights.kernel, 0);
        Arrays.fill(weights.bias, 0);
        assertThat(dense.forward(x).values()).isEqualTo(y);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3,2", "2,16", "7,33", "1,257"})
    void layerNormHasTheBiasedVariance(int rows, int n) {
        float[] gamma = Gaussian.floats(1, n);
        float[] beta = Gaussian.floats(2, n);
        Tensor x = Tensor.of(Gaussian.floats(3, rows * n), rows, n);
        Tensor y = new LayerNorm(gamma, beta).forward(x);
        assertThat(y.shape()).containsExactly(rows, n);
        assertClose(y, layerNorm(Naive.doubles(x.values()), gamma, beta));
    }

    @Test
    void layerNormChecksItsArguments() {
        refuses(() -> new LayerNorm(new float[3], new float[2]), "beta has 2 values; allowed are 3 for shape [3]");
        refuses(() -> new LayerNorm(null, new float[2]), "gamma has no values; allowed are 1 for shape [1]");
        refuses(() -> new LayerNorm(new float[2], null), "beta has no values; allowed are 2 for shape [2]");
        refuses(() -> new LayerNorm(new float[0], new float[0]), "gamma has shape [0]; every size must be 1 or more");
        refuses(() -> new LayerNorm(new float[3], new float[3]).forward(Tensor.zeros(3, 2)),
                "x has shape [3, 2]; the last axis must have 3 elements");
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,5,7", "6,16,64", "11,8,32"})
    void feedForwardIsDenseGeluDense(int rows, int size, int inner) {
        Weights up = Weights.random(1, size, inner);
        Weights down = Weights.random(3, inner, size);
        FeedForward ffn = new FeedForward(up.layer(), down.layer());
        Tensor x = Tensor.of(Gaussian.floats(5, rows * size), rows, size);
        assertThat(ffn.size()).isEqualTo(size);
        assertClose(ffn.forward(x), down.naive(Naive.DOUBLE.gelu(up.naive(Naive.doubles(x.values())))));
    }

    @Test
    void feedForwardChecksItsArguments() {
        Dense up = Weights.random(1, 3, 5).layer();
        refuses(() -> new FeedForward(up, Weights.random(1, 5, 4).layer()),
                "down is [5, 4]; up is [3, 5], so down must be [5, 3]");
        refuses(() -> new FeedForward(up, Weights.random(1, 5, 3).layer()).forward(Tensor.zeros(5)),
                "x has shape [5]; the last axis must have 3 elements");
    }

    /** The parameters of an attention layer. */
    private record Heads(Weights q, Weights k, Weights v, Weights out, int heads, Normalizer normalizer) {
        static final float SCALE = 0.7f;

        static Heads random(int in, int hidden, int heads, Normalizer normalizer) {
            return new Heads(
                    Weights.random(1, in, hidden), Weights.random(3, in, hidden), Weights.random(5, in, hidden),
                    Weights.random(7, hidden, hidden), heads, normalizer);
        }

        MultiHeadAttention layer() {
            return new MultiHeadAttention(q.layer(), k.layer(), v.layer(), out.layer(), heads, normalizer, SCALE);
        }

        double[] naive(double[] x, int batch, int steps) {
            double[] y = new double[batch * steps * out.out];
            for (int i = 0; i < batch; i++) {
                double[] one = Arrays.copyOfRange(x, i * steps * q.in, (i + 1) * steps * q.in);
                double[] attended = Naive.DOUBLE.attend(new Attention(
                        q.naive(one), k.naive(one), v.naive(one), q.out, heads, 0, Formula.of(normalizer), SCALE));
                System.arraycopy(out.naive(attended), 0, y, i * steps * out.out, steps * out.out);
            }
            return y;
        }
    }

    @ParameterizedTest
    @EnumSource
    void attentionTakesAnyInputWidth(Normalizer normalizer) {
        for (int[] size : new int[][] {{3, 8, 2, 1}, {8, 8, 2, 5}, {21, 12, 3, 33}, {5, 32, 4, 70}, {2, 34, 1, 19}}) {
            int in = size[0];
            int hidden = size[1];
            int steps = size[3];
            Heads heads = Heads.random(in, hidden, size[2], normalizer);
            MultiHeadAttention attention = heads.layer();
            Tensor x = Tensor.of(Gaussian.floats(9, 2 * steps * in), 2, steps, in);
            Tensor y = attention.forward(x);
            assertThat(y.shape()).containsExactly(2, steps, hidden);
            assertThat(Fixtures.worst(y.values(), heads.naive(Naive.doubles(x.values()), 2, steps)))
                    .as(Arrays.toString(size)).isLessThanOrEqualTo(TOLERANCE);
            assertThat(attention.inputSize()).isEqualTo(in);
            assertThat(attention.hiddenSize()).isEqualTo(hidden);
            assertThat(attention.headSize() * attention.heads()).isEqualTo(hidden);
            assertThat(attention.normalizer()).isEqualTo(normalizer);
            assertThat(attention.ssmaxScale()).isEqualTo(Heads.SCALE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void attentionReadsNoLaterStep(Normalizer normalizer) {
        MultiHeadAttention attention = Heads.random(5, 8, 2, normalizer).layer();
        float[] x = Gaussian.floats(9, 7 * 5);
        float[] clean = attention.forward(Tensor.of(x.clone(), 1, 7, 5)).values();
        Arrays.fill(x, 4 * 5, x.length, Float.NaN);
        float[] spoilt = attention.forward(Tensor.of(x, 1, 7, 5)).values();
        assertThat(Arrays.copyOf(spoilt, 4 * 8)).isEqualTo(Arrays.copyOf(clean, 4 * 8));
        assertThat(Arrays.copyOfRange(spoilt, 4 * 8, 7 * 8)).containsOnly(Float.NaN);
    }

    @Test
    void attentionChecksItsArguments() {
        Dense q = Weights.random(1, 3, 8).layer();
        Dense out = Weights.random(1, 8, 8).layer();
        refuses(() -> attention(q, Weights.random(1, 4, 8).layer(), q, out, 2), "k is [4, 8]; it must be [3, 8]");
        refuses(() -> attention(q, q, Weights.random(1, 3, 6).layer(), out, 2), "v is [3, 6]; it must be [3, 8]");
        refuses(() -> attention(q, q, q, q, 2), "out is [3, 8]; it must be [8, 8]");
        refuses(() -> attention(q, q, q, out, 3), "heads is 3; it must divide the hidden size 8");
        refuses(() -> attention(q, q, q, out, 0), "heads is 0; it must divide the hidden size 8");
        refuses(() -> new MultiHeadAttention(q, q, q, out, 2, null, 1),
                "normalizer is null; give one of Normalizer's constants");
        refuses(() -> attention(q, q, q, out, 2).forward(Tensor.zeros(2, 5, 8)),
                "x has shape [2, 5, 8]; allowed is [batch, steps, 3] with batch and steps 1 or more");
        refuses(() -> attention(q, q, q, out, 2).forward(Tensor.zeros(5, 3)),
                "x has shape [5, 3]; allowed is [batch, steps, 3] with batch and steps 1 or more");
    }

    private static MultiHeadAttention attention(Dense q, Dense k, Dense v, Dense out, int heads) {
        return new MultiHeadAttention(q, k, v, out, heads, Normalizer.SOFTPICK, 1);
    }

    @ParameterizedTest
    @EnumSource
    void aBlockIsTwoResidualHalves(Normalizer normalizer) {
        int h = 12;
        int steps = 9;
        Heads heads = Heads.random(h, h, 3, normalizer);
        Weights up = Weights.random(11, h, 4 * h);
        Weights down = Weights.random(13, 4 * h, h);
        float[] gamma = Gaussian.floats(15, h);
        float[] beta = Gaussian.floats(16, h);
        TransformerBlock block = new TransformerBlock(
                new LayerNorm(gamma, beta), heads.layer(), new LayerNorm(beta, gamma),
                new FeedForward(up.layer(), down.layer()));
        Tensor x = Tensor.of(Gaussian.floats(17, 2 * steps * h), 2, steps, h);

        double[] in = Naive.doubles(x.values());
        double[] middle = Naive.DOUBLE.sum(in, heads.naive(layerNorm(in, gamma, beta), 2, steps));
        double[] inner = Naive.DOUBLE.gelu(up.naive(layerNorm(middle, beta, gamma)));
        assertClose(block.forward(x), Naive.DOUBLE.sum(middle, down.naive(inner)));
    }

    @Test
    void aBlockNeedsPartsOfOneSize() {
        MultiHeadAttention attention = Heads.random(8, 8, 2, Normalizer.SOFTPICK).layer();
        LayerNorm eight = new LayerNorm(new float[8], new float[8]);
        LayerNorm seven = new LayerNorm(new float[7], new float[7]);
        FeedForward ffn = new FeedForward(Weights.random(1, 8, 16).layer(), Weights.random(1, 16, 8).layer());
        FeedForward small = new FeedForward(Weights.random(1, 7, 16).layer(), Weights.random(1, 16, 7).layer());
        refuses(() -> new TransformerBlock(seven, attention, eight, ffn),
                "attentionNorm has size 7; the hidden size of attention is 8");
        refuses(() -> new TransformerBlock(eight, attention, seven, ffn),
                "ffnNorm has size 7; the hidden size of attention is 8");
        refuses(() -> new TransformerBlock(eight, attention, eight, small),
                "ffn has size 7; the hidden size of attention is 8");
        refuses(() -> new TransformerBlock(eight, Heads.random(3, 8, 2, Normalizer.SOFTPICK).layer(), eight, ffn),
                "attention's input has size 3; the hidden size of attention is 8");
        refuses(() -> new TransformerBlock(eight, attention, eight, ffn).forward(Tensor.zeros(1, 2, 7)),
                "x has shape [1, 2, 7]; allowed is [batch, steps, 8] with batch and steps 1 or more");
    }

    /** The example of a small custom model: what {@link SoftpickTransformer} computes, put together by hand. */
    @ParameterizedTest
    @EnumSource
    void composedLayersAreTheTransformerBitForBit(Normalizer normalizer) {
        SoftpickConfig config = SoftpickConfig.builder().embedDim(5).hiddenSize(12).numHeads(3).numLayers(2)
                .normalizer(normalizer).outputMode(OutputMode.ALL).build();
        SoftpickTransformer model = SoftpickTransformer.random(config, 4);
        Map<String, float[]> values = Fixtures.parameters(model);

        Layer composed = dense(values, "input_projection");
        for (int i = 1; i <= config.numLayers(); i++) {
            String block = "softpick_block_" + i;
            Layer attention = norm(values, block + "_attn_norm").then(new MultiHeadAttention(
                    dense(values, block + "_attn_q_proj"), dense(values, block + "_attn_k_proj"),
                    dense(values, block + "_attn_v_proj"), dense(values, block + "_attn_out_proj"),
                    config.numHeads(), normalizer, 1f));
            Layer ffn = norm(values, block + "_ffn_norm").then(
                    new FeedForward(dense(values, block + "_ffn_up"), dense(values, block + "_ffn_down")));
            composed = composed.then(Layer.residual(attention)).then(Layer.residual(ffn));
        }
        composed = composed.then(norm(values, "final_norm"));

        Tensor x = Tensor.of(Gaussian.floats(8, 3 * 11 * 5), 3, 11, 5);
        Tensor y = composed.forward(x);
        assertThat(y.shape()).containsExactly(3, 11, 12);
        assertThat(y.values()).isEqualTo(model.forward(x).values());
    }

    private static Dense dense(Map<String, float[]> values, String name) {
        float[] kernel = values.get(name + ".kernel");
        float[] bias = values.get(name + ".bias");
        return new Dense(kernel, bias, kernel.length / bias.length, bias.length);
    }

    private static LayerNorm norm(Map<String, float[]> values, String name) {
        return new LayerNorm(values.get(name + ".gamma"), values.get(name + ".beta"));
    }

    @Test
    void aResidualNeedsALayerThatKeepsTheShape() {
        Layer residual = Layer.residual(Weights.random(1, 3, 5).layer());
        refuses(() -> residual.forward(Tensor.zeros(2, 3)), "a residual connection needs a layer that keeps the shape;"
                + " it turned Tensor[2, 3] into Tensor[2, 5]");
        Layer transposing = Layer.residual(x -> Tensor.zeros(x.size(1), x.size(0)));
        refuses(() -> transposing.forward(Tensor.zeros(2, 3)), "a residual connection needs a layer that keeps the"
                + " shape; it turned Tensor[2, 3] into Tensor[3, 2]");
    }

    @Test
    void aResidualLeavesBothTensorsAlone() {
        Tensor inner = Tensor.of(new float[] {10, 20}, 2);
        Tensor x = Tensor.of(new float[] {1, 2}, 2);
        assertThat(Layer.residual(ignored -> inner).forward(x).values()).containsExactly(11, 22);
        assertThat(inner.values()).containsExactly(10, 20);
        assertThat(x.values()).containsExactly(1, 2);
    }

    @ParameterizedTest
    @EnumSource
    void weightsOfTheValuesGiveWhatForwardGives(Normalizer normalizer) {
        int h = 24;
        Weights q = Weights.random(11, 10, h);
        Weights k = Weights.random(12, 10, h);
        Weights v = Weights.random(13, 10, h);
        Weights out = Weights.random(14, h, h);
        var attention = new MultiHeadAttention(
                q.layer(), k.layer(), v.layer(), out.layer(), 3, normalizer, 0.7f);
        for (int steps : new int[] {1, 7, 300}) {
            Tensor x = Tensor.of(Gaussian.floats(steps, 2 * steps * 10), 2, steps, 10);
            Tensor weights = attention.weights(x);
            assertThat(weights.shape()).containsExactly(2, 3, steps, steps);
            double[] values = v.naive(Naive.doubles(x.values()));
            double[] attended = new double[2 * steps * h];
            for (int i = 0; i < attended.length; i++) {
                int row = i / h;
                for (int key = 0; key < steps; key++) {
                    float weight = weights.get(row / steps, i % h / (h / 3), row % steps, key);
                    if (key > row % steps) {
                        assertThat(weight).isZero();
                    }
                    attended[i] += weight * values[(row / steps * steps + key) * h + i % h];
                }
            }
            assertClose(attention.forward(x), out.naive(attended));
        }
        refuses(() -> attention.weights(Tensor.zeros(1, 3, 9)), messageOf(attention, Tensor.zeros(1, 3, 9)));
    }

    private static String messageOf(Layer layer, Tensor x) {
        try {
            layer.forward(x);
            throw new AssertionError("forward takes " + x);
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    @Test
    void aModelsPartsInTheirOrderAreTheModel() {
        for (int embed : new int[] {24, 5}) {
            var config = SoftpickConfig.builder().embedDim(embed).hiddenSize(24).numHeads(3).numLayers(2)
                    .outputMode(OutputMode.ALL).build();
            SoftpickTransformer model = SoftpickTransformer.random(config, embed);
            Tensor x = Tensor.of(Gaussian.floats(embed, 2 * 9 * embed), 2, 9, embed);
            assertThat(model.inputProjection().isPresent()).isEqualTo(embed != 24);
            Tensor h = model.inputProjection().isPresent() ? model.inputProjection().get().forward(x) : x;
            for (TransformerBlock block : model.blocks()) {
                Tensor norm = block.attentionNorm().forward(h);
                assertThat(block.attention().weights(norm).shape()).containsExactly(2, 3, 9, 9);
                h = block.forward(h);
            }
            h = model.finalNorm().orElseThrow().forward(h);
            assertThat(h.values()).containsExactly(model.forward(x).values());
        }
    }
}
