package dev.softpick.bench.peers;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An ONNX graph under construction, opset 20. Operations return the name of their output. All shapes are fixed, which
 * lets the runtime fold whatever it can.
 */
final class OnnxGraph {

    private static final int OPSET = 20;
    private static final int IR_VERSION = 9;

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("softpick");
    private int names;

    String input(String name, long... shape) {
        graph.addInput(value(name, shape));
        return name;
    }

    /** Gives a result its outer name. */
    void output(String from, String name, long... shape) {
        graph.addNode(NodeProto.newBuilder().setOpType("Identity").addInput(from).addOutput(name));
        graph.addOutput(value(name, shape));
    }

    String floats(float[] values, long... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(TensorProto.DataType.FLOAT, bytes, shape);
    }

    /** Signed bytes. */
    String bytes(byte[] values, long... shape) {
        return constant(TensorProto.DataType.INT8, ByteBuffer.wrap(values), shape);
    }

    String longs(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return constant(TensorProto.DataType.INT64, bytes, values.length);
    }

    private String constant(TensorProto.DataType type, ByteBuffer bytes, long... shape) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(newName())
                .setDataType(type.getNumber())
                .setRawData(ByteString.copyFrom(bytes));
        Arrays.stream(shape).forEach(tensor::addDims);
        graph.addInitializer(tensor);
        return tensor.getName();
    }

    String op(String type, String... inputs) {
        return add(node(type, inputs));
    }

    String reshape(String x, long... shape) {
        return op("Reshape", x, longs(shape));
    }

    String transpose(String x, long... permutation) {
        AttributeProto.Builder perm =
                AttributeProto.newBuilder().setName("perm").setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(permutation).forEach(perm::addInts);
        return add(node("Transpose", x).addAttribute(perm));
    }

    /** As {@code float}. */
    String cast(String x) {
        return add(node("Cast", x).addAttribute(integer("to", TensorProto.DataType.FLOAT.getNumber())));
    }

    String concat(int axis, String... parts) {
        return add(node("Concat", parts).addAttribute(integer("axis", axis)));
    }

    /** Indices {@code from} to {@code to} of an axis. */
    String slice(String x, int axis, long from, long to) {
        return op("Slice", x, longs(from), longs(to), longs(axis));
    }

    /**
     * A tensor as unsigned bytes, with the one scale and zero point that its own values ask for.
     *
     * @param values uint8
     * @param scale a float
     * @param zeroPoint uint8
     */
    record Quantized(String values, String scale, String zeroPoint) {}

    Quantized quantized(String x) {
        NodeProto.Builder node = node("DynamicQuantizeLinear", x);
        Quantized names = new Quantized(newName(), newName(), newName());
        graph.addNode(node.addOutput(names.values()).addOutput(names.scale()).addOutput(names.zeroPoint()));
        return names;
    }

    String softmax(String x) {
        return add(node("Softmax", x).addAttribute(integer("axis", -1)));
    }

    /** {@code Σ|x|} over the last axis, which stays with size 1. */
    String absSum(String x) {
        return add(node("ReduceL1", x, longs(-1)).addAttribute(integer("keepdims", 1)));
    }

    /** Index {@code i} of axis 1, which goes away. */
    String at(String x, int i) {
        TensorProto.Builder index = TensorProto.newBuilder()
                .setName(newName())
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addInt64Data(i);
        graph.addInitializer(index);
        return add(node("Gather", x, index.getName()).addAttribute(integer("axis", 1)));
    }

    String layerNorm(String x, String gamma, String beta) {
        AttributeProto.Builder epsilon = AttributeProto.newBuilder()
                .setName("epsilon")
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(1e-5f);
        return add(node("LayerNormalization", x, gamma, beta).addAttribute(epsilon));
    }

    /** The serialized model. */
    byte[] bytes() {
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private String add(NodeProto.Builder node) {
        String name = newName();
        graph.addNode(node.addOutput(name));
        return name;
    }

    private static NodeProto.Builder node(String type, String... inputs) {
        return NodeProto.newBuilder().setOpType(type).addAllInput(Arrays.asList(inputs));
    }

    private static AttributeProto.Builder integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value);
    }

    private static ValueInfoProto.Builder value(String name, long... shape) {
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
        Arrays.stream(shape)
                .forEach(n -> dims.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(n)));
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder()
                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                .setShape(dims);
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor));
    }

    private String newName() {
        return "n" + names++;
    }
}
