package dev.softpick.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Main;
import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;

class QuietLoggerFinderTest {

    private final System.Logger logger =
            new QuietLoggerFinder().getLogger("dev.softpick", QuietLoggerFinderTest.class.getModule());

    @Test
    void onlyWarningsAndErrorsAreLogged() {
        assertThat(logger.isLoggable(Level.ERROR)).isTrue();
        assertThat(logger.isLoggable(Level.WARNING)).isTrue();
        assertThat(logger.isLoggable(Level.INFO)).isFalse();
        assertThat(logger.isLoggable(Level.DEBUG)).isFalse();
        assertThat(logger.isLoggable(Level.OFF)).isFalse();
    }

    @Test
    void itIsFoundWhereTheApplicationRuns() {
        assertThat(Main.class.getResource("/META-INF/services/java.lang.System$LoggerFinder")).isNotNull();
    }
}
