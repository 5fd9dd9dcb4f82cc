package dev.softpick.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void wordsStandLeftAndNumbersRight() {
        Table table = new Table().left("layer").right("n").left("shape");
        table.row("a", "1,000", "[2]");
        table.row("longer", "7", "");
        StringWriter text = new StringWriter();
        table.print(new PrintWriter(text, true));
        assertThat(text.toString().lines()).containsExactly(
                "layer       n  shape",
                "a       1,000  [2]",
                "longer      7");
    }

    @Test
    void numbersAreWrittenAlikeInEveryLocale() {
        assertThat(Decimals.fixed(353 / 360.0, 4)).isEqualTo("0.9806");
        assertThat(Decimals.fixed(-0.00004, 4)).isEqualTo("0.0000");
        assertThat(Decimals.fixed(Double.NaN, 4)).isEqualTo("NaN");
        assertThat(Decimals.grouped(0)).isEqualTo("0");
        assertThat(Decimals.grouped(999)).isEqualTo("999");
        assertThat(Decimals.grouped(1_234_567)).isEqualTo("1,234,567");
        assertThat(Decimals.grouped(-123)).isEqualTo("-123");
    }
}
