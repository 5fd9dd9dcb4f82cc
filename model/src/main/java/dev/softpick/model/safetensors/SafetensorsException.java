package dev.softpick.model.safetensors;

import java.io.IOException;

/**
 * A file is not a safetensors file as it should be: malformed, cut off while it was read, or without the tensor that
 * was asked for. The message is one line that says what is wrong, where, and what would be right.
 */
public final class SafetensorsException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * With what is wrong.
     *
     * @param message one line that says what is wrong
     */
    public SafetensorsException(String message) {
        super(message);
    }

    /**
     * With what is wrong and what told so.
     *
     * @param message one line that says what is wrong
     * @param cause what told so
     */
    public SafetensorsException(String message, Throwable cause) {
        super(message, cause);
    }
}
