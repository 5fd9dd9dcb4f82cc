package dev.softpick.cli.terminal;

/** Quotes what was found in an input, so that every character of it can be seen. */
public final class Quote {

    private static final int LONGEST = 24;

    private Quote() {}

    /** The text between quotes, its beginning if it is long, characters that have no shape by their code. */
    public static String of(String text) {
        StringBuilder quote = new StringBuilder("'");
        text.codePoints().limit(LONGEST).forEach(c -> {
            switch (c) {
                case '\t' -> quote.append("\\t");
                case '\n' -> quote.append("\\n");
                case '\r' -> quote.append("\\r");
                default -> {
                    if (c == ' ' || isVisible(c)) {
                        quote.appendCodePoint(c);
                    } else {
                        quote.append(String.format("\\u%04x", c));
                    }
                }
            }
        });
        return quote.append(text.codePointCount(0, text.length()) > LONGEST ? "...'" : "'").toString();
    }

    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
