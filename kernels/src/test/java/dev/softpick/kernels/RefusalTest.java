package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every public method with arguments that it must refuse: in one line, before it writes anything. */
@Tag("once")
class RefusalTest {

    private static final int HUGE = Integer.MAX_VALUE;

    /** Its square is 0 in 32 bits. */
    private static final int POWER = 1 << 16;

    private final float[] x = {1, 2, 3, 4, 5, 6};
    private final float[] out = Kernels.unwritten(6);
    private final float[] one = {1};
    private final PackedMatrix w = PackedMatrix.pack(new float[6], 2, 3);
    private final Map<String, ThrowingCallable> calls = new LinkedHashMap<>();

    @Test
    void nothingIsWrittenWhereArgumentsAreRefused() {
        ranges();
        shapes();
        products();
        attention();
        calls.forEach((name, call) -> {
            assertThatThrownBy(call)
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class)
                    .message().isNotBlank().doesNotContain("\n");
            assertThat(x).as(name).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(out).as(name).containsExactly(Kernels.unwritten(6));
        });
        assertThat(calls).hasSizeGreaterThan(80);
    }

    @FunctionalInterface
    private interface RowKernel {
        void run(float[] x, int xOffset, int length, float[] out, int outOffset);
    }

    private void ranges() {
        Map<String, RowKernel> kernels = new LinkedHashMap<>();
        kernels.put("softpick", Softpick::normalize);
        kernels.put("softmax", Softmax::normalize);
        kernels.put("ssmax", (a, ao, n, o, oo) -> SSMax.normalize(a, ao, n, 0.5f, o, oo));
        kernels.put("rectified", RectifiedSoftpick::normalize);
        kernels.put("gelu", Gelu::apply);
        kernels.put("divide", (a, ao, n, o, oo) -> Divide.byScalar(a, ao, 2f, o, oo, n));
        kernels.put("divide by elements", (a, ao, n, o, oo) -> Divide.elementwise(a, ao, a, ao, o, oo, n));
        kernels.put("layer norm", (a, ao, n, o, oo) -> LayerNormalization.normalize(a, ao, n, one, one, 1e-5f, o, oo));
        kernels.forEach((name, kernel) -> {
            calls.put(name + ": x null", () -> kernel.run(null, 0, 1, out, 0));
            calls.put(name + ": out null", () -> kernel.run(x, 0, 1, null, 0));
            calls.put(name + ": negative offset", () -> kernel.run(x, -1, 1, out, 0));
            calls.put(name + ": negative out offset", () -> kernel.run(x, 0, 1, out, -1));
            calls.put(name + ": negative length", () -> kernel.run(x, 0, -1, out, 0));
            calls.put(name + ": beyond x", () -> kernel.run(x, 1, 6, new float[9], 0));
            calls.put(name + ": beyond out", () -> kernel.run(x, 0, 6, out, 1));
            calls.put(name + ": overflowing", () -> kernel.run(x, HUGE, HUGE, out, HUGE));
            calls.put(name + ": overlapping", () -> kernel.run(x, 0, 3, x, 1));
        });
        calls.put("absSum: overflowing", () -> Reduce.absSum(x, HUGE, HUGE));
        calls.put("absSum: null", () -> Reduce.absSum(null, 0, 0));
    }

    private void shapes() {
        int[][] shapes = {null, {}, {7}, {2, 4}, {-2, -3}, {POWER, POWER}, {HUGE, HUGE, 2}, {POWER, POWER, 0, POWER}};
        for (int[] shape : shapes) {
            String name = ", shape " + (shape == null ? "null" : Arguments.text(shape));
            calls.put("softpick" + name, () -> Softpick.normalize(x, shape, 0, out));
            calls.put("softmax" + name, () -> Softmax.normalize(x, shape, 0, out));
            calls.put("ssmax" + name, () -> SSMax.normalize(x, shape, 0, 0.5f, out));
            calls.put("rectified" + name, () -> RectifiedSoftpick.normalize(x, shape, 0, out));
        }
        for (int axis : new int[] {2, -3, HUGE, Integer.MIN_VALUE}) {
            calls.put("softpick, axis " + axis, () -> Softpick.normalize(x, new int[] {2, 3}, axis, out));
        }
        calls.put("layer norm, beta", () -> LayerNormalization.normalize(x, one, new float[2], 1e-5f, out));
        calls.put("layer norm, epsilon", () -> LayerNormalization.normalize(x, one, one, Float.NaN, out));
        calls.put("layer norm, epsilon < 0", () -> LayerNormalization.normalize(x, one, one, -1f, out));
    }

    private void products() {
        calls.put("pack: null", () -> PackedMatrix.pack(null, 1, 1));
        calls.put("pack: no rows", () -> PackedMatrix.pack(x, 0, 6));
        calls.put("pack: negative", () -> PackedMatrix.pack(x, -2, -3));
        calls.put("pack: overflowing", () -> PackedMatrix.pack(new float[0], POWER, POWER));
        calls.put("pack: bias", () -> PackedMatrix.pack(x, 2, 3, new float[2]));
        calls.put("multiply: a null", () -> MatMul.multiply(null, 1, w, out));
        calls.put("multiply: w null", () -> MatMul.multiply(x, 1, null, out));
        calls.put("multiply: out null", () -> MatMul.multiply(x, 1, w, null));
        calls.put("multiply: negative m", () -> MatMul.multiply(x, -1, w, out));
        calls.put("multiply: a too short", () -> MatMul.multiply(x, 4, w, new float[12]));
        calls.put("multiply: out too short", () -> MatMul.multiply(x, 3, w, out));
        calls.put("multiply: overflowing", () -> MatMul.multiply(x, 0, HUGE, HUGE, w, out, 0, HUGE));
        calls.put("multiply: rows overlap", () -> MatMul.multiply(x, 0, 2, 2, w, out, 0, 2));
        calls.put("multiply: in place", () -> MatMul.multiply(x, 0, 2, 1, w, x, 0, 3));
        calls.put("multiplyGelu: offset", () -> MatMul.multiplyGelu(x, -1, 2, 1, w, out, 0, 3));
        calls.put("multiply: w null, offsets", () -> MatMul.multiply(x, 0, 2, 1, null, out, 0, 3));
        calls.put("multiplyGelu: w null", () -> MatMul.multiplyGelu(x, 0, 2, 1, null, out, 0, 3));
        calls.put("multiplyAdd: w null", () -> MatMul.multiplyAdd(x, 0, 1, null, x, 0, out, 0));
        calls.put("multiplyAdd: residual null", () -> MatMul.multiplyAdd(x, 0, 1, w, null, 0, out, 0));
        calls.put("multiplyAdd: residual short", () -> MatMul.multiplyAdd(x, 0, 1, w, one, 0, out, 0));
    }

    private void attention() {
        calls.put("attention: null", () -> CausalAttention.softpick(null, x, x, 2, 3, out));
        calls.put("attention: k short", () -> CausalAttention.softmax(x, one, x, 2, 3, out));
        calls.put("attention: out null", () -> CausalAttention.rectifiedSoftpick(x, x, x, 2, 3, null));
        calls.put("attention: no steps", () -> CausalAttention.softpick(x, x, x, 0, 3, out));
        calls.put("attention: head size", () -> CausalAttention.softpick(x, x, x, 2, -3, out));
        calls.put("attention: overflowing", () -> CausalAttention.softpick(x, x, x, POWER, POWER, out));
        calls.put("attention: scale", () -> CausalAttention.ssmax(x, x, x, 2, 3, Float.NaN, out));
    }
}
