package dev.softpick.model;

import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.weights.Parameter;
import dev.softpick.model.weights.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files that the real Edifice and PyTorch wrote; see golden/README.md and models/README.md beside them. */
final class Fixtures {

    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static SafetensorsFile file(String name) {
        try (InputStream in = Fixtures.class.getResourceAsStream("/" + name)) {
            return SafetensorsFile.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    /** The names of golden files that begin so. */
    static List<String> golden(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(path("golden"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix) && name.endsWith(".safetensors"))
                    .map(name -> "golden/" + name)
                    .sorted()
                    .toList();
        }
    }

    static Tensor tensor(SafetensorsFile file, String name) throws IOException {
        List<Long> sizes = file.tensors().get(name).shape();
        int[] shape = new int[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i).intValue();
        }
        return Tensor.of(file.floats(name), shape);
    }

    /** The largest {@code |actual − expected| / max(1, |expected|)}; NaN if any is NaN. */
    static double worst(float[] actual, double[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(actual.length + " values, expected " + expected.length);
        }
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
        }
        return worst;
    }

    /** The values of a model's parameters by name. */
    static Map<String, float[]> parameters(SoftpickTransformer model) {
        Map<String, float[]> values = new TreeMap<>();
        for (Parameter parameter : Parameters.of(model.config(), model.weights())) {
            values.put(parameter.name(), model.weights().values(parameter));
        }
        return values;
    }

    static int integer(Map<String, String> metadata, String key) {
        return Integer.parseInt(metadata.get(key));
    }
}
