package dev.softpick.cli.io;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Lines of numbers with commas between them, one at a time, from files and from streams without an end. Lines end in LF
 * or CRLF, the last may end with the input; a byte order mark is skipped; blank lines at the end do not count. A line
 * is at hand as soon as its end has come, and memory holds one line.
 */
final class CsvScanner {

    private static final int READ = 1 << 16;

    /** The longest line that the longest array has room for. */
    static final int LONGEST_LINE = BatchShape.LONGEST_ARRAY - READ;

    private final InputStream in;
    private final String name;
    private final int longest;
    private byte[] buffer = new byte[READ];
    private int limit;
    private boolean ended;

    // the current line, without its end
    private long line;
    private int from;
    private int to;
    private int next;
    private int count;
    private boolean tooLong;

    /** Whether the current line waits until those before it have been told of. */
    private boolean held;

    private long blankBefore;

    /**
     * A scanner of text in UTF-8.
     *
     * @param name the input's, for messages
     * @param longest bytes of a line; a longer one is malformed
     */
    CsvScanner(InputStream in, String name, int longest) {
        this.in = in;
        this.name = name;
        this.longest = longest;
    }

    /**
     * Goes to the next line, and waits for it.
     *
     * @return false at the end of the input
     * @throws MalformedException if the line is blank and not the last, or too long; the next call goes on behind it
     */
    boolean next() throws IOException {
        while (!held) {
            if (!nextLine()) {
                return false;
            }
            held = tooLong || !isBlank();
            blankBefore += held ? 0 : 1;
        }
        if (blankBefore > 0) {
            throw new MalformedException(where(line - blankBefore--) + " is empty; each line must hold values");
        }
        held = false;
        if (tooLong) {
            throw new MalformedException(where(line) + " is longer than " + longest + " bytes");
        }
        return true;
    }

    /** Values in the line, if it is as it should be. */
    int count() {
        return count;
    }

    /** Bytes of the line. */
    int length() {
        return to - from;
    }

    /**
     * The values of the line.
     *
     * @throws MalformedException naming the column that holds something else
     */
    void read(float[] values, int offset) throws MalformedException {
        int at = from;
        for (int column = 0; column < count; column++) {
            int comma = at;
            while (comma < to && buffer[comma] != ',') {
                comma++;
            }
            try {
                values[offset + column] = CsvNumber.parse(buffer, at, comma);
            } catch (NumberFormatException e) {
                throw malformed(", column " + (column + 1) + ": " + e.getMessage());
            }
            at = comma + 1;
        }
    }

    /**
     * What is wrong with the line: if it is not such text at all, that; else what the caller says, after its number.
     */
    MalformedException malformed(String text) {
        String kind = CsvKind.of(buffer, from, to, line == 1);
        return new MalformedException(where(line) + (kind == null ? text : " " + kind));
    }

    private String where(long number) {
        return name + ", line " + number;
    }

    private boolean isBlank() {
        for (int i = from; i < to; i++) {
            if (!CsvNumber.isBlank(buffer[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean nextLine() throws IOException {
        from = next;
        line++;
        count = 1;
        int at = from;
        while (true) {
            for (; at < limit && buffer[at] != '\n'; at++) {
                count += buffer[at] == ',' ? 1 : 0;
            }
            tooLong = at - from > longest;
            if (at < limit || ended || tooLong) {
                break;
            }
            at -= from;
            fill();
            at += from;
        }
        to = at;
        if (at == limit && !ended) {
            skipLine();
            return true;
        }
        next = Math.min(at + 1, limit);
        if (to > from && buffer[to - 1] == '\r') {
            to--;
        }
        if (line == 1 && startsWithByteOrderMark()) {
            from += 3;
        }
        return at < limit || from < to;
    }

    /** Moves what is left to the front, makes room, and waits for more. */
    private void fill() throws IOException {
        limit -= from;
        System.arraycopy(buffer, from, buffer, 0, limit);
        from = 0;
        if (limit == buffer.length) {
            buffer = Arrays.copyOf(buffer, (int) Math.min(2L * limit, (long) longest + READ));
        }
        int read;
        try {
            read = in.read(buffer, limit, buffer.length - limit);
        } catch (IOException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
        ended = read < 0;
        limit += Math.max(0, read);
    }

    /** Goes behind the end of a line that is too long to be kept. */
    private void skipLine() throws IOException {
        next = limit;
        while (next == limit && !ended) {
            from = limit;
            fill();
            next = 0;
            while (next < limit && buffer[next] != '\n') {
                next++;
            }
        }
        next = Math.min(next + 1, limit);
    }

    /** Spreadsheets write one. */
    private boolean startsWithByteOrderMark() {
        return to - from >= 3 && buffer[from] == (byte) 0xef && buffer[from + 1] == (byte) 0xbb
                && buffer[from + 2] == (byte) 0xbf;
    }
}
