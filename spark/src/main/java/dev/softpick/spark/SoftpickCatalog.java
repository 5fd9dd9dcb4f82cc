package dev.softpick.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Softpick models as functions of SQL.
 *
 * <pre>
 *   spark.sql.catalog.softpick = dev.softpick.spark.SoftpickCatalog
 *   spark.softpick.models.digits = m.safetensors
 *
 *   select id, softpick.digits.logits(window) as scores from windows
 * </pre>
 *
 * The functions of a model are {@code hidden}, {@code logits} (both give {@code array<float>}) and {@code prediction}
 * ({@code double}), of {@code window} or of {@code window, frames}, where only so many of its frames count. A window is
 * {@code array<float>} or {@code array<double>}, or an array of such frames. null gives null. A window that does not
 * fit fails the query, or gives null with {@code spark.softpick.handleInvalid = keep}; a function cannot drop a row.
 */
public final class SoftpickCatalog implements FunctionCatalog {

    /** Setting that names a model: followed by the name that SQL uses, its value is the file. */
    public static final String MODELS = "spark.softpick.models.";

    /** Setting of what happens to a window that does not fit: {@code error} (default) or {@code keep}. */
    public static final String HANDLE_INVALID = "spark.softpick.handleInvalid";

    private final Map<String, Broadcast<SharedModel>> models = new ConcurrentHashMap<>();
    private String name;

    /** For Spark, which makes the catalog that a setting names. */
    public SoftpickCatalog() {}

    @Override
    public void initialize(String name, CaseInsensitiveStringMap options) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Identifier[] listFunctions(String[] namespace) {
        Output[] outputs = namespace.length == 1 && path(namespace[0]) != null ? Output.values() : new Output[0];
        Identifier[] functions = new Identifier[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            functions[i] = Identifier.of(namespace, outputs[i].id());
        }
        return functions;
    }

    @Override
    public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
        String[] namespace = identifier.namespace();
        String path = namespace.length == 1 ? path(namespace[0]) : null;
        Output output = null;
        for (Output each : Output.values()) {
            output = each.id().equals(identifier.name()) ? each : output;
        }
        if (path == null || output == null) {
            throw new NoSuchFunctionException(identifier);
        }
        SparkSession spark = SparkSession.active();
        // A name whose path changes is another model.
        Broadcast<SharedModel> model =
                models.computeIfAbsent(path, at -> SharedModel.read(at, spark).broadcast(spark));
        output.check(model.value().model());
        String invalid = spark.conf().get(HANDLE_INVALID, HandleInvalid.ERROR.id());
        return new ScoreFunction(
                namespace[0] + "." + output.id(), model, output,
                HandleInvalid.of(invalid, HandleInvalid.ERROR, HandleInvalid.KEEP));
    }

    private static String path(String model) {
        return SparkSession.active().conf().get(MODELS + model, null);
    }
}
