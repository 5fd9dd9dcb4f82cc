package dev.softpick.cli.command;

import dev.softpick.cli.io.FileFormat;
import dev.softpick.cli.io.Labels;
import dev.softpick.cli.io.OutputFile;
import dev.softpick.cli.io.Pass;
import dev.softpick.cli.io.SafetensorsInput;
import dev.softpick.cli.io.Sequences;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.Progress;
import dev.softpick.cli.terminal.UsageException;
import dev.softpick.kernels.BackendInfo;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import org.jspecify.annotations.Nullable;

/** {@code softpick run}: a model on a batch of sequences. */
@Command(
        name = "run",
        header = "Runs a model on a batch of sequences; without options, on the bundled images.",
        description = {
            "",
            "Without --model and --input it runs the bundled digits model on 360 images of handwritten digits that it"
                    + " has not seen in training, and prints some of its predictions, its accuracy and its speed.",
            "",
            "With --input it prints the output's shape and its first values, and writes all of it to --output. The"
                    + " output is, for the last step, the class scores (logits) of a model with a head, else the hidden"
                    + " state; for --output-mode all and mean always hidden states. Where a safetensors input has a"
                    + " tensor label and the model a head, it prints the accuracy (integer labels) or R2 (float"
                    + " labels).",
            ""
        },
        footer = {
            "",
            "Input, by extension:",
            "  .npy          float32 or float64, [batch, steps, embed] or [steps, embed]; read in pieces",
            "  .safetensors  the tensor input, of the same shapes",
            "  .csv          a line a step, commas between values, no header: one sequence",
            "Output, by extension:",
            "  .npy          float32, [batch, ...], C order",
            "  .safetensors  the tensor output",
            "  .csv          a line a sequence, with --output-mode all a line a step",
            "",
            "Examples:",
            "  softpick run",
            "  softpick run --model m.safetensors --input x.npy --output y.npy",
            "  softpick run --model m.safetensors --input x.csv --output-mode all --output states.csv --threads 2"
        })
public final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private WeightsOption weights;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "The sequences: .npy, .safetensors or .csv; default: the bundled test images.")
    private @Nullable Path input;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Where to write the whole output: .npy, .safetensors or .csv. An existing file is replaced"
                    + " when the new one is complete.")
    private @Nullable Path output;

    @Option(
            names = "--output-mode",
            paramLabel = "MODE",
            converter = OutputModeName.class,
            description = "last (the last step), all (every step) or mean (over the steps); default: the model file's,"
                    + " which is last unless it says otherwise.")
    private @Nullable OutputMode outputMode;

    @Option(names = "--hidden", description = "Hidden states, also from a model with a head.")
    private boolean hidden;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        common.apply();
        if (!modelOptions.bundled() && input == null) {
            throw new UsageException("--model " + modelOptions.file + " needs --input, the sequences to run it on:"
                    + " a .npy, .safetensors or .csv file");
        }
        if (output != null) {
            // what cannot be written is refused before the work is done
            FileFormat.of("--output", output);
            OutputFile.check(output);
            OutputFile.checkApart(output, "--model", modelOptions.file);
            OutputFile.checkApart(output, "--input", input);
        }
        try (Sequences sequences = input == null ? SafetensorsInput.bundled() : Sequences.open(input)) {
            run(sequences);
        }
        return 0;
    }

    private void run(Sequences sequences) throws IOException {
        SoftpickTransformer model;
        Pass pass;
        Score score;
        FirstValues values;
        Predictions predictions = null;
        try (Progress progress = Progress.start(spec.commandLine().getErr())) {
            model = modelOptions.load(common, outputMode, weights.format);
            pass = new Pass(model, sequences, hidden);
            List<Pass.Sink> sinks = new ArrayList<>();
            score = model.hasClassifier() ? Score.of(sequences.labels(), model.classes()) : null;
            if (score != null) {
                sinks.add(score);
            }
            values = new FirstValues(pass.outputShape());
            sinks.add(values);
            if (input == null && sequences.labels() instanceof Labels.Classes labels) {
                predictions = new Predictions(labels, model.classes());
                sinks.add(predictions);
            }
            write(pass, score != null, progress, sinks);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (predictions != null) {
            out.println("model: " + modelOptions.name() + ", " + model.config().normalizer().id() + ", "
                    + model.config().numLayers() + " layers, hidden size " + model.config().hiddenSize());
            out.println("data: " + sequences.shape().batch() + " images of handwritten digits, 8 x 8 pixels;"
                    + " each row of pixels is a step");
            out.println();
            predictions.print(out);
            out.println();
        }
        if (predictions == null || output != null || !pass.writesLogits()) {
            printOutput(out, pass, values);
        }
        if (score != null) {
            printScore(out, score);
        }
        printRate(out, model, sequences, pass);
    }

    private void write(Pass pass, boolean scored, Progress progress, List<Pass.Sink> sinks) throws IOException {
        if (output == null) {
            pass.run(common.threads, scored, progress, sinks);
            return;
        }
        try (OutputFile file = OutputFile.create(output, FileFormat.of("--output", output), pass.outputShape())) {
            sinks.add(file);
            pass.run(common.threads, scored, progress, sinks);
            file.commit();
        }
    }

    private void printOutput(PrintWriter out, Pass pass, FirstValues values) {
        out.println("output " + Arrays.toString(pass.outputShape()) + " float32, "
                + (pass.writesLogits() ? "logits" : "hidden states")
                + (output == null ? "" : ", written to " + Failures.oneLine(output.toString())));
        values.print(out);
    }

    private void printScore(PrintWriter out, Score score) {
        if (score.line() != null) {
            out.println(score.line());
        }
        if (score.note() != null) {
            spec.commandLine().getErr().println(spec.qualifiedName() + ": " + score.note());
        }
    }

    /** Of a cold start where the input is the user's, who may have much of it; warm where it is ours. */
    private void printRate(PrintWriter out, SoftpickTransformer model, Sequences sequences, Pass pass)
            throws IOException {
        String rate;
        if (input == null) {
            out.flush();
            try (Progress progress = Progress.start(spec.commandLine().getErr())) {
                progress.phase("measuring the speed", 0);
                rate = Throughput.measure(model, sequences).toString();
            }
        } else {
            int batch = sequences.shape().batch();
            rate = Decimals.grouped(Math.round(batch / pass.seconds())) + " sequences per second (" + batch + " in "
                    + Decimals.fixed(pass.seconds(), 3) + " s, one pass from a cold start, without loading and writing";
        }
        out.println(rate + "; " + BackendInfo.current().name() + " backend, " + common.threads
                + (common.threads == 1 ? " thread)" : " threads)"));
    }
}
