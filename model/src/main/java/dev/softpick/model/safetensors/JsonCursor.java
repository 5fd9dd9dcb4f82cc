package dev.softpick.model.safetensors;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over JSON text in valid UTF-8. Reads what a safetensors header has: objects, arrays, strings and non-negative
 * integers. The caller asks for each by kind, so nesting is the caller's and cannot run away:
 * {@code open('{'); while (more('}')) { key(); string(); }} reads an object of strings. What the caller does not know
 * is checked and stepped over by {@link #skip}.
 */
final class JsonCursor {

    private static final int END = -1;
    private static final String ESCAPES = "\"\\/bfnrt";
    /** As deep as the reference implementation's parser goes. */
    static final int DEEPEST = 127;

    private static final String ESCAPED = "\"\\/\b\f\n\r\t";

    private final byte[] text;
    private int at;
    private boolean opened;
    private final byte[] closing = new byte[DEEPEST];

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

    /** Steps over {@code null}, if it is what follows. */
    boolean isNull() throws SafetensorsException {
        if (!next('n')) {
            return false;
        }
        literal("null");
        return true;
    }

    /** Steps over a value of any kind; a loop, so that depth costs nothing. */
    void skip() throws SafetensorsException {
        int depth = 0;
        do {
            space();
            int c = peek();
            if (c == '{' || c == '[') {
                if (depth == DEEPEST) {
                    throw bad("a value is nested more than " + DEEPEST + " levels deep");
                }
                // in ASCII, a bracket and what closes it are two apart
                closing[depth++] = (byte) (c + 2);
                open((char) c);
            } else {
                scalar(c);
            }
            while (depth > 0 && !more((char) closing[depth - 1])) {
                depth--;
            }
            if (depth > 0 && closing[depth - 1] == '}') {
                key();
            }
        } while (depth > 0);
    }

    private void scalar(int first) throws SafetensorsException {
        switch (first) {
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> fraction();
            default -> throw bad("expected a value, found " + found());
        }
    }

    private void literal(String word) throws SafetensorsException {
        for (int i = 0; i < word.length(); i++, at++) {
            if (peek() != word.charAt(i)) {
                throw bad("expected " + word + ", found " + found());
            }
        }
    }

    /** A number of any form that JSON has. */
    private void fraction() throws SafetensorsException {
        at += peek() == '-' ? 1 : 0;
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            at += peek() == '+' || peek() == '-' ? 1 : 0;
            digits();
        }
    }

    private void digits() throws SafetensorsException {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw bad("a number lacks a digit, found " + found());
        }
    }

    /** Nothing but white space may follow. */
    void end() throws SafetensorsException {
        space();
        if (peek() != END) {
            throw bad("something follows the header's last '}' that is not padding: " + found());
        }
    }

    /** Whether this is the next character that is not white space. */
    boolean next(char c) {
        space();
        return peek() == c;
    }

    private void expect(char c) throws SafetensorsException {
        if (!next(c)) {
            throw bad("expected '" + c + "', found " + found());
        }
        at++;
    }

    private void space() {
        while (at < text.length && isSpace(text[at])) {
            at++;
        }
    }

    /** JSON's white space. */
    static boolean isSpace(byte c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
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
