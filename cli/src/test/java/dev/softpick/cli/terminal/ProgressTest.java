package dev.softpick.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private final StringWriter text = new StringWriter();

    private boolean shows(String part) {
        return text.toString().contains(part);
    }

    @Test
    void aTerminalSeesALineThatIsTakenAwayAtTheEnd() throws InterruptedException {
        try (Progress progress = Progress.start(new PrintWriter(text), true, 0)) {
            progress.phase("sequences", 4);
            progress.done(1);
            while (!shows("1 of 4 sequences")) {
                Thread.sleep(5);
            }
            assertThat(text.toString()).contains("[#######.......................] 1 of 4 sequences");
        }
        String[] states = text.toString().split("\r", -1);
        assertThat(states[states.length - 1]).isEmpty();
        assertThat(states[states.length - 2]).isBlank().hasSameSizeAs(states[states.length - 3]);
    }

    @Test
    void workThatIsDoneSoonShowsNothing() {
        try (Progress progress = Progress.start(new PrintWriter(text), true, 60_000)) {
            progress.phase("sequences", 4);
        }
        assertThat(text.toString()).isEmpty();
    }

    @Test
    void aFileSeesNothing() throws InterruptedException {
        try (Progress progress = Progress.start(new PrintWriter(text), false, 0)) {
            progress.phase("sequences", 4);
            Thread.sleep(50);
        }
        assertThat(text.toString()).isEmpty();
    }
}
