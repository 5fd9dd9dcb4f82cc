package dev.softpick.kernels.layout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class ArrayBaseTest {

    @Test
    void dataBehindTheLeadStartsOnACacheLine() {
        assertThat(16 + ArrayBase.floatsToLine(false) * Float.BYTES).isEqualTo(64);
        assertThat(12 + ArrayBase.floatsToLine(true) * Float.BYTES).isEqualTo(64);
    }

    @Test
    void jdk25IsNotAskedForItsFlags() {
        if (Runtime.version().feature() == 25) {
            assertThat(Panels.LEAD).isEqualTo(12);
        } else {
            assertThat(Panels.LEAD).isBetween(12, 13);
        }
    }
}
