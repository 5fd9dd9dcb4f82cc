package dev.softpick.cli.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** One sequence from text: a line a step, its values separated by commas, no header. */
final class CsvInput {

    private CsvInput() {}

    static Sequences open(Path file) throws IOException {
        float[] values = {};
        int size = 0;
        int embed = 0;
        try (InputStream in = Files.newInputStream(file)) {
            CsvScanner csv = new CsvScanner(in, file.toString(), CsvScanner.LONGEST_LINE);
            while (csv.next()) {
                if (size == 0) {
                    embed = csv.count();
                    values = new float[expected(Files.size(file) / (csv.length() + 1), embed)];
                } else if (csv.count() != embed) {
                    throw csv.malformed(" has " + csv.count() + " values; line 1 has " + embed);
                }
                if (values.length - size < embed) {
                    values = Arrays.copyOf(values, grown(file, size, embed));
                }
                csv.read(values, size);
                size += embed;
            }
        }
        if (size == 0) {
            throw new IOException(file + " is empty; a line a step is needed");
        }
        BatchShape shape = BatchShape.of(file, new long[] {size / embed, embed});
        return new Sequences.InMemory(file.toString(), shape, values, null);
    }

    /** Room for as many lines as there are if all are as long as the first. */
    private static int expected(long lines, int embed) {
        return (int) Math.min((lines + 1) * embed, BatchShape.LONGEST_ARRAY);
    }

    private static int grown(Path file, int size, int embed) throws IOException {
        if (BatchShape.LONGEST_ARRAY - size < embed) {
            throw new IOException(file + " has more than " + BatchShape.LONGEST_ARRAY
                    + " values, which is the most for a csv file: write it as .npy");
        }
        return (int) Math.min(size + Math.max(size / 2L, embed), BatchShape.LONGEST_ARRAY);
    }
}
