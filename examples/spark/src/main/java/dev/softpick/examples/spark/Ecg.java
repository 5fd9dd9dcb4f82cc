package dev.softpick.examples.spark;

import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.spark.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The bundled electrocardiogram as Parquet, which is what a table or a stream usually comes from. */
final class Ecg {

    private static final int VALUES = 4;
    private static final int KEYS = 4;
    private static final int FILES = 5;

    private Ecg() {}

    /** Rows of {@code id}, {@code window} (60 frames of 4 numbers, one behind the other) and {@code label}. */
    static void writeWindows(SparkSession spark, String data, String folder) throws IOException {
        List<Row> rows = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.read(Path.of(data))) {
            float[] input = file.floats("input");
            float[] labels = file.floats("label");
            int size = input.length / labels.length;
            for (int i = 0; i < labels.length; i++) {
                rows.add(RowFactory.create(i, Arrays.copyOfRange(input, i * size, (i + 1) * size), labels[i]));
            }
        }
        StructType schema = new StructType().add("id", DataTypes.IntegerType)
                .add("window", DataTypes.createArrayType(DataTypes.FloatType, false))
                .add("label", DataTypes.FloatType);
        spark.createDataFrame(rows, schema).write().mode(SaveMode.Overwrite).parquet(folder);
    }

    /** Files of frames of several keys, each a stretch of the same recording; files that are there already stay. */
    static void writeFrames(SparkSession spark, String data, String folder) throws IOException {
        if (Files.exists(Path.of(folder))) {
            return;
        }
        try (SafetensorsFile file = SafetensorsFile.read(Path.of(data))) {
            float[] stream = file.floats("stream");
            int length = stream.length / VALUES / KEYS;
            for (int part = 0; part < FILES; part++) {
                List<Frame> frames = new ArrayList<>();
                for (int key = 0; key < KEYS; key++) {
                    for (int number = part * length / FILES; number < (part + 1) * length / FILES; number++) {
                        int from = (key * length + number) * VALUES;
                        float[] values = Arrays.copyOfRange(stream, from, from + VALUES);
                        frames.add(new Frame("patient " + key, number, values));
                    }
                }
                spark.createDataset(frames, Encoders.bean(Frame.class)).coalesce(1)
                        .write().mode(SaveMode.Append).parquet(folder);
            }
        }
    }
}
