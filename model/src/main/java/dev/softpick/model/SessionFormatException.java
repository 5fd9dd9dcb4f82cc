package dev.softpick.model;

import java.io.IOException;

/**
 * Bytes are not the state of a session, or not of a session like this one: cut off, damaged, of another version,
 * another model or another window. The message is one line that says which.
 */
public final class SessionFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * With what is wrong.
     *
     * @param message one line
     */
    public SessionFormatException(String message) {
        super(message);
    }
}
