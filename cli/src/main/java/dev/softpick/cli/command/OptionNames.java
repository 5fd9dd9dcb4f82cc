package dev.softpick.cli.command;

import java.util.Map;

/** The library names its options as Java does; whoever typed them knows them by the command line's names. */
final class OptionNames {

    private static final Map<String, String> OPTIONS = Map.of(
            "embedDim", "--embed-dim", "hiddenSize", "--hidden-size", "numHeads", "--num-heads",
            "numLayers", "--num-layers", "windowSize", "--window-size", "dropout", "--dropout");

    private OptionNames() {}

    /** A message of the library, with its options by the command line's names. */
    static String inPlaceOfJavas(String message) {
        String text = message;
        for (Map.Entry<String, String> option : OPTIONS.entrySet()) {
            text = text.replace(option.getKey(), option.getValue());
        }
        return text;
    }
}
