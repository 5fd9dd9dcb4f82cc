package dev.softpick.cli.terminal;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers as text, alike in every locale. */
public final class Decimals {

    private Decimals() {}

    /** With so many digits after the point. */
    public static String fixed(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.toString(value);
        }
        return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_UP).toPlainString();
    }

    /** With a comma between groups of three digits. */
    public static String grouped(long value) {
        StringBuilder text = new StringBuilder(Long.toString(value));
        int first = value < 0 ? 1 : 0;
        for (int i = text.length() - 3; i > first; i -= 3) {
            text.insert(i, ',');
        }
        return text.toString();
    }
}
