package dev.softpick.cli.command;

import dev.softpick.cli.io.FileFormat;
import dev.softpick.cli.io.OutputFile;
import dev.softpick.cli.io.Sequences;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.Progress;
import dev.softpick.cli.terminal.UsageException;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.WeightFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import org.jspecify.annotations.Nullable;

/** {@code softpick quantize}: a model with rounded weights, and what that costs. */
@Command(
        name = "quantize",
        header = "Writes a model with its weights rounded to 8 or 16 bits.",
        description = {
            "",
            "Rounds the kernels of the input projection, of attention and of the feed-forward layers; biases, norms and"
                    + " the classifier stay float, and so does the arithmetic. The file is smaller and loads faster,"
                    + " and models are faster where reading weights takes the time: one frame at a time.",
            "",
            "With --input it says how far the hidden states move, and where the input has a tensor label and the model"
                    + " a head, how good the model is before and after.",
            ""
        },
        footer = {
            "",
            "Formats:",
            "  int8      8 bits and a scale for each column, a quarter of the size",
            "  bfloat16  16 bits, half the size, and closer to the model as trained",
            "",
            "Examples:",
            "  softpick quantize --model m.safetensors --weights int8 --output q.safetensors",
            "  softpick quantize --model m.safetensors --weights bfloat16 --output b.safetensors --input x.safetensors"
        })
public final class QuantizeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions;

    @Option(
            names = "--weights",
            paramLabel = "FORMAT",
            required = true,
            converter = WeightFormatName.class,
            description = "int8 or bfloat16; required.")
    @SuppressWarnings("NullAway.Init") // required
    private WeightFormat weights;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            required = true,
            description = "The model to write, a .safetensors file; required. An existing file is replaced when the new"
                    + " one is complete.")
    @SuppressWarnings("NullAway.Init") // required
    private Path output;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "Sequences to measure the cost with: .npy, .safetensors or .csv.")
    private @Nullable Path input;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        common.apply();
        Path file = modelOptions.required("whose weights are to be rounded");
        if (weights == WeightFormat.FLOAT32) {
            throw new UsageException("--weights is float32; allowed are int8, bfloat16");
        }
        FileFormat.checkModel("--output", output);
        OutputFile.check(output);
        OutputFile.checkApart(output, "--model", file);
        OutputFile.checkApart(output, "--input", input);
        if (input == null) {
            quantize(file, null);
        } else {
            try (Sequences sequences = Sequences.open(input)) {
                quantize(file, sequences);
            }
        }
        return 0;
    }

    private void quantize(Path file, @Nullable Sequences sequences) throws IOException {
        SoftpickTransformer model;
        RoundingCost cost = null;
        try (Progress progress = Progress.start(spec.commandLine().getErr())) {
            model = modelOptions.load(common, null, null);
            if (model.config().weightFormat() == WeightFormat.INT8 && weights != WeightFormat.INT8) {
                throw new UsageException("--weights is " + weights.id() + "; the weights of " + file
                        + " are int8, which has no finer format");
            }
            progress.phase("rounding", 0);
            SoftpickTransformer rounded = model.withWeights(weights);
            if (sequences != null) {
                cost = new RoundingCost(model, rounded, sequences);
                cost.measure(progress);
            }
            progress.phase("writing", 0);
            rounded.save(output);
        }
        print(file, model, cost);
    }

    private void print(Path file, SoftpickTransformer model, @Nullable RoundingCost cost) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        long before = Files.size(file);
        long after = Files.size(output);
        size(out, file, before, model.config().weightFormat(), "");
        size(out, output, after, weights, ", " + Decimals.fixed((double) after / before, 2) + " of it");
        if (cost == null) {
            return;
        }
        out.println("hidden states of " + Decimals.grouped(cost.sequences()) + " sequences: worst difference "
                + figure(cost.worst()) + ", root mean square " + figure(cost.rootMeanSquare()));
        RoundingCost.Scores scores = cost.scores();
        if (scores == null) {
            return;
        }
        if (scores.before().line() != null) {
            out.println("before: " + scores.before().line());
            out.println("after:  " + scores.after().line());
        }
        if (scores.after().note() != null) {
            spec.commandLine().getErr().println(spec.qualifiedName() + ": " + scores.after().note());
        }
    }

    private static void size(PrintWriter out, Path file, long bytes, WeightFormat format, String more) {
        String name = Failures.oneLine(file.toString());
        out.println(name + ": " + Decimals.grouped(bytes) + " bytes, " + format.id() + more);
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
