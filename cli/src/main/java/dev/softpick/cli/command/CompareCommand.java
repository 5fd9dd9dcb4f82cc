package dev.softpick.cli.command;

import dev.softpick.cli.io.OutputFile;
import dev.softpick.cli.report.Comparison;
import dev.softpick.cli.report.Effort;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.Progress;
import dev.softpick.cli.terminal.Table;
import dev.softpick.cli.terminal.UsageException;
import dev.softpick.measure.Machine;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.safetensors.WholeFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code softpick compare}: softpick, softmax, ssmax and rectified softpick side by side, as a page. */
@Command(
        name = "compare",
        header = "Compares softpick with softmax, ssmax and rectified softpick, and writes a report.",
        description = {
            "",
            "Measures what the four normalizers do with the same scores, how they behave in long rows and in trained"
                    + " models, how fast they are on this machine, and how good models are that were trained with each."
                    + " Prints a table, and writes one HTML page without any need of a network, and all of its numbers"
                    + " as JSON beside it.",
            "",
            "Without --model, the forward pass that is timed is that of the default model: 64 floats a frame, hidden"
                    + " size 256, 4 heads, 6 layers. With it, models of its sizes are timed, one with each normalizer"
                    + " and with random weights: the time does not depend on them. They answer for the last position"
                    + " alone, whatever the file's output mode.",
            ""
        },
        footer = {
            "",
            "It takes under two minutes, with --quick under 20 seconds; leave the machine alone meanwhile.",
            "",
            "Examples:",
            "  softpick compare",
            "  softpick compare --quick --output quick.html",
            "  softpick compare --model m.safetensors --threads 2 --output mine.html"
        })
public final class CompareCommand implements Callable<Integer> {

    private static final Path DEFAULT_OUTPUT = Path.of("softpick-compare.html");
    private static final String ENDING = ".html";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "The report, a file that ends in .html; its numbers go to a .json beside it. Existing files"
                    + " are replaced when the new ones are complete. Default: softpick-compare.html.")
    private Path output = DEFAULT_OUTPUT;

    @Option(names = "--quick", description = "Every chart with fewer points, in under 20 seconds.")
    private boolean quick;

    @Option(names = "--smoke", hidden = true, description = "As little as possible; its timings mean nothing.")
    private boolean smoke;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        common.apply();
        String name = output.getFileName() == null ? "" : output.getFileName().toString();
        if (!name.endsWith(ENDING) || name.length() == ENDING.length()) {
            throw new UsageException("--output is '" + output + "'; it must end in " + ENDING);
        }
        Path numbers = output.resolveSibling(name.substring(0, name.length() - ENDING.length()) + ".json");
        OutputFile.check(output);
        OutputFile.check(numbers);
        SoftpickConfig config = modelOptions.bundled()
                ? SoftpickConfig.builder().embedDim(64).build()
                : modelOptions.load(common, null, null).config();
        Comparison comparison = measure(config);
        try (WholeFile page = WholeFile.create(output);
                WholeFile json = WholeFile.create(numbers)) {
            page.out().write(comparison.html().getBytes(StandardCharsets.UTF_8));
            json.out().write(comparison.json().getBytes(StandardCharsets.UTF_8));
            json.commit();
            page.commit();
        }
        print(comparison, numbers);
        return 0;
    }

    private Comparison measure(SoftpickConfig config) throws IOException {
        Effort effort = smoke ? Effort.SMOKE : quick ? Effort.QUICK : Effort.FULL;
        Path file = modelOptions.file;
        String model = file == null ? "the default model" : "a model of the sizes of " + withoutFolder(file);
        String command = "./softpick compare" + (quick ? " --quick" : "")
                + (file == null ? "" : " --model " + withoutFolder(file))
                + (common.threads == 1 ? "" : " --threads " + common.threads);
        var setting = new Comparison.Setting(
                effort, config, model, common.threads, Machine.here(),
                new Version().getVersion()[0], command);
        try (Progress progress = Progress.start(spec.commandLine().getErr())) {
            return Comparison.measure(setting, (what, done, of) -> {
                progress.phase(what, of);
                progress.done(done);
            });
        }
    }

    /** The folder is nobody's business. */
    private static String withoutFolder(Path file) {
        Path name = file.getFileName();
        return Failures.oneLine((name == null ? file : name).toString());
    }

    private void print(Comparison comparison, Path numbers) {
        PrintWriter out = spec.commandLine().getOut();
        Table table = new Table().left("").right("softpick").right("softmax").right("ssmax").right("rectified");
        for (List<String> row : comparison.summary()) {
            table.row(row.toArray(String[]::new));
        }
        table.print(out);
        out.println();
        for (String claim : comparison.verdicts()) {
            out.println(claim);
        }
        out.println();
        out.println("report: " + Failures.oneLine(output.toString()));
        out.println("numbers: " + Failures.oneLine(numbers.toString()));
    }
}
