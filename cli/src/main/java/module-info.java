import org.jspecify.annotations.NullMarked;

/** The softpick command. */
@NullMarked
module dev.softpick.cli {
    requires dev.softpick.measure;
    requires com.google.gson;
    requires info.picocli;
    requires jdk.management;

    // Read by compilers and development environments; nobody needs it to compile against this module, or to run it.
    requires static org.jspecify;

    provides java.lang.System.LoggerFinder with
            dev.softpick.cli.terminal.QuietLoggerFinder;

    opens dev.softpick.cli to
            info.picocli;
    opens dev.softpick.cli.command to
            info.picocli;
    opens dev.softpick.cli.report to
            com.google.gson;
}
