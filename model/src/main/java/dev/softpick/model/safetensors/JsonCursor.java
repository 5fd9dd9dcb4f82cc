package dev.softpick.model.safetensors;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over JSON text in valid UTF-8. Knows only what a safetensors header has: objects, arrays, strings and
 * non-negative integers. The caller asks for each by kind, so nesting is the caller's and cannot run away:
 * {@code open('{'); while (more('}')) { key(); string(); }} reads an object of strings.
 */
final class JsonCursor {

    private static final int END = -1;
    private static final String ESCAPES = "\"\\/bfnrt";
    private static final String ESCAPED = "\"\\/\b\f\n\r\t";

    private final byte[] text;
    private int at;
    private boolean opened;

    JsonCursor(byte[] text) {
        this.text = text;
    }

    void open(char bracket) throws SafetensorsException {
        expect(bracket);
        opened = true;
    }

    /** Whether another member follows; steps over the comma before it, or over the bracket at the end. */
    boolean more(char closingBracket) throws SafetensorsException {
        boolean first = opened;
        opened = false;
        space();
        if (peek() == closingBracket) {
            at++;
            return false;
        }
        if (!first) {
            if (peek() != ',') {
                throw bad("expected '" + closingBracket + "' or ',', found " + found());
            }
            at++;
        }
        return true;
    }

    String key() throws SafetensorsException {
        String key = string();
        expect(':');
        return key;
    }

    String string() throws SafetensorsException {
        expect('"');
        int start = at;
        boolean escapes = false;
        while (at < text.length && text[at] != '"') {
            byte c = text[at];
            if (c >= 0 && c < ' ') {
                break;
            }
            escapes |= c == '\\';
            at += c == '\\' ? 2 : 1;
        }
        if (peek() != '"') {
            throw bad("a string has a control character or does not end");
        }
        int end = at++;
        return escapes ? unescaped(start, end) : new String(text, start, end - start, StandardCharsets.UTF_8);
    }

    /** Into bytes, not characters: no escape is shorter than its UTF-8, so one array of the text's length is enough. */
    private String unescaped(int start, int end) throws SafetensorsException {
        byte[] plain = new byte[end - start];
        int n = 0;
        at = start;
        while (at < end) {
            byte c = text[at++];
            if (c != '\\') {
                plain[n++] = c;
                continue;
            }
            char escape = (char) text[at++];
            if (escape == 'u') {
                n = encode(codePoint(), plain, n);
                continue;
            }
            int which = ESCAPES.indexOf(escape);
            if (which < 0) {
                throw bad("a string has an unknown escape");
            }
            plain[n++] = (byte) ESCAPED.charAt(which);
        }
        at = end + 1;
        return new String(plain, 0, n, StandardCharsets.UTF_8);
    }

    private int codePoint() throws SafetensorsException {
        char unit = hex();
        if (!Character.isSurrogate(unit)) {
            return unit;
        }
        if (Character.isHighSurrogate(unit) && peek() == '\\') {
            at++;
            if (peek() == 'u') {
                at++;
                char low = hex();
                if (Character.isLowSurrogate(low)) {
                    return Character.toCodePoint(unit, low);
                }
            }
        }
        throw bad("a string has half a surrogate pair");
    }

    private char hex() throws SafetensorsException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            // of the values of a byte, only ASCII's digits are digits to Character
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw bad("a string has a \\u without four hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    private static int encode(int codePoint, byte[] to, int n) {
        if (codePoint < 0x80) {
            to[n] = (byte) codePoint;
            return n + 1;
        }
        int shift = codePoint < 0x800 ? 6 : codePoint < 0x10000 ? 12 : 18;
        int lead = codePoint < 0x800 ? 0xc0 : codePoint < 0x10000 ? 0xe0 : 0xf0;
        to[n++] = (byte) (lead | codePoint >> shift);
        while (shift > 0) {
            shift -= 6;
            to[n++] = (byte) (0x80 | codePoint >> shift & 0x3f);
        }
        return n;
    }

    /** The numbers of an array. */
    long[] numbers(int most) throws SafetensorsException {
        long[] numbers = new long[2];
        int n = 0;
        open('[');
        while (more(']')) {
            if (n == most) {
                throw bad("a list has more than " + most + " numbers");
            }
            if (n == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * n);
            }
            numbers[n++] = number();
        }
        return n == numbers.length ? numbers : Arrays.copyOf(numbers, n);
    }

    private long number() throws SafetensorsException {
        space();
        int start = at;
        long value = 0;
        for (int c = peek(); c >= '0' && c <= '9'; c = peek()) {
            int digit = c - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                throw bad("a number is too large; allowed is up to " + Long.MAX_VALUE);
            }
            value = value * 10 + digit;
            at++;
        }
        if (at == start || text[start] == '0' && at - start > 1) {
            throw bad("a number is not a plain non-negative integer");
        }
        return value;
    }

    /** Nothing but padding may follow. */
    void end() throws SafetensorsException {
        while (peek() == ' ') {
            at++;
        }
        if (peek() != END) {
            throw bad("something follows the header's last '}' that is not padding: " + found());
        }
    }

    private void expect(char c) throws SafetensorsException {
        space();
        if (peek() != c) {
            throw bad("expected '" + c + "', found " + found());
        }
        at++;
    }

    private void space() {
        while (at < text.length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
            at++;
        }
    }

    private int peek() {
        return at < text.length ? text[at] & 0xff : END;
    }

    private String found() {
        int c = peek();
        return c == END ? "the end" : c > ' ' && c < 0x7f ? "'" + (char) c + "'" : "byte 0x" + Integer.toHexString(c);
    }

    SafetensorsException bad(String what) {
        return new SafetensorsException(what + " (byte " + Math.min(at, text.length) + " of the header)");
    }
}
