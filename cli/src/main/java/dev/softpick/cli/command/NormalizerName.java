package dev.softpick.cli.command;

import dev.softpick.model.Normalizer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Normalizers go by the names that model files use. */
final class NormalizerName implements ITypeConverter<Normalizer> {

    @Override
    public Normalizer convert(String text) {
        try {
            return Normalizer.fromId(text);
        } catch (IllegalArgumentException unknown) {
            throw new TypeConversionException(unknown.getMessage());
        }
    }
}
