/** The softpick command. */
module dev.softpick.cli {
    requires dev.softpick.model;
    requires info.picocli;

    provides java.lang.System.LoggerFinder with
            dev.softpick.cli.QuietLoggerFinder;

    opens dev.softpick.cli to
            info.picocli;
}
