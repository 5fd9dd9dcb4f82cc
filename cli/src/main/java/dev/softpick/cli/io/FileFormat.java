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
        String name = file.toString();
        for (FileFormat format : values()) {
            int start = name.length() - format.extension.length();
            if (start >= 0 && name.regionMatches(true, start, format.extension, 0, format.extension.length())) {
                return format;
            }
        }
        throw new UsageException(option + " is " + file + "; allowed are names that end in .npy, .safetensors or .csv");
    }
}
