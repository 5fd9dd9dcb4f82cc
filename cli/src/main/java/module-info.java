/** The softpick command. */
module dev.softpick.cli {
    requires dev.softpick.measure;
    requires com.google.gson;
    requires info.picocli;
    requires jdk.management;

    provides java.lang.System.LoggerFinder with
            dev.softpick.cli.terminal.QuietLoggerFinder;

    opens dev.softpick.cli to
            info.picocli;
    opens dev.softpick.cli.command to
            info.picocli;
    opens dev.softpick.cli.report to
            com.google.gson;
}
