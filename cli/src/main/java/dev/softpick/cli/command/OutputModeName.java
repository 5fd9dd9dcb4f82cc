package dev.softpick.cli.command;

import dev.softpick.model.OutputMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Output modes have shorter names on the command line than in model files, whose names are taken too. */
final class OutputModeName implements ITypeConverter<OutputMode> {

    @Override
    public OutputMode convert(String text) {
        return switch (text) {
            case "last", "last_timestep" -> OutputMode.LAST_TIMESTEP;
            case "all" -> OutputMode.ALL;
            case "mean", "mean_pool" -> OutputMode.MEAN_POOL;
            default -> throw new TypeConversionException("'" + text
                    + "'; allowed are last, all, mean, and as model files say it last_timestep, mean_pool");
        };
    }
}
