package dev.softpick.cli.command;

import dev.softpick.model.WeightFormat;
import picocli.CommandLine.Option;
import org.jspecify.annotations.Nullable;

/** How a command keeps the weights of the model that it loads. */
final class WeightsOption {

    @Option(
            names = "--weights",
            order = ModelOptions.ORDER,
            paramLabel = "FORMAT",
            converter = WeightFormatName.class,
            description = "float32, bfloat16 or int8: rounds the weights while loading; default: the file's own. int8"
                    + " has no finer format.")
    @Nullable WeightFormat format;
}
