package dev.softpick.cli;

/** What was typed cannot work, whatever the files hold: exit code 2. */
final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
