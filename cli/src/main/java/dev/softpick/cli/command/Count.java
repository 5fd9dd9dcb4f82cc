package dev.softpick.cli.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How many: from 1 to what the option allows. */
class Count implements ITypeConverter<Integer> {

    private final int most;

    Count() {
        this(Integer.MAX_VALUE);
    }

    private Count(int most) {
        this.most = most;
    }

    @Override
    public Integer convert(String text) {
        try {
            int value = Integer.parseInt(text);
            if (value >= 1 && value <= most) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // said below, like a number outside
        }
        throw new TypeConversionException("'" + text + "' is not a whole number from 1 to " + most);
    }

    /** Sizes of a model, and its heads and layers. */
    static final class Size extends Count {
        Size() {
            super(16_384);
        }
    }

    /** Hidden sizes, whose feed-forward layers are four times as wide. */
    static final class HiddenSize extends Count {
        HiddenSize() {
            super(4_096);
        }
    }

    /** Threads that a model spreads a call over. */
    static final class Threads extends Count {
        Threads() {
            super(1_024);
        }
    }
}
