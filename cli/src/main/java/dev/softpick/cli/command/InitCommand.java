package dev.softpick.cli.command;

import dev.softpick.cli.io.FileFormat;
import dev.softpick.cli.io.OutputFile;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.Progress;
import dev.softpick.cli.terminal.UsageException;
import dev.softpick.model.LayerSummary;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code softpick init}: a model with random weights. */
@Command(
        name = "init",
        header = "Writes a model with random weights.",
        description = {
            "",
            "The weights are drawn as Axon draws them: kernels Glorot-uniform, biases 0, norms 1. The same seed and"
                    + " options give the same file on every machine.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  softpick init --embed-dim 64 --seed 1 --output m.safetensors",
            "  softpick init --embed-dim 4 --hidden-size 64 --num-layers 3 --seed 7 --output small.safetensors"
        })
public final class InitCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--embed-dim",
            paramLabel = "N",
            required = true,
            converter = Count.Size.class,
            description = "Floats in an input frame; required.")
    private int embedDim;

    @Option(
            names = "--hidden-size",
            paramLabel = "N",
            defaultValue = "256",
            converter = Count.HiddenSize.class,
            description = "Floats in a hidden state; default ${DEFAULT-VALUE}.")
    private int hiddenSize;

    @Option(
            names = "--num-heads",
            paramLabel = "N",
            defaultValue = "4",
            converter = Count.Size.class,
            description = "Attention heads, a divisor of the hidden size; default ${DEFAULT-VALUE}.")
    private int numHeads;

    @Option(
            names = "--num-layers",
            paramLabel = "N",
            defaultValue = "6",
            converter = Count.Size.class,
            description = "Transformer blocks; default ${DEFAULT-VALUE}.")
    private int numLayers;

    @Option(
            names = "--window-size",
            paramLabel = "N",
            defaultValue = "60",
            converter = Count.class,
            description = "Steps that are expected in a sequence; any number is accepted; default ${DEFAULT-VALUE}.")
    private int windowSize;

    @Option(
            names = "--normalizer",
            paramLabel = "NAME",
            defaultValue = "softpick",
            converter = NormalizerName.class,
            description = "softpick, softmax, ssmax or rectified_softpick; default ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // has a default
    private Normalizer normalizer;

    @Option(
            names = "--output-mode",
            paramLabel = "MODE",
            defaultValue = "last",
            converter = OutputModeName.class,
            description = "What leaves the model: last (the last step), all (every step) or mean (over the steps);"
                    + " default ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // has a default
    private OutputMode outputMode;

    @Option(
            names = "--final-norm",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether a layer norm follows the last block; default: it does.")
    private boolean finalNorm;

    @Option(
            names = "--dropout",
            paramLabel = "RATE",
            defaultValue = "0.1",
            description = "Kept in the file for training elsewhere, 0 up to but not including 1; default"
                    + " ${DEFAULT-VALUE}.")
    private float dropout;

    @Option(
            names = "--seed",
            paramLabel = "N",
            required = true,
            description = "Any whole number of 64 bits; required.")
    private long seed;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            required = true,
            description = "The model to write, a .safetensors file; required. An existing file is replaced when the new"
                    + " one is complete.")
    @SuppressWarnings("NullAway.Init") // required
    private Path output;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        common.apply();
        FileFormat.checkModel("--output", output);
        OutputFile.check(output);
        long parameters = 0;
        try (Progress progress = Progress.start(spec.commandLine().getErr())) {
            progress.phase("initialising", 0);
            SoftpickTransformer model = model();
            progress.phase("writing", 0);
            model.save(output);
            for (LayerSummary layer : model.layers()) {
                parameters += layer.parameters();
            }
        }
        spec.commandLine().getOut().println(Failures.oneLine(output.toString()) + ": " + Decimals.grouped(parameters)
                + " parameters, seed " + seed);
        return 0;
    }

    private SoftpickTransformer model() {
        try {
            SoftpickConfig config = SoftpickConfig.builder()
                    .embedDim(embedDim)
                    .hiddenSize(hiddenSize)
                    .numHeads(numHeads)
                    .numLayers(numLayers)
                    .dropout(dropout)
                    .windowSize(windowSize)
                    .normalizer(normalizer)
                    .outputMode(outputMode)
                    .finalNorm(finalNorm)
                    .build();
            return SoftpickTransformer.random(config, seed);
        } catch (IllegalArgumentException e) {
            throw new UsageException(OptionNames.inPlaceOfJavas(Failures.message(e)));
        }
    }
}
