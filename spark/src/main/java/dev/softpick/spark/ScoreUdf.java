package dev.softpick.spark;

import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;

/**
 * What the functions for {@code registerJavaFunction} have in common. Each of them names the interface once more: Spark
 * looks for it at the class itself.
 */
abstract class ScoreUdf implements UDF1<Object, Object> {

    private static final long serialVersionUID = 1;

    /** Setting of the model's file. */
    static final String MODEL = "spark.softpick.udf.model";

    private final Broadcast<SharedModel> model;
    private final Output output;
    private final HandleInvalid invalid;
    private transient ThreadLocal<Batch> batch;

    /** Runs on the driver, where the settings are. */
    ScoreUdf(Output output) {
        SparkSession spark = SparkSession.active();
        String path = spark.conf().get(MODEL, null);
        if (path == null) {
            throw new IllegalArgumentException(MODEL + " is not set; it names the model's file");
        }
        SharedModel shared = SharedModel.read(path, spark);
        output.check(shared.model());
        model = shared.broadcast(spark);
        this.output = output;
        invalid = HandleInvalid.of(
                spark.conf().get(SoftpickCatalog.HANDLE_INVALID, HandleInvalid.ERROR.id()),
                HandleInvalid.ERROR, HandleInvalid.KEEP);
    }

    @Override
    public Object call(Object window) {
        if (window == null) {
            return null;
        }
        Batch mine = batch();
        mine.clear();
        String problem = mine.add(window, -1);
        if (problem != null) {
            if (invalid == HandleInvalid.KEEP) {
                return null;
            }
            throw new IllegalArgumentException("a window does not fit: " + problem + " ("
                    + SoftpickCatalog.HANDLE_INVALID + "=keep gives null)");
        }
        mine.compute();
        return mine.answer(0);
    }

    /** In local mode, tasks may share an instance. */
    private Batch batch() {
        ThreadLocal<Batch> local = batch;
        if (local == null) {
            synchronized (this) {
                local = batch;
                if (local == null) {
                    local = ThreadLocal.withInitial(() -> new Batch(model.value().model(), output, 1));
                    batch = local;
                }
            }
        }
        return local.get();
    }
}
