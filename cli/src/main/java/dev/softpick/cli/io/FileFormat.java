package dev.softpick.cli.io;

import dev.softpick.cli.terminal.UsageException;
import java.nio.file.Path;

/** The formats of inputs and outputs, told by a file's extension. */
public enum FileFormat {
    NPY(".npy"),
    SAFETENSORS(".safetensors"),
    CSV(".csv");

    private final String extension;

    FileFormat(String extension) {
        this.extension = extension;
    }

    /**
     * The format of a file that an option names.
     *
     * @throws UsageException if its extension is none of ours
     */
    public static FileFormat of(String option, Path file) {
        for (FileFormat format : values()) {
            if (format.isOf(file)) {
                return format;
            }
        }
        throw new UsageException(option + " is " + file + "; allowed are names that end in .npy, .safetensors or .csv");
    }

    /**
     * Refuses a name that no model file has.
     *
     * @throws UsageException if its extension is not that of models
     */
    public static void checkModel(String option, Path file) {
        if (!SAFETENSORS.isOf(file)) {
            throw new UsageException(option + " is " + file + "; a model's name must end in .safetensors");
        }
    }

    private boolean isOf(Path file) {
        String name = file.toString();
        int start = name.length() - extension.length();
        return start >= 0 && name.regionMatches(true, start, extension, 0, extension.length());
    }
}
