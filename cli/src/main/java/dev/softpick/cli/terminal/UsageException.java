package dev.softpick.cli.terminal;

/** What was typed cannot work, whatever the files hold: exit code 2. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }
}
