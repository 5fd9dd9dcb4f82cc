package dev.softpick.cli.command;

import dev.softpick.cli.io.Bundled;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.UsageException;
import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import org.jspecify.annotations.Nullable;

/** Which model, and what its file does not say. */
final class ModelOptions {

    private static final String BUNDLED = "digits-softpick.safetensors";

    /** After the options that say what to do with the model. */
    static final int ORDER = 50;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "The model, a safetensors file with Edifice's parameter names.")
    @Nullable Path file;

    @Option(
            names = "--num-heads",
            order = ORDER,
            paramLabel = "N",
            converter = Count.Size.class,
            description = "Attention heads, where the file's metadata lacks num_heads, or in place of what it"
                    + " says; the weights' shapes do not tell.")
    private @Nullable Integer numHeads;

    @Option(
            names = "--normalizer",
            order = ORDER,
            paramLabel = "NAME",
            converter = NormalizerName.class,
            description = "softpick, softmax, ssmax or rectified_softpick: what the weights were trained with, where"
                    + " the file's metadata lacks normalizer, or in place of what it says.")
    private @Nullable Normalizer normalizer;

    boolean bundled() {
        return file == null;
    }

    /** What the model goes by in results. */
    String name() {
        return file == null ? BUNDLED + " (bundled)" : file.toString();
    }

    /**
     * The model's file, for commands that need one.
     *
     * @throws UsageException if there is none, telling for what it is needed
     */
    Path required(String why) {
        if (file == null) {
            throw new UsageException("--model is missing; give the model " + why);
        }
        return file;
    }

    /** Loads the model; a null mode or format keeps the file's own. */
    SoftpickTransformer load(CommonOptions common, @Nullable OutputMode mode, @Nullable WeightFormat weights)
            throws IOException {
        LoadOptions options = LoadOptions.defaults().allowNonFinite(common.allowNonFinite);
        if (numHeads != null) {
            options = options.numHeads(numHeads);
        }
        if (normalizer != null) {
            options = options.normalizer(normalizer);
        }
        if (mode != null) {
            options = options.outputMode(mode);
        }
        if (weights != null) {
            options = options.weights(weights);
        }
        SoftpickTransformer model;
        try {
            model = file == null ? loadBundled(options) : loadFile(file, options);
        } catch (ModelFormatException e) {
            // what was typed is wrong, not the file
            String message = Failures.message(e);
            if (numHeads != null && message.contains("numHeads is " + numHeads)) {
                throw new UsageException(message.replace("numHeads", "--num-heads")
                        .replace("hiddenSize", "the model's hidden_size"));
            }
            throw e;
        }
        return common.threads == 1 ? model : model.parallelism(common.threads);
    }

    private static SoftpickTransformer loadBundled(LoadOptions options) throws IOException {
        try (InputStream in = Bundled.open(BUNDLED)) {
            return SoftpickTransformer.load(in, options);
        }
    }

    private static SoftpickTransformer loadFile(Path file, LoadOptions options) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder; --model takes a safetensors file");
        }
        return SoftpickTransformer.load(file, options);
    }
}
