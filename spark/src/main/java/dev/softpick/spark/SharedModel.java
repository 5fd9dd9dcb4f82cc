package dev.softpick.spark;

import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;

/**
 * A model as it travels to the executors: the bytes of its file, loaded on first use. All tasks of a JVM share the
 * model of a file, however many transformers, functions and streams ask for it; it is gone when none of them is left.
 */
final class SharedModel implements Serializable {

    private static final long serialVersionUID = 1;

    private static final System.Logger LOGGER = System.getLogger("dev.softpick.spark");

    /** The models of this JVM by the fingerprint of their file. */
    private static final Map<String, WeakReference<SoftpickTransformer>> LOADED = new HashMap<>();

    private final byte[] file;
    private final String fingerprint;
    private transient volatile SoftpickTransformer model;

    /**
     * Checks that the bytes are a model.
     *
     * @throws IllegalArgumentException if they are not, with the one line that says why
     */
    SharedModel(String name, byte[] file) {
        this.file = file;
        fingerprint = fingerprint(file);
        try {
            model = load(file, fingerprint);
        } catch (IOException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    /** Reads a model file from any file system that Spark knows. */
    static SharedModel read(String path, SparkSession spark) {
        Path at = new Path(path);
        try (InputStream in = at.getFileSystem(spark.sparkContext().hadoopConfiguration()).open(at)) {
            return new SharedModel(path, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the model " + path + ": " + e.getMessage(), e);
        }
    }

    /** Sends it to each executor that asks, once. */
    Broadcast<SharedModel> broadcast(SparkSession spark) {
        return spark.sparkContext().broadcast(this, ClassTag.apply(SharedModel.class));
    }

    /** The model of this JVM. */
    SoftpickTransformer model() {
        SoftpickTransformer loaded = model;
        if (loaded == null) {
            try {
                loaded = load(file, fingerprint);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            model = loaded;
        }
        return loaded;
    }

    /** The bytes of the file; not to be changed. */
    byte[] file() {
        return file;
    }

    private static SoftpickTransformer load(byte[] file, String fingerprint) throws IOException {
        synchronized (LOADED) {
            WeakReference<SoftpickTransformer> reference = LOADED.get(fingerprint);
            SoftpickTransformer model = reference == null ? null : reference.get();
            if (model == null) {
                LOADED.values().removeIf(old -> old.get() == null);
                model = SoftpickTransformer.load(file);
                LOADED.put(fingerprint, new WeakReference<>(model));
                LOGGER.log(System.Logger.Level.INFO, "softpick model " + fingerprint.substring(0, 16) + " loaded");
            }
            return model;
        }
    }

    private static String fingerprint(byte[] file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
