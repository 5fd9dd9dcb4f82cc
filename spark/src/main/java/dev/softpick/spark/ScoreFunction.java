package dev.softpick.spark;

import java.util.Arrays;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A function of SQL, {@code f(window)} or {@code f(window, frames)}: primitive arrays from end to end. */
record ScoreFunction(String name, Broadcast<SharedModel> model, Output output, HandleInvalid invalid)
        implements UnboundFunction, java.io.Serializable {

    @Override
    public BoundFunction bind(StructType arguments) {
        int count = arguments.size();
        DataType window = count > 0 ? arguments.apply(0).dataType() : null;
        boolean frames = window instanceof ArrayType array && array.elementType() instanceof ArrayType;
        DataType element = window instanceof ArrayType array
                ? frames ? ((ArrayType) array.elementType()).elementType() : array.elementType()
                : null;
        boolean numbers = DataTypes.FloatType.equals(element) || DataTypes.DoubleType.equals(element);
        if (count < 1 || count > 2 || !numbers) {
            throw new UnsupportedOperationException(description());
        }
        return new Bound(this, window, element.equals(DataTypes.DoubleType), frames, count == 2);
    }

    @Override
    public String description() {
        return name + "(window) or " + name
                + "(window, frames): window is array<float>, array<double> or an array of them";
    }

    /** For arguments of one type. A task has an instance of its own. */
    private static final class Bound implements ScalarFunction<Object> {

        private static final long serialVersionUID = 1;

        private final ScoreFunction function;

        @SuppressWarnings("serial") // each of Spark's types is serializable; their common superclass does not say so
        private final DataType window;

        private final boolean doubles;
        private final boolean frames;
        private final boolean lengths;
        private transient Batch batch;

        Bound(ScoreFunction function, DataType window, boolean doubles, boolean frames, boolean lengths) {
            this.function = function;
            this.window = window;
            this.doubles = doubles;
            this.frames = frames;
            this.lengths = lengths;
        }

        @Override
        public DataType[] inputTypes() {
            return lengths ? new DataType[] {window, DataTypes.IntegerType} : new DataType[] {window};
        }

        @Override
        public DataType resultType() {
            return function.output.type();
        }

        @Override
        public String name() {
            return function.name;
        }

        @Override
        public boolean isResultNullable() {
            return true;
        }

        @Override
        public String canonicalName() {
            return "dev.softpick." + function.name + Arrays.toString(inputTypes());
        }

        @Override
        public Object produceResult(InternalRow row) {
            if (row.isNullAt(0)) {
                return null;
            }
            if (batch == null) {
                batch = new Batch(function.model.value().model(), function.output, 1);
            }
            batch.clear();
            ArrayData data = row.getArray(0);
            String problem = lengths && row.isNullAt(1) ? "its number of frames is null" : problem(data);
            if (problem == null) {
                problem = batch.add(floats(data), lengths ? Math.max(0, row.getInt(1)) : -1);
            }
            if (problem != null) {
                if (function.invalid == HandleInvalid.KEEP) {
                    return null;
                }
                throw new IllegalArgumentException(function.name + ": a window does not fit: " + problem + " ("
                        + SoftpickCatalog.HANDLE_INVALID + "=keep gives null)");
            }
            batch.compute();
            Object answer = batch.answer(0);
            return answer instanceof float[] array ? UnsafeArrayData.fromPrimitiveArray(array) : answer;
        }

        /** What is wrong with the elements, whatever their number. */
        private String problem(ArrayData data) {
            int embed = batch.frameSize();
            for (int i = 0; i < data.numElements(); i++) {
                if (data.isNullAt(i)) {
                    return "it has a null at " + i;
                }
                if (frames) {
                    ArrayData frame = data.getArray(i);
                    if (frame.numElements() != embed) {
                        return "a frame of it has " + frame.numElements() + " numbers; the model takes " + embed;
                    }
                    for (int j = 0; j < embed; j++) {
                        if (frame.isNullAt(j)) {
                            return "frame " + i + " of it has a null at " + j;
                        }
                    }
                }
            }
            return null;
        }

        private float[] floats(ArrayData data) {
            if (!frames) {
                return flat(data);
            }
            int embed = batch.frameSize();
            float[] all = new float[Math.multiplyExact(embed, data.numElements())];
            for (int i = 0; i < data.numElements(); i++) {
                System.arraycopy(flat(data.getArray(i)), 0, all, i * embed, embed);
            }
            return all;
        }

        private float[] flat(ArrayData data) {
            if (!doubles) {
                return data.toFloatArray();
            }
            double[] values = data.toDoubleArray();
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
            }
            return floats;
        }
    }
}
