package dev.softpick.cli.io;

import java.io.IOException;

/** What stands where values should. The message says where and what; the reader has gone past it and may go on. */
public final class MalformedException extends IOException {

    private static final long serialVersionUID = 1;

    MalformedException(String message) {
        super(message);
    }
}
