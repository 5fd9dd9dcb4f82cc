package dev.softpick.cli.io;

import java.io.InputStream;

/** The files that come with the application: trained models and their test sets. */
public final class Bundled {

    private Bundled() {}

    /** Opens the file of this name. */
    public static InputStream open(String name) {
        return Bundled.class.getResourceAsStream(name);
    }
}
