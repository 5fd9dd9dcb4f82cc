package dev.softpick.cli.command;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.Table;
import dev.softpick.kernels.BackendInfo;
import dev.softpick.measure.Machine;
import dev.softpick.model.LayerSummary;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import org.jspecify.annotations.Nullable;

/** {@code softpick info}: what runs here, and what a model consists of. */
@Command(
        name = "info",
        header = "Tells which kernels run here and why, and what a model consists of.",
        description = {
            "",
            "Prints the kernels' backend, their vector width in bits (0 for the scalar backend) and the reason for the"
                    + " choice, the machine, the JDK; then a model's options, its layers with their output shapes and"
                    + " numbers of parameters, and the metadata of its file. Without --model it is the bundled digits"
                    + " model.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  softpick info",
            "  softpick info --model m.safetensors",
            "  softpick info --model weights.safetensors --num-heads 4 --normalizer softpick"
        })
public final class InfoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        common.apply();
        SoftpickTransformer model = modelOptions.load(common, null, weights.format);
        PrintWriter out = spec.commandLine().getOut();
        BackendInfo backend = BackendInfo.current();
        line(out, "backend", backend.name());
        line(out, "width", backend.width());
        line(out, "reason", backend.reason());
        Machine machine = Machine.here();
        line(out, "machine", machine.describe());
        line(out, "jdk", machine.jdk());
        String warning = warning(Runtime.version().feature(), isOn("UseCompactObjectHeaders"));
        if (warning != null) {
            line(out, "warning", warning);
        }
        out.println();
        line(out, "model", modelOptions.name());
        options(out, model.config());
        out.println();
        layers(out, model);
        metadata(out, model.metadata());
        return 0;
    }

    /** What is known to be unsafe about this JVM; null for nothing. */
    static @Nullable String warning(int jdk, boolean compactObjectHeaders) {
        return compactObjectHeaders && jdk < 26
                ? "-XX:+UseCompactObjectHeaders is unsafe with the C2 compiler of JDK " + jdk
                        + " (JDK-8380060); leave it out, or use JDK 26 or later"
                : null;
    }

    /** Whether a flag of the JVM is set; false where the JVM does not know it. */
    private static boolean isOn(String flag) {
        HotSpotDiagnosticMXBean flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        try {
            return flags != null && Boolean.parseBoolean(flags.getVMOption(flag).getValue());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void line(PrintWriter out, String name, Object value) {
        out.println(name + ": " + Failures.oneLine(value.toString()));
    }

    private static void options(PrintWriter out, SoftpickConfig config) {
        line(out, "embed_dim", config.embedDim());
        line(out, "hidden_size", config.hiddenSize());
        line(out, "num_heads", config.numHeads());
        line(out, "num_layers", config.numLayers());
        line(out, "window_size", config.windowSize());
        line(out, "normalizer", config.normalizer().id());
        line(out, "weights", config.weightFormat().id());
        line(out, "output_mode", config.outputMode().id());
        line(out, "final_norm", config.finalNorm());
        line(out, "dropout", config.dropout());
    }

    private static void layers(PrintWriter out, SoftpickTransformer model) {
        Table table = new Table().left("layer").left("kind").left("output shape").right("parameters");
        long total = 0;
        for (LayerSummary layer : model.layers()) {
            table.row(layer.name(), layer.kind(), layer.outputShape(), Decimals.grouped(layer.parameters()));
            total += layer.parameters();
        }
        table.row("total", "", "", Decimals.grouped(total));
        table.print(out);
    }

    private static void metadata(PrintWriter out, Map<String, String> metadata) {
        if (metadata.isEmpty()) {
            return;
        }
        out.println();
        out.println("metadata of the file:");
        new TreeMap<>(metadata).forEach((key, value) -> line(out, "  " + Failures.oneLine(key), value));
    }
}
