package dev.softpick.cli.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One sequence from text: a line a step, its values separated by commas, no header. */
final class CsvInput {

    private final Path file;
    private final byte[] text;
    private final float[] values;
    private int at;
    private int line = 1;
    private int size;
    private int embed;

    private CsvInput(Path file, byte[] text) {
        this.file = file;
        this.text = text;
        int separators = 0;
        for (byte b : text) {
            separators += b == ',' || b == '\n' ? 1 : 0;
        }
        boolean ended = text.length > 0 && text[text.length - 1] == '\n';
        values = new float[ended ? separators : separators + 1];
    }

    static Sequences open(Path file) throws IOException {
        if (Files.size(file) > BatchShape.LONGEST_ARRAY) {
            throw new IOException(file + " has " + Files.size(file) + " bytes; a csv file may have at most "
                    + BatchShape.LONGEST_ARRAY + ": write it as .npy");
        }
        CsvInput csv = new CsvInput(file, Files.readAllBytes(file));
        csv.skipByteOrderMark();
        while (csv.at < csv.text.length) {
            csv.row();
        }
        if (csv.size == 0) {
            throw new IOException(file + " is empty; a line a step is needed");
        }
        BatchShape shape = BatchShape.of(file, new long[] {csv.size / csv.embed, csv.embed});
        return new Sequences.InMemory(file.toString(), shape, csv.values, null);
    }

    /** Spreadsheets write one. */
    private void skipByteOrderMark() {
        if (text.length >= 3 && text[0] == (byte) 0xef && text[1] == (byte) 0xbb && text[2] == (byte) 0xbf) {
            at = 3;
        }
    }

    private void row() throws IOException {
        int end = at;
        while (end < text.length && text[end] != '\n') {
            end++;
        }
        int next = end + 1;
        if (end > at && text[end - 1] == '\r') {
            end--;
        }
        if (end == at) {
            throw new IOException(file + ", line " + line + " is empty; each line must hold the values of a step");
        }
        int column = 0;
        while (true) {
            int comma = at;
            while (comma < end && text[comma] != ',') {
                comma++;
            }
            column++;
            values[size++] = number(at, comma, column);
            if (comma == end) {
                break;
            }
            at = comma + 1;
        }
        if (line == 1) {
            embed = column;
        } else if (column != embed) {
            throw new IOException(
                    file + ", line " + line + " has " + column + " values; line 1 has " + embed);
        }
        at = next;
        line++;
    }

    private float number(int from, int to, int column) throws IOException {
        try {
            return CsvNumber.parse(text, from, to);
        } catch (NumberFormatException e) {
            throw new IOException(file + ", line " + line + ", column " + column + ": " + e.getMessage()
                    + (line == 1 ? "; the file must have no header, and commas between values" : ""));
        }
    }
}
