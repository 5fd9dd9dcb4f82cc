package dev.softpick.spark;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/**
 * Scores a column of windows with a Softpick model, as a transformer of Spark ML.
 *
 * <pre>{@code
 * var scorer = new SoftpickModel().setModelPath("m.safetensors")
 *         .setInputCol("window").setOutputCol("scores").setOutput("logits");
 * Dataset<Row> scored = scorer.transform(windows);
 * }</pre>
 *
 * The input column holds a window in each row: {@code array<float>} or {@code array<double>} with the frames one behind
 * the other, arrays of such arrays with a frame each, or an ML {@code Vector}; doubles are rounded to float. Windows
 * may differ in length; with {@code lengthsCol}, a column of whole numbers, only so many of a row's frames count. null
 * gives null, and NaN is data. What happens to a row whose length does not fit, {@code handleInvalid} says:
 * {@code error} (default) fails, {@code skip} drops it, {@code keep} gives null.
 *
 * <p>{@code output} is {@code hidden} (default), {@code logits} (both {@code array<float>}) or {@code prediction}
 * ({@code double}: the class of the largest logit, or the value of a head with one output).
 *
 * <p>Every answer has the bits that {@link dev.softpick.model.SoftpickTransformer} gives for the window alone, whatever
 * its partition, batch and executor. Each task computes on its own thread, {@code batchSize} windows together; all
 * tasks of an executor share one model. Saving a pipeline saves the weights.
 */
public final class SoftpickModel extends Transformer implements MLWritable {

    private static final long serialVersionUID = 1;

    private static final String FILE = "model.safetensors";
    private static final int LARGEST_BATCH = 1 << 16;

    private final String uid;
    private final Param<String> modelPath;
    private final Param<String> inputCol;
    private final Param<String> lengthsCol;
    private final Param<String> outputCol;
    private final Param<String> output;
    private final Param<String> handleInvalid;
    private final IntParam batchSize;

    /** What {@link #modelPath} names, or what was given or loaded in its place. */
    private transient SharedModel shared;

    private transient Broadcast<SharedModel> broadcast;

    /** A transformer without a model yet. */
    public SoftpickModel() {
        this(Identifiable$.MODULE$.randomUID("softpick"));
    }

    private SoftpickModel(String uid) {
        // Before the superclass asks for it: parameters would belong to null.
        this.uid = uid;
        super();
        modelPath = new Param<>(this, "modelPath", "the model's file, on any file system that Spark knows");
        inputCol = new Param<>(this, "inputCol", "the column of windows");
        lengthsCol = new Param<>(this, "lengthsCol", "the column of the number of frames that count in each window");
        outputCol = new Param<>(this, "outputCol", "the column that is added");
        output = new Param<>(this, "output", "hidden, logits or prediction");
        handleInvalid = new Param<>(this, "handleInvalid", "what happens to rows that do not fit: error, skip, keep");
        batchSize = new IntParam(
                this, "batchSize", "windows that are computed together", ParamValidators.inRange(1, LARGEST_BATCH));
        setDefault(output, Output.HIDDEN.id());
        setDefault(handleInvalid, HandleInvalid.ERROR.id());
        setDefault(batchSize, 32);
    }

    @Override
    public String uid() {
        return uid;
    }

    /**
     * The model's file, which is read when rows are scored.
     *
     * @param path on any file system that Spark knows
     * @return this
     */
    public SoftpickModel setModelPath(String path) {
        shared = null;
        broadcast = null;
        set(modelPath, path);
        return this;
    }

    /**
     * The bytes of the model's file, in place of a path.
     *
     * @param file as {@code SoftpickTransformer.load} takes them
     * @return this
     * @throws IllegalArgumentException if they are not a model
     */
    public SoftpickModel setModel(byte[] file) {
        shared = new SharedModel("model", file.clone());
        broadcast = null;
        clear(modelPath);
        return this;
    }

    /**
     * The column of windows.
     *
     * @param column its name
     * @return this
     */
    public SoftpickModel setInputCol(String column) {
        set(inputCol, column);
        return this;
    }

    /**
     * The column of the number of frames that count.
     *
     * @param column its name
     * @return this
     */
    public SoftpickModel setLengthsCol(String column) {
        set(lengthsCol, column);
        return this;
    }

    /**
     * The column that is added.
     *
     * @param column its name
     * @return this
     */
    public SoftpickModel setOutputCol(String column) {
        set(outputCol, column);
        return this;
    }

    /**
     * What is asked of the model.
     *
     * @param kind {@code hidden}, {@code logits} or {@code prediction}
     * @return this
     * @throws IllegalArgumentException if it is another word
     */
    public SoftpickModel setOutput(String kind) {
        Output.of(kind);
        set(output, kind);
        return this;
    }

    /**
     * What happens to a row whose length does not fit.
     *
     * @param kind {@code error}, {@code skip} or {@code keep}
     * @return this
     * @throws IllegalArgumentException if it is another word
     */
    public SoftpickModel setHandleInvalid(String kind) {
        HandleInvalid.of(kind, HandleInvalid.values());
        set(handleInvalid, kind);
        return this;
    }

    /**
     * How many windows are computed together.
     *
     * @param windows from 1 to 65,536
     * @return this
     * @throws IllegalArgumentException if it is another number
     */
    public SoftpickModel setBatchSize(int windows) {
        set(batchSize, windows);
        return this;
    }

    /**
     * Parameter: the model's file. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> modelPath() {
        return modelPath;
    }

    /**
     * Parameter: the column of windows. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> inputCol() {
        return inputCol;
    }

    /**
     * Parameter: the column of the number of frames that count. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> lengthsCol() {
        return lengthsCol;
    }

    /**
     * Parameter: the column that is added. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Parameter: what is asked of the model. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> output() {
        return output;
    }

    /**
     * Parameter: what happens to a row whose length does not fit. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    /**
     * Parameter: how many windows are computed together. Spark finds parameters by methods like this.
     *
     * @return the parameter
     */
    public IntParam batchSize() {
        return batchSize;
    }

    @Override
    public StructType transformSchema(StructType schema) {
        checkColumn(schema, value(inputCol), false);
        if (isDefined(lengthsCol)) {
            checkColumn(schema, value(lengthsCol), true);
        }
        String added = value(outputCol);
        if (schema.getFieldIndex(added).isDefined()) {
            throw new IllegalArgumentException("outputCol is '" + added + "'; the table has a column of that name");
        }
        return schema.add(added, Output.of(value(output)).type(), true);
    }

    private static void checkColumn(StructType schema, String column, boolean length) {
        if (schema.getFieldIndex(column).isEmpty()) {
            throw new IllegalArgumentException("there is no column '" + column + "'; the table has "
                    + String.join(", ", schema.fieldNames()));
        }
        DataType type = schema.apply(column).dataType();
        boolean fits = length
                ? Set.of(DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType).contains(type)
                : Batch.reads(type);
        if (!fits) {
            throw new IllegalArgumentException("column '" + column + "' has type " + type.simpleString()
                    + "; allowed are "
                    + (length ? "short, int and bigint" : "array<float>, array<double>, arrays of them, and vector"));
        }
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType in = dataset.schema();
        StructType out = transformSchema(in);
        SparkSession spark = dataset.sparkSession();
        Output kind = Output.of(value(output));
        kind.check(shared(spark).model());
        if (broadcast == null) {
            broadcast = shared.broadcast(spark);
        }
        var score = new PartitionScorer(
                broadcast, kind, HandleInvalid.of(value(handleInvalid), HandleInvalid.values()),
                (int) getOrDefault(batchSize), (int) in.getFieldIndex(value(inputCol)).get(),
                isDefined(lengthsCol) ? (int) in.getFieldIndex(value(lengthsCol)).get() : -1, value(inputCol));
        return dataset.toDF().mapPartitions(score, Encoders.row(out));
    }

    private SharedModel shared(SparkSession spark) {
        if (shared == null) {
            shared = SharedModel.read(value(modelPath), spark);
        }
        return shared;
    }

    private String value(Param<String> param) {
        if (!isDefined(param)) {
            throw new IllegalArgumentException(param.name() + " is not set: " + param.doc());
        }
        return getOrDefault(param);
    }

    @Override
    public SoftpickModel copy(ParamMap extra) {
        SoftpickModel copy = new SoftpickModel(uid);
        copyValues(copy, extra);
        boolean sameFile = !extra.contains(modelPath);
        copy.shared = sameFile ? shared : null;
        copy.broadcast = sameFile ? broadcast : null;
        return copy;
    }

    @Override
    public MLWriter write() {
        return new Writer(this);
    }

    /**
     * Reads what {@link #write} wrote, the weights included.
     *
     * @return the reader
     */
    public static MLReader<SoftpickModel> read() {
        return new Reader();
    }

    /**
     * Reads what {@code save} wrote.
     *
     * @param path the folder
     * @return the transformer, with its model
     * @throws UncheckedIOException if the model's file cannot be read
     */
    public static SoftpickModel load(String path) {
        return read().load(path);
    }

    private static final class Writer extends MLWriter {

        private final SoftpickModel model;

        Writer(SoftpickModel model) {
            this.model = model;
        }

        @Override
        public void saveImpl(String path) {
            SparkSession spark = sparkSession();
            byte[] file = model.shared(spark).file();
            // Where the file once lay means nothing to those who load.
            SoftpickModel saved = model.copy(ParamMap.empty());
            saved.clear(saved.modelPath);
            DefaultParamsWriter.saveMetadata(saved, path, spark, Option.empty(), Option.empty());
            Path to = new Path(path, FILE);
            try (OutputStream out = to.getFileSystem(spark.sparkContext().hadoopConfiguration()).create(to)) {
                out.write(file);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write " + to + ": " + e.getMessage(), e);
            }
        }
    }

    private static final class Reader extends MLReader<SoftpickModel> {

        @Override
        public SoftpickModel load(String path) {
            SparkSession spark = sparkSession();
            var metadata = DefaultParamsReader.loadMetadata(path, spark, SoftpickModel.class.getName());
            SoftpickModel model = new SoftpickModel(metadata.uid());
            metadata.getAndSetParams(model, Option.empty());
            model.shared = SharedModel.read(new Path(path, FILE).toString(), spark);
            return model;
        }
    }
}
