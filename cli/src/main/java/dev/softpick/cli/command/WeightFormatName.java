package dev.softpick.cli.command;

import dev.softpick.model.WeightFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Weight formats go by the names that model files use. */
final class WeightFormatName implements ITypeConverter<WeightFormat> {

    @Override
    public WeightFormat convert(String text) {
        try {
            return WeightFormat.fromId(text);
        } catch (IllegalArgumentException unknown) {
            throw new TypeConversionException("'" + text + "'; allowed are float32, bfloat16, int8");
        }
    }
}
