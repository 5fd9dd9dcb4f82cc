package dev.softpick.model;

import java.io.IOException;

/**
 * A file is not what it should be: malformed, incomplete, cut off while it was read, or without something that the
 * model needs. The message is one line that says what is wrong, where, and what would be right.
 */
public final class ModelFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * With what is wrong.
     *
     * @param message one line
     */
    public ModelFormatException(String message) {
        super(message);
    }

    /**
     * With what is wrong and what told so.
     *
     * @param message one line
     * @param cause what told so
     */
    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
