package dev.softpick.model.safetensors;

/** Which names a tensor may have, and how a name from a file is shown in a message. */
final class Names {

    /** The header's key that is no tensor. */
    static final String METADATA = "__metadata__";

    private static final int MOST_SHOWN = 100;

    private Names() {}

    /** Control characters end lines and strings in other languages; the format does not need them in names. */
    static boolean allowed(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (Character.isISOControl(name.charAt(i))) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    /** In quotes, on one line, of bounded length, whatever the file says. */
    static String quoted(String name) {
        StringBuilder shown = new StringBuilder("'");
        for (int i = 0; i < name.length(); i += Character.charCount(name.codePointAt(i))) {
            if (shown.length() > MOST_SHOWN) {
                return shown.append("…'").toString();
            }
            int c = name.codePointAt(i);
            switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.SURROGATE,
                        Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> shown.append('?');
                default -> shown.appendCodePoint(c);
            }
        }
        return shown.append('\'').toString();
    }
}
